import { expect, test } from 'vitest';
import { formatPlan } from '../src/print-plan.js';

test('nodes that can run at the same time stand under one number', () => {
  expect(
    formatPlan([
      { node: 'base', layer: 0, action: 'fresh', reason: 'nothing changed' },
      { node: 'a.source', layer: 0, action: 'run', reason: 'main.c changed', lastMs: 340 },
      { node: 'a.rpmbuild', layer: 1, action: 'may-run', reason: 'if a.source comes out otherwise' },
    ]),
  ).toBe(`step  node                 why
1     base        fresh    nothing changed
      a.source    run      main.c changed (last time 0.3s)
2     a.rpmbuild  may run  if a.source comes out otherwise

2 of 3 to run; nodes under one number can run at the same time
`);
});

test('when nothing is to be done it says so', () => {
  expect(formatPlan([{ node: 'base', layer: 0, action: 'fresh', reason: 'nothing changed' }])).toContain('\nall fresh: nothing to do\n');
});
