import type { PlanEntry } from '@crpm/runner';
import { expect, test } from 'vitest';
import { expectedOf, formatPlan } from '../src/print-plan.js';

const entry = (node: string, layer: number, action: PlanEntry['action'], reason: string, lastMs?: number): PlanEntry => ({ node, layer, action, reason, differences: [], ...(lastMs === undefined ? {} : { lastMs }) });

test('nodes that can run at the same time stand under one number; what will run is counted, and its work expected', () => {
  expect(
    formatPlan([
      entry('base', 0, 'fresh', 'nothing it depends on changed', 900),
      entry('a.source', 0, 'run', 'tree: main.c changed', 340),
      entry('b.source', 0, 'restore', 'tree: main.c changed', 5000),
      entry('a.rpmbuild', 1, 'may-run', 'a.source will be made again', 61_000),
      entry('b.rpmbuild', 1, 'run', 'first run'),
    ]),
  ).toBe(`step  node                 why
1     base        fresh    nothing it depends on changed (last time 0.9s)
      a.source    run      tree: main.c changed (last time 0.3s)
      b.source    restore  tree: main.c changed (last time 5.0s)
2     a.rpmbuild  may run  a.source will be made again (last time 1m01s)
      b.rpmbuild  run      first run

2 of 5 to run, 1 may run, 1 from the store; nodes under one number can run at the same time
expected: at most 1m01s of work, if each takes what it took the last time
nobody knows yet: b.rpmbuild (it never ran)
`);
});

test('when nothing is to be done it says so', () => {
  expect(formatPlan([entry('base', 0, 'fresh', 'nothing it depends on changed')])).toContain('\nall fresh: nothing to do\n');
});

test('of a first run nobody knows how long it takes', () => {
  expect(formatPlan([entry('base', 0, 'run', 'first run')])).toMatch(/\n1 of 1 to run; nodes under one number can run at the same time\n$/);
});

test('where the store may have what a node would make, the count is a bound', () => {
  expect(formatPlan([entry('a.source', 0, 'run', 'first run'), { ...entry('a.rpmbuild', 1, 'run', 'first run'), mayRestore: true }])).toBe(`step  node             why
1     a.source    run  first run
2     a.rpmbuild  run  first run; the store may have it

at most 2 of 2 to run; nodes under one number can run at the same time
`);
});

test('a build that is expected to be incremental is not foretold by a clean one', () => {
  const built: PlanEntry = { node: 'a.rpmbuild', layer: 1, action: 'run', reason: 'a.source: main.c changed', differences: [], otherWay: { next: 'incremental', last: 'clean', lastMs: 590_000 } };
  expect(formatPlan([built])).toContain(`run  a.source: main.c changed (last time 9m50s, clean)

1 of 1 to run; nodes under one number can run at the same time
nobody knows yet: a.rpmbuild (its first incremental build; clean it took 9m50s)
`);
  expect(expectedOf([built])).toEqual({ ms: 0, unknown: ['a.rpmbuild'] });
});

test('what comes from the store, or stays, takes no work', () => {
  expect(expectedOf([entry('a', 0, 'restore', '', 10), entry('b', 0, 'as-is', '', 10), entry('c', 0, 'run', '', 7), entry('d', 1, 'may-run', '', 5), entry('e', 1, 'run', '')])).toEqual({ ms: 12, unknown: ['e'] });
});
