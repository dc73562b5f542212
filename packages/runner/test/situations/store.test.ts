import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { evictionLog, ResultCache, resultName } from '@crpm/state';
import { beforeEach, describe, expect, test } from 'vitest';
import { readHistory } from '../../src/index.js';
import { graphOf, node, outcomes, quickFs, Rig, temporaryFolder } from '../rig.js';
import { graph } from './project.js';

let rig: Rig;
beforeEach(() => {
  rig = new Rig();
});

/** Another checkout of the same project, with the same cache. */
function neighbour(of: Rig): Rig {
  const folder = temporaryFolder();
  const other = new Rig(folder);
  Object.assign(other, { workspace: { ...other.workspace, id: 'other-00000000', cache: of.workspace.cache } });
  return other;
}

describe('another workspace with the same store', () => {
  test('restores what files are all there is to, and runs the rest', async () => {
    const first = await rig.run(graph);
    const other = neighbour(rig);
    const summary = await other.run(graph);
    expect(other.ran).toEqual(['base', 'serve']);
    expect(outcomes(summary)).toEqual({ base: 'ran', 'a.source': 'restored', 'a.build': 'restored', 'b.source': 'restored', 'b.build': 'restored', repo: 'restored', serve: 'ran' });
    expect(readFileSync(other.file(summary, 'repo'), 'utf8')).toBe(readFileSync(rig.file(first, 'repo'), 'utf8'));
    expect(await other.runs(graph)).toEqual([]);
  });

  test('is told so by its plan, with how long it took and when', async () => {
    await rig.run(graph, { selection: { targets: ['a.source'] } });
    const { at, ms } = readHistory(rig.workspace).get('a.source') ?? {};
    expect(await neighbour(rig).plan(graph, { targets: ['a.source'] })).toEqual([
      { node: 'a.source', layer: 0, action: 'restore', reason: 'first run', differences: [{ what: 'first-run' }], asOf: at, lastMs: ms },
    ]);
  });

  test('is told what may come back, once its needs have run, where all that is known of it agrees', async () => {
    const may = async (of: Rig, what = graph) => (await of.plan(what)).flatMap(({ node: id, action, mayRestore }) => (mayRestore ? [`${action} ${id}`] : []));
    expect(await may(rig)).toEqual([]);
    await rig.run(graph);
    expect(await may(rig)).toEqual([]);
    const other = neighbour(rig);
    expect(await may(other)).toEqual(['run a.build', 'run b.build', 'run repo']);
    const release = graphOf(...[...graph.nodes.values()].map((one) => (one.id === 'a.build' ? { ...one, params: { profile: 'release' } } : one)));
    expect(await may(other, release)).toEqual(['run b.build', 'run repo']);
    rmSync(join(rig.workspace.cache, 'store'), { recursive: true });
    expect(await may(other)).toEqual([]);
  });

  test('gets nothing of what was made from other inputs', async () => {
    await rig.run(graph);
    const other = neighbour(rig);
    other.inputs.set('a.source', 'edited');
    expect(await other.runs(graph)).toEqual(['a.build', 'a.source', 'base', 'repo', 'serve']);
  });

  test('gets nothing that depends on the workspace', async () => {
    const bound = (of: Rig) => new Map([...of.kinds].map(([name, kind]) => [name, { ...kind, inputs: (_params: unknown, { workspace }: { workspace: { id: string } }) => Promise.resolve([{ name: 'workspace', value: workspace.id }]) }]));
    await rig.run(graph, { kinds: bound(rig) });
    const other = neighbour(rig);
    await other.run(graph, { kinds: bound(other), selection: { targets: ['a.source'] } });
    expect(other.ran).toEqual(['a.source']);
  });

  test('gets nothing whose inputs changed while it was made', async () => {
    rig.during = () => { rig.inputs.set('a.source', 'edited'); };
    await rig.run(graph, { selection: { targets: ['a.source'] } });
    expect(await neighbour(rig).runs(graph, { targets: ['a.source'] })).toEqual(['a.source']);
  });

  test('gets no facts of the machine that it was made on', async () => {
    rig.here.set('a.source', '/elsewhere');
    const first = await rig.run(graph, { selection: { targets: ['a.source'] } });
    const summary = await neighbour(rig).run(graph, { selection: { targets: ['a.source'] } });
    const output = summary.nodes.get('a.source')?.output;
    expect(output?.data).toEqual({ text: 'a.source()' });
    expect(output?.digest).toBe(first.nodes.get('a.source')?.output?.digest);
  });
});

