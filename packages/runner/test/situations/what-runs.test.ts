import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import { graphOf, outcomes, Rig } from '../rig.js';
import { ALL, built, graph } from './project.js';

let rig: Rig;
beforeEach(() => {
  rig = new Rig();
});

describe('what runs', () => {
  test('everything, the first time, needs first', async () => {
    const summary = await rig.run(graph);
    expect([...rig.ran].sort()).toEqual(ALL);
    for (const { id, needs } of graph.nodes.values()) for (const need of needs) expect(rig.ran.indexOf(need)).toBeLessThan(rig.ran.indexOf(id));
    expect(readFileSync(rig.file(summary, 'serve'), 'utf8')).toBe('serve(,repo(,a.build(,base(),a.source()),b.build(,base(),b.source())))');
    expect(summary).toMatchObject({ exitCode: 0, counts: { ran: 7, fresh: 0 } });
    expect(new Set(rig.reasons().map((line) => line.split(': ')[1]))).toEqual(new Set(['first run']));
  });

  test('nothing, when nothing changed; the engine is not opened', async () => {
    await built(rig);
    rig.enginesOpened = 0;
    const summary = await rig.run(graph);
    expect(rig.ran).toEqual([]);
    expect(rig.enginesOpened).toBe(0);
    expect(summary.counts).toMatchObject({ ran: 0, fresh: 7 });
    expect(rig.events.filter(({ type }) => type === 'node-started')).toEqual([]);
  });

  test('what rests on an edit, and nothing else', async () => {
    await built(rig);
    rig.inputs.set('a.source', 'edited');
    expect(await rig.runs(graph)).toEqual(['a.build', 'a.source', 'repo', 'serve']);
    expect(rig.reasons()).toEqual(['a.source: tree/a.source:  → edited', 'a.build: a.source changed', 'repo: a.build changed', 'serve: repo changed']);
    expect(await rig.runs(graph)).toEqual([]);
  });

  test('an undone edit brings files back from the store; a service is started anew', async () => {
    await built(rig);
    const before = readFileSync(rig.file(await rig.run(graph), 'repo'), 'utf8');
    rig.inputs.set('a.source', 'edited');
    await rig.run(graph);
    rig.inputs.delete('a.source');
    const summary = await rig.run(graph);
    expect(rig.ran).toEqual(['serve']);
    expect(outcomes(summary)).toEqual({ base: 'fresh', 'a.source': 'restored', 'a.build': 'restored', 'b.source': 'fresh', 'b.build': 'fresh', repo: 'restored', serve: 'ran' });
    expect(readFileSync(rig.file(summary, 'repo'), 'utf8')).toBe(before);
    expect(await rig.runs(graph)).toEqual([]);
  });

  test('a changed option names itself with old and new', async () => {
    await built(rig);
    const changed = graphOf(...[...graph.nodes.values()].map((old) => (old.id === 'a.build' ? { ...old, params: { profile: 'full' } } : old)));
    rig.constant.add('a.build');
    await rig.run(changed);
    expect(rig.reasons()[0]).toBe('a.build: profile: dev → full');
  });

  test('only up to the first equal output: dependents stay fresh', async () => {
    rig.constant.add('a.source');
    await built(rig);
    rig.inputs.set('a.source', 'edited');
    expect(await rig.runs(graph)).toEqual(['a.source']);
  });

  test('a raised version of a kind', async () => {
    await built(rig);
    const kinds = new Map([...rig.kinds].map(([name, kind]) => [name, name === 'service' ? { ...kind, version: 2 } : kind]));
    expect(await rig.runs(graph, {}, { kinds })).toEqual(['serve']);
    expect(rig.reasons()).toEqual(['serve: this crpm makes it in another way']);
  });
});

describe('--force, --from', () => {
  test('--force runs all that is selected, fresh or not', async () => {
    await built(rig);
    expect(await rig.runs(graph, { force: true })).toEqual(ALL);
    expect(await rig.runs(graph, { force: true, targets: ['a.source'] })).toEqual(['a.source']);
    expect(rig.reasons()).toEqual(['a.source: forced']);
  });

  test('--from runs the node and what rests on it', async () => {
    await built(rig);
    expect(await rig.runs(graph, { from: ['b.build'] })).toEqual(['b.build', 'repo', 'serve']);
  });
});
