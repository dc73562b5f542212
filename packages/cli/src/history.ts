import type { Event, LeftOut, NodeOutcome, WorkspacePaths } from '@crpm/core';
import { listRuns, readEvents, runLogs, wasKilled } from './run-folder.js';

/** A recorded run. Times are milliseconds since the epoch. */
export interface RecordedRun {
  readonly id: string;
  readonly started: number;
  /** Absent: it still runs, or was {@link killed}. */
  readonly finished?: { readonly at: number; readonly exitCode: number; readonly ms: number };
  readonly killed?: true;
}

/** How a node fared. */
export interface NodeHistory {
  readonly node: string;
  /** In the last run; absent: it had no part in that, or was not done with. */
  readonly outcome?: NodeOutcome;
  /** Left out of the last run, by `--only` or `--skip`. */
  readonly role?: LeftOut;
  /** The last run in which it really ran, well or not. */
  readonly ran?: { readonly run: string; readonly at: number; readonly ms: number; readonly outcome: NodeOutcome };
}

export interface History {
  readonly last?: RecordedRun;
  /** In the order given. */
  readonly nodes: readonly NodeHistory[];
}

/** What the recorded runs tell of these nodes. `holder`: who works in the workspace now. */
export function readRecordedRuns(workspace: WorkspacePaths, nodes: readonly string[], holder: { readonly since: string } | undefined): History {
  const runs = listRuns(workspace).map((id) => ({ id, events: readEvents(runLogs(workspace, id)) }));
  const last = runs.at(-1);
  const found = new Map<string, NodeHistory>();
  for (const { id, events } of runs) {
    for (const event of events) {
      if (event.type !== 'node-finished') continue;
      const before = found.get(event.node)?.ran;
      const really = event.outcome !== 'fresh' && event.outcome !== 'restored' && event.outcome !== 'not-run';
      const ran = really ? { run: id, at: event.at, ms: event.ms, outcome: event.outcome } : before;
      found.set(event.node, { node: event.node, ...(id === last?.id ? { outcome: event.outcome, ...(event.role ? { role: event.role } : {}) } : {}), ...(ran ? { ran } : {}) });
    }
  }
  return {
    ...(last ? { last: toRun(last.id, last.events, holder) } : {}),
    nodes: nodes.map((node) => found.get(node) ?? { node }),
  };
}

function toRun(id: string, events: readonly Event[], holder: { readonly since: string } | undefined): RecordedRun {
  const started = events.find((event) => event.type === 'run-started')?.at ?? 0;
  const finished = events.find((event) => event.type === 'run-finished');
  const run = { id, started, ...(finished ? { finished: { at: finished.at, exitCode: finished.exitCode, ms: finished.ms } } : {}) };
  return wasKilled(run, holder) ? { ...run, killed: true } : run;
}
