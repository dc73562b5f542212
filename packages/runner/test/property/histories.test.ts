import fc from 'fast-check';
import { test } from 'vitest';
import type { Selection } from '@crpm/core';
import { Oracle } from './oracle.js';
import { idOf, Subject, type Shape } from './subject.js';

/*
 * Random graphs and random histories: edits, options, new versions of kinds, undos, lost outputs, evictions, failures, partial and forced runs, kills. After every
 * run the oracle says whether that was what had to be done, and whether the plan had said so.
 */

const MOST = 8;
const RUNS = Number(process.env['CRPM_TEST_HISTORIES'] ?? 120);

const shapes: fc.Arbitrary<Shape> = fc
  .integer({ min: 1, max: MOST })
  .chain((size) =>
    fc.record({
      needs: fc.tuple(...Array.from({ length: size }, (_, index) => fc.subarray(Array.from({ length: index }, (__, need) => need)))),
      constant: fc.array(fc.boolean(), { minLength: size, maxLength: size }),
    }),
  );

type Step =
  | { readonly what: 'input' | 'param'; readonly node: number; readonly value: string }
  | { readonly what: 'version'; readonly node: number; readonly value: number }
  | { readonly what: 'fail' | 'mend' | 'lose'; readonly node: number }
  | { readonly what: 'evict' }
  | { readonly what: 'run' | 'target' | 'from' | 'only' | 'skip' | 'force'; readonly node: number }
  | { readonly what: 'kill'; readonly at: number };

const node = fc.nat({ max: MOST - 1 });
const value = fc.constantFrom('0', '1', '2');
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ what: fc.constant('input' as const), node, value }) },
    { weight: 1, arbitrary: fc.record({ what: fc.constant('param' as const), node, value }) },
    { weight: 1, arbitrary: fc.record({ what: fc.constant('version' as const), node, value: fc.integer({ min: 1, max: 3 }) }) },
    { weight: 3, arbitrary: fc.record({ what: fc.constantFrom('fail' as const, 'mend' as const, 'lose' as const), node }) },
    { weight: 1, arbitrary: fc.record({ what: fc.constant('evict' as const) }) },
    { weight: 6, arbitrary: fc.record({ what: fc.constantFrom('run' as const, 'run' as const, 'target' as const, 'from' as const, 'only' as const, 'skip' as const, 'force' as const), node }) },
    { weight: 1, arbitrary: fc.record({ what: fc.constant('kill' as const), at: fc.integer({ min: 1, max: 600 }) }) },
  ),
  { minLength: 1, maxLength: 14 },
);

test('whatever happened before: what runs is what must, the plan had said so, and every result is a clean build’s', { timeout: 300_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(shapes, steps, async (shape, history) => {
      const subject = new Subject(shape);
      const oracle = new Oracle();
      const run = async (selection: Partial<Selection> = {}) => {
        const plan = await subject.plan(selection);
        const summary = await subject.run(selection);
        oracle.check(subject, selection, plan, summary);
        return summary;
      };
      for (const step of history) await take(step, subject, oracle, run);

      // Whatever was done, in the end all comes out right, then has nothing to do, and is what a clean build gives.
      for (const source of subject.sources) source.failing = false;
      const end = await run();
      const clean = new Subject(shape, subject.sources);
      const built = await clean.run();
      for (const id of end.nodes.keys()) if (subject.held(end, id) !== clean.held(built, id)) throw new Error(`${id} holds ${subject.held(end, id)}, a clean build gives ${clean.held(built, id)}`);
      const idle = await run();
      if (idle.counts.fresh !== idle.nodes.size) throw new Error(`not idle: ${JSON.stringify(idle.counts)}`);
    }),
    { numRuns: RUNS },
  );
});

async function take(step: Step, subject: Subject, oracle: Oracle, run: (selection?: Partial<Selection>) => Promise<unknown>): Promise<void> {
  const index = 'node' in step ? step.node % subject.shape.needs.length : 0;
  const id = idOf(index);
  const source = subject.sources[index];
  if (!source) throw new Error(`no node ${id}`);
  switch (step.what) {
    case 'input':
    case 'param':
      source[step.what] = step.value;
      return;
    case 'version':
      source.version = step.value;
      return;
    case 'fail':
    case 'mend':
      source.failing = step.what === 'fail';
      return;
    case 'lose':
      if (subject.lose(id)) oracle.lost(id);
      return;
    case 'evict':
      subject.evict();
      oracle.evicted();
      return;
    case 'run':
      await run();
      return;
    case 'target':
      await run({ targets: [id] });
      return;
    case 'from':
      await run({ from: [id] });
      return;
    case 'force':
      await run({ force: true });
      return;
    case 'only':
      // What stands in must be there: what is not is made first, which the tests of situations show.
      await run(oracle.canStandIn(subject.shape, before(subject.shape, index)) ? { only: [id] } : {});
      return;
    case 'skip':
      await run(oracle.canStandIn(subject.shape, [id]) ? { skip: [id] } : {});
      return;
    case 'kill': {
      const finished = await subject.killed(step.at);
      oracle.killed();
      const { nodes } = (await run()) as Awaited<ReturnType<Subject['run']>>;
      const again = finished.filter((done) => !['fresh', 'restored'].includes(nodes.get(done)?.outcome ?? ''));
      if (again.length > 0) throw new Error(`killed at call ${String(step.at)}: finished work was done again: ${again.join(', ')}`);
      return;
    }
  }
}

/** Everything that a node rests on. */
function before(shape: Shape, index: number): readonly string[] {
  return (shape.needs[index] ?? []).flatMap((need) => [idOf(need), ...before(shape, need)]);
}
