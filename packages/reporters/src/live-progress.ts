import type { LiveNode } from './live-model.js';
import { formatDuration } from './words.js';

type Progressing = Pick<LiveNode, 'id' | 'needs' | 'lastMs' | 'state' | 'started'>;
type Nodes = ReadonlyMap<string, Progressing>;

/** `9 of 15 done, 12s, about 4s left`. `now` and `began` are monotonic milliseconds. What is left is known only where every node that has not ended ran before. */
export function progressLine(nodes: Nodes, { now, began }: { readonly now: number; readonly began: number }): string {
  const open = [...nodes.values()].filter((node) => !hasEnded(node));
  const left = open.some(({ lastMs }) => lastMs === undefined) ? 0 : remaining(nodes, now);
  return `${nodes.size - open.length} of ${nodes.size} done, ${wholeSeconds(now - began)}${left >= 500 ? `, about ${wholeSeconds(left)} left` : ''}`;
}

/** How many nodes can run at the same time at most, as far as their needs tell. */
export function widest(nodes: Nodes): number {
  const depths = along(nodes, () => 1);
  const counts = new Map<number, number>();
  for (const depth of depths.values()) counts.set(depth, (counts.get(depth) ?? 0) + 1);
  return Math.max(0, ...counts.values());
}

/** Along the longest way through the nodes that have not ended, by the last times. */
function remaining(nodes: Nodes, now: number): number {
  const rest = (node: Progressing) => {
    if (hasEnded(node)) return 0;
    return Math.max(0, (node.lastMs ?? 0) - (node.state === 'running' ? now - node.started : 0));
  };
  return Math.max(0, ...along(nodes, rest).values());
}

function hasEnded({ state }: Progressing): boolean {
  return state !== 'waiting' && state !== 'running';
}

/** For each node, what it and the longest chain of its needs come to. */
function along(nodes: Nodes, cost: (node: Progressing) => number): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  const sum = (node: Progressing): number => {
    const known = sums.get(node.id);
    if (known !== undefined) return known;
    const needs = node.needs.flatMap((id) => nodes.get(id) ?? []);
    const total = cost(node) + Math.max(0, ...needs.map(sum));
    sums.set(node.id, total);
    return total;
  };
  for (const node of nodes.values()) sum(node);
  return sums;
}

/** `41s`, `1m00s`: as exact as what is expected can be. */
export function wholeSeconds(ms: number): string {
  return ms < 59_500 ? `${Math.round(ms / 1000)}s` : formatDuration(ms);
}
