import type { Event, Failure, LeftOut, NodeOutcome, WorkspacePaths } from '@crpm/core';
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
  /** In the last run, which still goes on and is not done with it. */
  readonly now?: 'running' | 'waiting';
  /** Left out of the last run, by `--only` or `--skip`. */
  readonly role?: LeftOut;
  /** The last run in which it really ran, well or not; once its result was found to hold since, the last in which it ran well. */
  readonly ran?: { readonly run: string; readonly at: number; readonly ms: number; readonly outcome: NodeOutcome };
  /** The last run that had a good result of it, whether it ran for that, or it stood, or came back from a store. */
  readonly good?: { readonly run: string; readonly at: number; readonly outcome: NodeOutcome };
}

/** A node that failed, in a few words. */
export interface RecordedFailure extends Pick<Failure, 'class' | 'cause' | 'message' | 'next' | 'commands'> {
  readonly node: string;
  /** Absolute path. */
  readonly log?: string;
}

export interface History {
  readonly last?: RecordedRun;
  /** Of the last run, in the order in which they failed; absent: none did. */
  readonly failures?: readonly RecordedFailure[];
  /** In the order given. */
  readonly nodes: readonly NodeHistory[];
}

/** What the recorded runs tell of these nodes. `holder`: who works in the workspace now. */
export function readRecordedRuns(workspace: WorkspacePaths, nodes: readonly string[], holder: { readonly since: string } | undefined): History {
  const runs = listRuns(workspace).map((id) => ({ id, events: readEvents(runLogs(workspace, id)) }));
  const last = runs.at(-1);
  const found = new Map<string, NodeHistory>();
  const good = new Map<string, NodeHistory['ran']>();
  for (const { id, events } of runs) {
    for (const event of events) {
      if (event.type !== 'node-finished') continue;
      const holds = event.outcome === 'fresh' || event.outcome === 'restored';
      const really = !holds && event.outcome !== 'not-run';
      const ran = really ? { run: id, at: event.at, ms: event.ms, outcome: event.outcome } : holds && event.role === undefined ? good.get(event.node) : found.get(event.node)?.ran;
      if (event.outcome === 'ran') good.set(event.node, ran);
      const had = event.outcome === 'ran' || holds ? { run: id, at: event.at, outcome: event.outcome } : found.get(event.node)?.good;
      found.set(event.node, { node: event.node, ...(id === last?.id ? { outcome: event.outcome, ...(event.role ? { role: event.role } : {}) } : {}), ...(ran ? { ran } : {}), ...(had ? { good: had } : {}) });
    }
  }
  const failures = last?.events.flatMap(failureIn) ?? [];
  const run = last && toRun(last.id, last.events, holder);
  const under = run && !run.finished && !run.killed ? underWay(last.events) : new Map<string, never>();
  return {
    ...(run ? { last: run } : {}),
    ...(failures.length > 0 ? { failures } : {}),
    nodes: nodes.map((node) => {
      const now = under.get(node);
      return { ...(found.get(node) ?? { node }), ...(now ? { now } : {}) };
    }),
  };
}

/** The nodes that a run is not done with. */
function underWay(events: readonly Event[]): ReadonlyMap<string, 'running' | 'waiting'> {
  const nodes = new Map<string, 'running' | 'waiting'>();
  for (const event of events) {
    if (event.type === 'run-started') for (const { id } of event.nodes) nodes.set(id, 'waiting');
    if (event.type === 'node-started') nodes.set(event.node, 'running');
    if (event.type === 'node-finished') nodes.delete(event.node);
  }
  return nodes;
}

function toRun(id: string, events: readonly Event[], holder: { readonly since: string } | undefined): RecordedRun {
  const started = events.find((event) => event.type === 'run-started')?.at ?? 0;
  const finished = events.find((event) => event.type === 'run-finished');
  const run = { id, started, ...(finished ? { finished: { at: finished.at, exitCode: finished.exitCode, ms: finished.ms } } : {}) };
  return wasKilled(run, holder) ? { ...run, killed: true } : run;
}

/** What an event tells of a node that failed; nothing where it tells of none. */
export function failureIn(event: Event): readonly RecordedFailure[] {
  if (event.type !== 'node-finished' || !event.failure) return [];
  const { class: of, cause, message, next, commands } = event.failure;
  return [{ node: event.node, ...(event.log === undefined ? {} : { log: event.log }), class: of, ...(cause ? { cause } : {}), message, ...(next === undefined ? {} : { next }), ...(commands ? { commands } : {}) }];
}
