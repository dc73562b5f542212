import type { NodeOutcome, WorkspacePaths } from '@crpm/core';
import { listRuns, readEvents, runLogs } from './run-folder.js';

/** What a recorded run came to. Times are milliseconds since the epoch, durations milliseconds. */
export interface RunOverview {
  readonly id: string;
  readonly started: number;
  /** Absent: it still runs, or was killed. */
  readonly finished?: { readonly at: number; readonly exitCode: number; readonly ms: number };
  /** Ids of nodes by how they ended, in the order in which they did. */
  readonly nodes: Readonly<Record<NodeOutcome, readonly string[]>>;
}

/** All recorded runs, the last one first. */
export function runOverviews(workspace: WorkspacePaths): readonly RunOverview[] {
  return listRuns(workspace).toReversed().map((id) => overview(id, runLogs(workspace, id)));
}

function overview(id: string, logs: string): RunOverview {
  const nodes: Record<NodeOutcome, string[]> = { ran: [], fresh: [], restored: [], failed: [], 'not-run': [], cancelled: [] };
  let started = 0;
  let finished: RunOverview['finished'];
  for (const event of readEvents(logs)) {
    if (event.type === 'run-started') started = event.at;
    else if (event.type === 'node-finished') nodes[event.outcome].push(event.node);
    else if (event.type === 'run-finished') finished = { at: event.at, exitCode: event.exitCode, ms: event.ms };
  }
  return { id, started, ...(finished ? { finished } : {}), nodes };
}
