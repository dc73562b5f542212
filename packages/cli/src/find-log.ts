import { readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { NodeOutcome, WorkspacePaths } from '@crpm/core';
import { refuse } from './complaints.js';
import { listRuns, readEvents, runLogs } from './run-folder.js';

/** How often a run is looked at whose node has not begun, in milliseconds. */
const LOOK = 200;

/** A run that is being worked on, as far as one node goes. */
export type Turn =
  /** It has a log there. */
  | { readonly state: 'begun'; readonly run: string }
  /** Its turn may still come; `run` is absent until the run has begun to record. */
  | { readonly state: 'waiting'; readonly run?: string }
  /** It got its result without running, or its turn never came. */
  | { readonly state: 'passed'; readonly run: string; readonly outcome: NodeOutcome }
  /** No run is going on, or it has no such node. */
  | { readonly state: 'none' };

/** Who holds the workspace, as far as it matters here. */
export interface Holder {
  /** ISO 8601 */
  readonly since: string;
}

/** The run whose log of a node to show: the one asked for, else the last in which the node ran. `nodes`: what the graph has. */
export function findRun(workspace: WorkspacePaths, node: string, asked: string | undefined, nodes: ReadonlySet<string>): string {
  const runs = requireRun(workspace, asked);
  const candidates = asked === undefined ? [...runs].reverse() : [asked];
  const found = candidates.find((run) => nodesWithLogs(workspace, run).includes(node));
  if (found !== undefined) return found;
  const known = [...new Set(candidates.flatMap((run) => nodesWithLogs(workspace, run)))].sort();
  const what = nodes.has(node) ? `there is no log of ${node}${asked === undefined ? '' : ` in run ${asked}`}` : `there is no node ${node}`;
  return refuse(`${what}; the nodes with logs are: ${known.join(', ') || 'none'}`);
}

/**
 * How far a node is in the run that the holder of the workspace works on, or, once `awaited` names it, in that run, also if it has ended. The
 * holder must have been looked up before this is called: what a run records, it does before it lets go.
 */
export function turnOf(workspace: WorkspacePaths, node: string, holder: Holder | undefined, awaited: string | undefined): Turn {
  const last = listRuns(workspace).at(-1);
  if (!holder && awaited === undefined) return { state: 'none' };
  const run = awaited ?? last;
  const events = run === undefined ? [] : readEvents(runLogs(workspace, run));
  const started = events.find((event) => event.type === 'run-started');
  // What is recorded is of somebody before: the holder has not come to it, or does something else.
  if (run === undefined || !started || (holder && awaited === undefined && started.at < Date.parse(holder.since))) return { state: 'waiting' };
  if (!started.nodes.some(({ id }) => id === node)) return { state: 'none' };
  if (nodesWithLogs(workspace, run).includes(node)) return { state: 'begun', run };
  const passed = events.find((event) => event.type === 'node-finished' && event.node === node);
  if (passed?.type === 'node-finished') return { state: 'passed', run, outcome: passed.outcome };
  // Killed: nobody works on it any more, and nobody will.
  return holder && run === last ? { state: 'waiting', run } : { state: 'none' };
}

/** Waits for a node's turn in the run that is going on. `tell` is called once, if there is something to wait for. */
export async function awaitTurn(look: (awaited: string | undefined) => Turn, tell: (run: string) => void, signal: AbortSignal): Promise<Turn> {
  for (let awaited: string | undefined; ; ) {
    const turn = look(awaited);
    if (turn.state !== 'waiting' || signal.aborted) return turn;
    if (turn.run !== undefined && awaited === undefined) tell(turn.run);
    awaited = turn.run;
    await delay(LOOK, undefined, { signal }).catch(() => undefined);
  }
}

/** Nodes that failed in the last run, or in the run asked for, and have a log there. */
export function failedWithLog(workspace: WorkspacePaths, asked: string | undefined): readonly string[] {
  const runs = requireRun(workspace, asked);
  const run = asked ?? runs.at(-1) ?? '';
  const failed = readEvents(runLogs(workspace, run)).flatMap((event) => (event.type === 'node-finished' && event.outcome === 'failed' ? [event.node] : []));
  return failed.filter((node) => nodesWithLogs(workspace, run).includes(node));
}

/** Which nodes have logs, and the last run in which each has; of the run asked for, if one is. */
export function logsByNode(workspace: WorkspacePaths, asked: string | undefined): ReadonlyMap<string, string> {
  const runs = listRuns(workspace).filter((run) => asked === undefined || run === asked);
  return new Map(runs.flatMap((run) => nodesWithLogs(workspace, run).map((node) => [node, run] as const)));
}

/** Refuses a run that is not on record, and where there is none at all. */
function requireRun(workspace: WorkspacePaths, asked: string | undefined): readonly string[] {
  const runs = listRuns(workspace);
  if (runs.length === 0) refuse('there are no logs: nothing was run in this workspace yet');
  if (asked !== undefined && !runs.includes(asked)) refuse(`there is no run ${asked}; the runs are: ${runs.join(', ')}`);
  return runs;
}

function nodesWithLogs(workspace: WorkspacePaths, run: string): readonly string[] {
  return readdirSync(runLogs(workspace, run)).flatMap((name) => (name.endsWith('.log') ? [name.slice(0, -'.log'.length)] : []));
}
