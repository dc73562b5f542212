import type { Event, Json, NodeOutcome } from '@crpm/core';
import { expect, test } from 'vitest';
import { Summary } from '../src/summary.js';

const NONE: Record<NodeOutcome, number> = { ran: 0, fresh: 0, restored: 0, failed: 0, 'not-run': 0, cancelled: 0 };

function summaryOf(nodes: readonly (readonly [string, NodeOutcome, Json])[]): string {
  const events: readonly Event[] = [
    { type: 'run-started', at: 0, run: 'r', logs: '/l', nodes: nodes.map(([id]) => ({ id, kind: 'k', title: id, needs: [] })) },
    ...nodes.map(([node, outcome, data]) => ({ type: 'node-finished', at: 1, node, outcome, ms: 0, data }) satisfies Event),
    { type: 'run-finished', at: 2, run: 'r', ms: 1000, exitCode: 0, counts: NONE },
  ];
  const summary = new Summary();
  for (const event of events) summary.take(event);
  return summary.format();
}

test('what the compiler cache did for the builds of this run stands under the totals', () => {
  const used = (hits: number, misses: number): Json => ({ here: { ccache: { hits, misses } } });
  expect(summaryOf([['a', 'ran', used(290, 0)], ['b', 'ran', used(7, 3)], ['c', 'fresh', used(1000, 1000)], ['d', 'ran', null]])).toMatch(/\n4 nodes: 3 ran, 1 fresh; 1\.0s\nccache: 297 of 300 compilations were there already \(99%\)\n$/);
});

test('what was left out is called so, not fresh, and stale where it is', () => {
  const end = (node: string, details: Partial<Extract<Event, { type: 'node-finished' }>>) => ({ type: 'node-finished', at: 300_000, node, outcome: 'fresh', ms: 0, ...details }) satisfies Event;
  const summary = new Summary();
  const ids = ['base', 'a.source', 'a.rpmbuild', 'b.source', 'b.rpmbuild', 'c.rpmbuild'];
  const asOf = new Date(0).toISOString();
  const events: readonly Event[] = [
    { type: 'run-started', at: 0, run: 'r', logs: '/l', nodes: ids.map((id) => ({ id, kind: 'k', title: id, needs: [] })) },
    end('base', { role: 'as-is', asOf }),
    end('a.source', { role: 'as-is', asOf, stale: 'tree: x.c changed' }),
    end('a.rpmbuild', {}),
    end('b.source', { role: 'skipped', asOf }),
    end('b.rpmbuild', { role: 'skipped', asOf, stale: 'b.source changed' }),
    end('c.rpmbuild', { role: 'skipped', outcome: 'not-run' }),
    { type: 'run-finished', at: 2, run: 'r', ms: 1000, exitCode: 0, counts: NONE },
  ];
  for (const event of events) summary.take(event);
  expect(summary.format()).toBe(`node        outcome      time
base        as it is        -
a.source    as it is        -  stale, 5 minutes old
a.rpmbuild  fresh           -
b.source    skipped         -
b.rpmbuild  skipped         -  stale, 5 minutes old
c.rpmbuild  skipped         -  no result

6 nodes: 1 fresh, 2 as it is, 3 skipped; 1.0s
`);
});

test('without a compiler cache nothing is said of it', () => {
  expect(summaryOf([['a', 'ran', { here: { ccache: { hits: 0, misses: 0 } } }], ['b', 'ran', { here: {} }], ['c', 'ran', 'text']])).toMatch(/\n3 nodes: 3 ran; 1\.0s\n$/);
});

test('what came from the shared store, and what that saved, stands under the totals', () => {
  const end = (node: string, savedMs: number) => ({ type: 'node-finished', at: 1, node, outcome: 'restored', ms: 2_000, shared: { from: 'oci://quay.io/team/crpm@sha256:00', savedMs } }) satisfies Event;
  const summary = new Summary();
  const events: readonly Event[] = [
    { type: 'run-started', at: 0, run: 'r', logs: '/l', nodes: ['a', 'b'].map((id) => ({ id, kind: 'k', title: id, needs: [] })) },
    end('a', 60_000), end('b', 3_000),
    { type: 'run-finished', at: 2, run: 'r', ms: 1000, exitCode: 0, counts: NONE },
  ];
  for (const event of events) summary.take(event);
  expect(summary.format()).toMatch(/\n2 nodes: 2 restored; 1\.0s\n2 results from the shared store: 1m03s saved\n$/);
});
