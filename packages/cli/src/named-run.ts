import type { WorkspacePaths } from '@crpm/core';
import { refuse } from './complaints.js';
import { listRuns } from './run-folder.js';

/** The recorded runs that a name on the command line stands for: one, or with `latest` all of them, the last one first. Refuses, with what there is, one that is not there. */
export function namedRuns(workspace: WorkspacePaths, asked: string): readonly string[] {
  const runs = listRuns(workspace);
  if (runs.length === 0) refuse('nothing was run in this workspace yet');
  if (asked === 'latest') return runs.toReversed();
  return runs.includes(asked) ? [asked] : refuse(`there is no run ${asked}; the runs are: ${runs.join(', ')}`);
}

/** The one run that a name stands for. */
export function namedRun(workspace: WorkspacePaths, asked: string): string {
  return namedRuns(workspace, asked)[0] ?? refuse('nothing was run in this workspace yet');
}
