import type { NodeOutcome, WorkspacePaths } from '@crpm/core';
import { formatAge, formatDuration, formatTable } from '@crpm/reporters';
import { listRuns, readEvents, runLogs, wasKilled } from './run-folder.js';

/** What a recorded run came to. Times are milliseconds since the epoch, durations milliseconds. */
export interface RunOverview {
  readonly id: string;
  readonly started: number;
  /** Absent: it still runs, or was {@link killed}. */
  readonly finished?: { readonly at: number; readonly exitCode: number; readonly ms: number };
  readonly killed?: true;
  /** Ids of nodes by how they ended, in the order in which they did. */
  readonly nodes: Readonly<Record<NodeOutcome, readonly string[]>>;
}

interface Holder {
  readonly since: string;
}

/** All recorded runs, the last one first. `holder`: who works in the workspace now. */
export function runOverviews(workspace: WorkspacePaths, holder: Holder | undefined): readonly RunOverview[] {
  return listRuns(workspace).toReversed().map((id) => overview(id, runLogs(workspace, id), holder));
}

function overview(id: string, logs: string, holder: Holder | undefined): RunOverview {
  const nodes: Record<NodeOutcome, string[]> = { ran: [], fresh: [], restored: [], failed: [], 'not-run': [], cancelled: [] };
  let started = 0;
  let finished: RunOverview['finished'];
  for (const event of readEvents(logs)) {
    if (event.type === 'run-started') started = event.at;
    else if (event.type === 'node-finished') nodes[event.outcome].push(event.node);
    else if (event.type === 'run-finished') finished = { at: event.at, exitCode: event.exitCode, ms: event.ms };
  }
  const run = { id, started, ...(finished ? { finished } : {}) };
  return { ...run, ...(wasKilled(run, holder) ? { killed: true as const } : {}), nodes };
}

/** The column with what a run did; a run's name must be whole, to be typed. */
const DID = 4;

/** For people. `now` is milliseconds since the epoch, `width` that of a terminal. */
export function formatRuns(runs: readonly RunOverview[], now: number, width?: number): string {
  return `${formatTable([['run', 'began', 'took', 'exit', 'did'], ...runs.map((run) => row(run, now))], width, [DID])}\n`;
}

function row({ id, started, finished, killed, nodes }: RunOverview, now: number): readonly string[] {
  const did = (['failed', 'cancelled', 'ran', 'restored'] as const).flatMap((outcome) => (nodes[outcome].length > 0 ? [`${outcome} ${nodes[outcome].join(', ')}`] : []));
  return [
    id,
    `${formatAge(now - started)} ago`,
    finished ? formatDuration(finished.ms) : '-',
    finished ? String(finished.exitCode) : killed ? 'was killed' : 'still runs',
    did.join('; ') || (!finished ? (killed ? 'nothing' : 'nothing yet') : nodes.fresh.length > 0 ? 'all fresh' : 'nothing'),
  ];
}
