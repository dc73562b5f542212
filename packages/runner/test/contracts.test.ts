import { expect, test } from 'vitest';
import type { Json } from '@crpm/core';
import { readHistory } from '../src/index.js';
import { graphOf, node, Rig } from './rig.js';

const chain = graphOf(node('source'), node('build', ['source']));

test('what is true on this machine alone is no part of a digest, and reaches the dependents that run', async () => {
  const rig = new Rig();
  rig.here.set('source', '/old');
  await rig.run(chain);
  const before = readHistory(rig.workspace).get('source')?.output;
  rig.here.set('source', '/new');
  expect(await rig.runs(chain, { from: [], targets: ['source'], force: true })).toEqual(['source']);
  const after = readHistory(rig.workspace).get('source')?.output;
  expect(after?.digest).toBe(before?.digest);
  expect(after?.data).toMatchObject({ here: { place: '/new' } });

  expect(await rig.runs(chain)).toEqual([]);
  rig.inputs.set('build', 'edited');
  const seen: Json[] = [];
  rig.during = ({ needs }) => { seen.push(needs.get('source')?.data ?? null); };
  expect(await rig.runs(chain)).toEqual(['build']);
  expect(seen).toMatchObject([{ here: { place: '/new' } }]);
});

test('a need made again in the same run with other facts of this machine gives them to who runs after it', async () => {
  const graph = graphOf(node('base', [], { kind: 'image' }), node('build', ['base']));
  const rig = new Rig();
  rig.here.set('base', 'sha256:old');
  await rig.run(graph);
  rig.missing.set('base', 'the image is gone');
  rig.here.set('base', 'sha256:new');
  rig.inputs.set('build', 'edited');
  const seen: unknown[] = [];
  rig.during = ({ node: { id }, needs }) => { if (id === 'build') seen.push(needs.get('base')?.data); };
  await rig.run(graph);
  expect(rig.ran).toEqual(['base', 'build']);
  expect(seen).toEqual([{ id: 'base', here: { place: 'sha256:new' } }]);
});

test('a node is made again only when what it reads of a need changes', async () => {
  const rig = new Rig();
  const graph = graphOf(node('source'), node('root', ['source'], { kind: 'reader' }), node('build', ['source', 'root']));
  rig.parts.set('source', 'spec 1');
  await rig.run(graph);
  rig.inputs.set('source', 'a line of C');
  expect(await rig.runs(graph)).toEqual(['build', 'source']);
  rig.parts.set('source', 'spec 2');
  rig.inputs.set('source', 'a line of the spec');
  expect(await rig.runs(graph)).toEqual(['build', 'root', 'source']);
  expect(rig.reasons()).toContain('root: source changed');
});

test('of a need of which it does not say what it reads, a node reads all', async () => {
  const rig = new Rig();
  const graph = graphOf(node('source'), node('root', ['source'], { kind: 'reader' }));
  await rig.run(graph);
  rig.inputs.set('source', 'a line of C');
  expect(await rig.runs(graph)).toEqual(['root', 'source']);
});

test('the parts of an input are neither hashed nor recorded', async () => {
  const rig = new Rig();
  const kinds = (parts: ReadonlyMap<string, string>) =>
    new Map([...rig.kinds].map(([name, kind]) => [name, { ...kind, inputs: () => Promise.resolve([{ name: 'tree', value: 'digest', parts }]) }]));
  await rig.run(chain, { kinds: kinds(new Map([['src/a.c', '1']])) });
  expect(readHistory(rig.workspace).get('source')?.inputs).toContainEqual({ name: 'tree', value: 'digest' });
  expect(await rig.runs(chain, {}, { kinds: kinds(new Map([['src/a.c', '2']])) })).toEqual([]);
});