describe('a store that had to make room', () => {
  /** As `crpm cache gc` does it. */
  async function evict(id: string): Promise<void> {
    const { fingerprint = '', output } = readHistory(rig.workspace).get(id) ?? {};
    const names = [resultName(fingerprint), ...(output?.files ?? []).map(({ digest }) => `store/${digest.slice('sha256:'.length)}`)];
    await evictionLog(rig.workspace.cache, quickFs).note(names);
    rmSync(join(rig.workspace.cache, 'store'), { recursive: true });
  }

  test('is named as the reason why an earlier state is made again, beside what changed', async () => {
    await rig.run(graph);
    await evict('a.source');
    rig.inputs.set('a.source', 'edited');
    await rig.run(graph);
    rig.inputs.delete('a.source');
    const reason = 'tree/a.source: edited → , its result was evicted from the store (cache.maxSize)';
    expect((await rig.plan(graph, { targets: ['a.source'] }))[0]).toMatchObject({
      action: 'run', reason,
      differences: [{ what: 'input', name: 'tree/a.source', before: 'edited', after: '' }, { what: 'evicted', at: expect.stringMatching(/^20.*Z$/) as unknown }],
    });
    await rig.run(graph, { selection: { targets: ['a.source'] } });
    expect(rig.reasons()).toEqual([`a.source: ${reason}`]);
  });

  test('is no reason for what was never made before', async () => {
    await rig.run(graph);
    await evict('a.source');
    rig.inputs.set('a.source', 'edited');
    await rig.run(graph, { selection: { targets: ['a.source'] } });
    expect(rig.reasons()).toEqual(['a.source: tree/a.source:  → edited']);
  });

  test('is named for a lost output too', async () => {
    const built = await rig.run(graph);
    await evict('a.source');
    rmSync(rig.file(built, 'a.source'));
    expect(await rig.runs(graph)).toEqual(['a.source']);
    expect(rig.reasons()).toEqual(['a.source: its output made.txt is gone, its result was evicted from the store (cache.maxSize)']);
  });
});

describe('a damaged record of the store', () => {
  test('is set aside with a warning, and the node runs; a plan changes nothing', async () => {
    const lone = graphOf(node('n'));
    await rig.run(lone);
    const { fingerprint = '' } = readHistory(rig.workspace).get('n') ?? {};
    const hex = fingerprint.slice('sha256:'.length);
    const file = join(rig.workspace.cache, 'store', 'results', hex.slice(0, 2), hex);
    writeFileSync(file, readFileSync(file, 'utf8').replace('made.txt', 'made.tar'));
    rmSync(rig.workspace.state, { recursive: true });
    mkdirSync(rig.workspace.state);

    expect(await rig.plan(lone)).toMatchObject([{ action: 'run', reason: "first run, the store's record of its result was damaged" }]);
    expect(new ResultCache(rig.workspace.cache).find(fingerprint).state).toBe('damaged');
    expect(await rig.runs(lone)).toEqual(['n']);
    expect(rig.warnings()).toEqual([expect.stringMatching(/^an earlier result in the store was damaged, and what it is of is made again; it is set aside in .*bad$/)]);
    expect(new ResultCache(rig.workspace.cache).find(fingerprint).state).toBe('found');
  });
});
