import { readdirSync } from 'node:fs';
import { FailureError } from '@crpm/core';
import { beforeEach, describe, expect, test } from 'vitest';
import { Rig } from '../rig.js';
import { built, graph } from './project.js';

let rig: Rig;
beforeEach(() => {
  rig = new Rig();
});

describe('plan', () => {
  const line = ({ node: id, layer, action, reason }: { node: string; layer: number; action: string; reason: string }) => `${String(layer)} ${id} ${action}: ${reason}`;

  test('in order, with what can run in parallel, before anything was run', async () => {
    expect((await rig.plan(graph)).map(line)).toEqual([
      '0 base run: first run', '0 a.source run: first run', '0 b.source run: first run',
      '1 a.build run: first run', '1 b.build run: first run', '2 repo run: first run', '3 serve run: first run',
    ]);
    expect(readdirSync(rig.workspace.state)).toEqual([]);
  });

  test('leaves open what becomes of a node whose build failed, once its need is going back to what it was', async () => {
    await built(rig);
    rig.inputs.set('a.source', 'broken');
    rig.failing.set('a.build', new FailureError({ class: 'build', message: 'no' }));
    await rig.run(graph);
    expect((await rig.plan(graph)).map(line)[3]).toBe('1 a.build run: a.source changed');
    rig.inputs.set('a.source', '');
    expect((await rig.plan(graph)).map(line).filter((text) => /^\d a\./.test(text))).toEqual([
      '0 a.source restore: tree/a.source: broken → ', '1 a.build fresh: nothing it depends on changed',
    ]);
    rig.inputs.set('a.source', 'mended');
    expect((await rig.plan(graph)).map(line).filter((text) => /^\d a\./.test(text))).toEqual([
      '0 a.source run: tree/a.source: broken → mended', '1 a.build may-run: a.source will be made again',
    ]);
  });

  test('names the cause, and leaves open what the cut-off will decide', async () => {
    await built(rig);
    rig.inputs.set('a.source', 'edited');
    rig.missing.set('base', 'gone');
    rig.asked = [];
    expect((await rig.plan(graph)).map(line)).toEqual([
      '0 base fresh: nothing it depends on changed', '0 a.source run: tree/a.source:  → edited', '0 b.source fresh: nothing it depends on changed',
      '1 a.build may-run: a.source will be made again', '1 b.build fresh: nothing it depends on changed',
      '2 repo may-run: a.build may be made again', '3 serve may-run: repo may be made again',
    ]);
    expect(rig.asked).toEqual([]);
  });

  test('knows what the store will give back', async () => {
    await built(rig);
    rig.inputs.set('b.source', 'edited');
    await rig.run(graph);
    rig.inputs.delete('b.source');
    expect((await rig.plan(graph)).filter(({ action }) => action !== 'fresh').map(({ node: id, action }) => `${id} ${action}`)).toEqual([
      'b.source restore', 'b.build restore', 'repo restore', 'serve run',
    ]);
  });

  test('shows the parts of --only and --skip', async () => {
    await rig.run(graph, { selection: { targets: ['a.build'] } });
    rig.inputs.set('a.source', 'edited');
    expect((await rig.plan(graph, { only: ['repo'], skip: ['b'] })).map(line)).toEqual([
      '0 base as-is: nothing it depends on changed', '0 a.source as-is: tree/a.source:  → edited', '0 b.source absent: it never had a result',
      '1 a.build as-is: nothing it depends on changed', '1 b.build absent: it never had a result', '2 repo run: first run',
    ]);
  });
});
