import { expect, test } from 'vitest';
import type { Event, EventNode } from '@crpm/core';
import { LiveModel } from '../src/live-model.js';
import { progressLine, widest } from '../src/live-progress.js';

const NODES: readonly EventNode[] = [
  { id: 'base', kind: 'k', title: 'base', needs: [], lastMs: 1000 },
  { id: 'a', kind: 'k', title: 'a', needs: ['base'], lastMs: 10_000 },
  { id: 'b', kind: 'k', title: 'b', needs: ['base'], lastMs: 4000 },
  { id: 'repo', kind: 'k', title: 'repo', needs: ['a', 'b'], lastMs: 2000 },
];
const started = (node: string): Event => ({ type: 'node-started', at: 0, node, reason: 'r', log: '/l' });
const ended = (node: string): Event => ({ type: 'node-finished', at: 0, node, outcome: 'ran', ms: 1 });

function player(nodes: readonly EventNode[]) {
  let now = 0;
  const model = new LiveModel(() => now);
  model.take({ type: 'run-started', at: 0, run: 'r', logs: '/l', nodes });
  return (at: number, ...events: readonly Event[]) => {
    now = at;
    for (const event of events) model.take(event);
    return model.progress();
  };
}

test('what is left is the longest way through what has not ended, by the last times', () => {
  const at = player(NODES);
  expect(at(0, started('base'))).toBe('0 of 4 done, 0s, about 13s left');
  expect(at(1000, ended('base'), started('a'), started('b'))).toBe('1 of 4 done, 1s, about 12s left');
  expect(at(4000)).toBe('1 of 4 done, 4s, about 9s left');
  expect(at(9000, ended('b'))).toBe('2 of 4 done, 9s, about 4s left');
  expect(at(61_000)).toBe('2 of 4 done, 1m01s, about 2s left');
  expect(at(61_000, ended('a'), started('repo'))).toBe('3 of 4 done, 1m01s, about 2s left');
  expect(at(64_000)).toBe('3 of 4 done, 1m04s');
  expect(at(65_000, ended('repo'))).toBe('4 of 4 done, 1m05s');
});

test('where a node never ran, nobody can tell what is left', () => {
  const at = player(NODES.map(({ lastMs, ...node }) => (node.id === 'repo' ? node : { ...node, ...(lastMs === undefined ? {} : { lastMs }) })));
  expect(at(2000, started('base'))).toBe('0 of 4 done, 2s');
});

test('how many can run at once is told by the needs', () => {
  const model = new LiveModel(() => 0);
  expect(widest(model.nodes)).toBe(0);
  model.take({ type: 'run-started', at: 0, run: 'r', logs: '/l', nodes: NODES });
  expect(widest(model.nodes)).toBe(2);
  expect(progressLine(model.nodes, { now: 0, began: 0 })).toBe('0 of 4 done, 0s, about 13s left');
});
