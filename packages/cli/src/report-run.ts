import type { Config, WorkspacePaths } from '@crpm/core';
import { refuse } from './complaints.js';
import { reportIn, writeReportFile } from './report-file.js';
import { readEvents, runLogs, wasKilled } from './run-folder.js';

export interface RecordedReport {
  readonly run: string;
  readonly config: Config;
  readonly workspace: WorkspacePaths;
  /** Absolute. Default: among the logs of the run. */
  readonly output?: string;
}

/** Writes the report of a run on record; its path. */
export async function reportRun({ run, config, workspace, output }: RecordedReport): Promise<string> {
  const [{ RunRecord }, { lockFileOf, readLock }] = await Promise.all([import('@crpm/report'), import('@crpm/state')]);
  // Looked up first: what a run records, it does before it lets go.
  const holder = readLock(lockFileOf(workspace));
  const logs = runLogs(workspace, run);
  const record = new RunRecord();
  for (const event of readEvents(logs)) record.take(event);
  const { started, ended } = record;
  if (!started) refuse(`the record of run ${run} is not there any more, or was cut before it began`);
  const file = output ?? reportIn(logs);
  await writeReportFile(file, record, { config, killed: wasKilled({ started: started.at, ...(ended ? { finished: ended } : {}) }, holder) });
  return file;
}
