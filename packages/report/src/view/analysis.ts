import type { NodeRecord, RunRecord } from '../run-record.js';

/** Whether a node did work of its own, or does. */
export function didWork({ started }: NodeRecord): boolean {
  return started !== undefined;
}

/** When a node was done with, by its own clock; one that runs is as far as `now`. Milliseconds since the epoch. */
export function endOf(node: NodeRecord, now: number): number | undefined {
  return node.state === 'running' ? now : node.ended;
}

/** How long a node worked, milliseconds. */
export function workOf(node: NodeRecord, now: number): number {
  return node.state === 'running' && node.started !== undefined ? Math.max(0, now - node.started) : (node.ms ?? 0);
}

/** The way that decided when the run ended, in the order in which it was gone: from the node that ended last, always on to the need that was done with last. Only nodes that did work. */
export function criticalPath(record: RunRecord, now: number): readonly NodeRecord[] {
  const path: NodeRecord[] = [];
  for (let at = latest(record.nodes.filter(didWork), now); at; at = latest(at.needs.flatMap((need) => record.node(need) ?? []), now)) {
    if (didWork(at)) path.unshift(at);
  }
  return path;
}

/** How long the nodes of that way waited for their turn though all that they need was done, milliseconds: others had the processors. */
export function waitOf(record: RunRecord, path: readonly NodeRecord[]): number {
  let ready = record.started?.at ?? 0;
  let waited = 0;
  for (const node of path) {
    waited += Math.max(0, (node.started ?? ready) - ready);
    ready = node.ended ?? ready;
  }
  return waited;
}

function latest(nodes: readonly NodeRecord[], now: number): NodeRecord | undefined {
  let found: NodeRecord | undefined;
  for (const node of nodes) {
    const end = endOf(node, now);
    if (end === undefined) continue;
    const best = found && endOf(found, now);
    if (found === undefined || best === undefined || end > best || (end === best && (node.started ?? 0) < (found.started ?? 0))) found = node;
  }
  return found;
}

export interface Saved {
  /** Whose earlier results were used, and hold. */
  readonly nodes: readonly NodeRecord[];
  /** What they took the last time, together; of those that are known. */
  readonly ms: number;
}

/** What did not have to be done again. */
export function savedWork(record: RunRecord): Saved {
  const nodes = record.nodes.filter(({ state, role }) => (state === 'fresh' && role === undefined) || state === 'restored');
  return { nodes, ms: nodes.reduce((sum, { lastMs = 0 }) => sum + lastMs, 0) };
}

/** How a run stands. */
export type RunState = 'running' | 'succeeded' | 'failed' | 'stopped' | 'killed' | 'none';

export function runState(record: RunRecord, killed: boolean): RunState {
  if (!record.started) return 'none';
  if (!record.ended) return killed ? 'killed' : 'running';
  const { exitCode } = record.ended;
  return exitCode === 0 ? 'succeeded' : exitCode > 128 ? 'stopped' : 'failed';
}
