import type { Event } from '@crpm/core';
import { expect, test } from 'vitest';
import { written } from './written.js';

test('a trace has a bar for each node that ran, and those at the same time on rows of their own', async () => {
  const at = (type: 'node-started' | 'node-finished', node: string, ms: number): Event =>
    type === 'node-started' ? { type, at: ms, node, reason: 'first run', log: '/l' } : { type, at: ms, node, outcome: 'ran', ms: 5 };
  const nodes = ['a', 'b', 'c', 'd'].map((id) => ({ id, kind: 'k', title: id, group: 'g', needs: [] }));
  const text = await written('trace', [
    { type: 'run-started', at: 100, run: 'r', logs: '/l', nodes },
    at('node-started', 'a', 100),
    at('node-started', 'b', 101),
    { type: 'node-status', at: 102, node: 'a', text: 'compiling' },
    at('node-finished', 'a', 105),
    at('node-started', 'c', 105),
    at('node-finished', 'b', 106),
    at('node-finished', 'c', 110),
    { type: 'node-finished', at: 110, node: 'd', outcome: 'fresh', ms: 0 },
  ]);
  const { traceEvents } = JSON.parse(text) as { traceEvents: { name: string; ph: string; tid: number; ts: number; dur: number; cat: string }[] };
  expect(traceEvents.filter(({ ph }) => ph === 'X').map(({ name, tid, ts, dur, cat }) => [name, tid, ts, dur, cat])).toEqual([
    ['a', 1, 0, 5000, 'g'],
    ['b', 2, 1000, 5000, 'g'],
    ['c', 1, 5000, 5000, 'g'],
  ]);
  expect(traceEvents.filter(({ ph }) => ph === 'i').map(({ name, tid, ts }) => [name, tid, ts])).toEqual([['compiling', 1, 2000]]);
});

const RUN: Event = { type: 'run-started', at: 0, run: 'r', logs: '/l', nodes: ['a', 'b'].map((id) => ({ id, kind: 'k', title: id, needs: [] })) };
const began = (node: string, at: number): Event => ({ type: 'node-started', at, node, reason: 'first run', log: '/l' });
const bars = async (events: readonly Event[]) => (JSON.parse(await written('trace', [RUN, ...events])) as { traceEvents: { name: string; ph: string; tid: number; ts: number; dur?: number }[] }).traceEvents.flatMap(({ name, ph, tid, ts, dur }) => (ph === 'X' || ph === 'B' ? [[name, ph, tid, ts, dur]] : []));

test('bars on one row do not overlap, though a start is known to the millisecond and a length more closely', async () => {
  expect(await bars([began('a', 10), { type: 'node-finished', at: 14, node: 'a', outcome: 'ran', ms: 4.9 }, began('b', 14), { type: 'node-finished', at: 17, node: 'b', outcome: 'ran', ms: 3 }])).toEqual([
    ['a', 'X', 1, 10_000, 4900],
    ['b', 'X', 1, 14_900, 2100],
  ]);
});

test('what ran when the run was killed is a bar without an end', async () => {
  expect(await bars([began('a', 10), { type: 'node-finished', at: 14, node: 'a', outcome: 'ran', ms: 4 }, began('b', 15)])).toEqual([
    ['a', 'X', 1, 10_000, 4000],
    ['b', 'B', 1, 15_000, undefined],
  ]);
});
