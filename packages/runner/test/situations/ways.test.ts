import type { Json, NodeKind } from '@crpm/core';
import { beforeEach, expect, test } from 'vitest';
import { readHistory } from '../../src/index.js';
import { graphOf, node, Rig } from '../rig.js';

/** One build, whose `here` says how it was made: clean the first time, incrementally afterwards. */
const graph = graphOf(node('build'));
const took = (data: Json) => (data as { here?: { place?: string } }).here?.place ?? 'incremental';

let rig: Rig;
let kinds: ReadonlyMap<string, NodeKind>;
let next: 'incremental' | 'clean';
beforeEach(() => {
  rig = new Rig();
  next = 'incremental';
  kinds = new Map([...rig.kinds].map(([name, kind]) => [name, { ...kind, ways: { took, next: () => next } }]));
});

/** Builds after an edit; how long that took. */
async function build(edit: string, way: 'incremental' | 'clean'): Promise<number> {
  rig.inputs.set('build', edit);
  rig.here.set('build', way);
  await rig.run(graph, { kinds });
  return readHistory(rig.workspace).get('build')?.ms ?? NaN;
}

/** What is expected of a build after one more edit, by the plan and by the run itself. */
async function expected() {
  rig.inputs.set('build', 'what comes next');
  const [entry] = await rig.plan(graph, {}, { kinds });
  return entry;
}
const told = () => rig.events.flatMap((event) => (event.type === 'run-started' ? event.nodes : []))[0]?.lastMs;

test('a build that never ran in the way that it is expected to is not foretold by one that went another', async () => {
  const clean = await build('one', 'clean');
  expect(await expected()).toMatchObject({ action: 'run', otherWay: { next: 'incremental', last: 'clean', lastMs: clean } });
  expect(await expected()).not.toHaveProperty('lastMs');
  await build('two', 'incremental');
  expect(told()).toBeUndefined();
});

test('each way has its own last time, whichever went last', async () => {
  const clean = await build('one', 'clean');
  const incremental = await build('two', 'incremental');
  expect(await expected()).toMatchObject({ lastMs: incremental });
  next = 'clean';
  expect(await expected()).toMatchObject({ lastMs: clean });
  const again = await build('three', 'clean');
  expect(told()).toBe(clean);
  expect(await expected()).toMatchObject({ lastMs: again });
  next = 'incremental';
  expect(await expected()).toMatchObject({ lastMs: incremental });
});

test('what came back from the store changes no times', async () => {
  const clean = await build('one', 'clean');
  const incremental = await build('two', 'incremental');
  rig.inputs.set('build', 'one');
  await rig.run(graph, { kinds });
  expect(rig.ran).toEqual([]);
  expect(await expected()).toMatchObject({ lastMs: incremental });
  next = 'clean';
  expect(await expected()).toMatchObject({ lastMs: clean });
});
