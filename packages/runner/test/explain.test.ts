import { beforeEach, describe, expect, test } from 'vitest';
import { graph } from './situations/project.js';
import { graphOf, Rig } from './rig.js';

let rig: Rig;
beforeEach(() => {
  rig = new Rig();
});

describe('explain', () => {
  test('a node that never ran: its inputs as they are now', async () => {
    expect(await rig.explain(graph, 'a.source')).toEqual({
      node: 'a.source', kind: 'make', layer: 0, action: 'run', reason: 'first run', differences: [{ what: 'first-run' }], needs: [],
      inputs: [{ name: 'kind', value: 'make' }, { name: 'version', value: '1' }, { name: 'param', value: 'null' }, { name: 'tree/a.source', value: '' }],
      fingerprint: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as unknown,
    });
  });

  test('a fresh node: what it was made from, when, and how long that took', async () => {
    await rig.run(graph);
    const explanation = await rig.explain(graph, 'a.build');
    expect(explanation).toMatchObject({
      action: 'fresh', reason: 'nothing it depends on changed', differences: [],
      needs: [{ node: 'base', action: 'fresh' }, { node: 'a.source', action: 'fresh' }],
      last: { run: 'run-1', at: expect.stringMatching(/^20.*Z$/) as unknown, ms: explanation.lastMs, files: [{ path: 'made.txt', size: 27 }], data: { text: 'a.build(,base(),a.source())' } },
    });
    expect(explanation.last?.fingerprint).toBe(explanation.fingerprint);
    expect(explanation.last?.inputs).toEqual(explanation.inputs);
  });

  test('a changed node: every difference, however many', async () => {
    const kinds = (value: string) => new Map([...rig.kinds].map(([name, kind]) => [name, { ...kind, inputs: () => Promise.resolve(Array.from({ length: 12 }, (_, index) => ({ name: `f${String(index)}`, value }))) }]));
    await rig.run(graph, { kinds: kinds('x') });
    const { reason, differences, inputs, last } = await rig.explain(graph, 'a.source', {}, { kinds: kinds('y') });
    expect(reason).toBe('f0: x → y, f1: x → y, f10: x → y, f11: x → y, f2: x → y and 7 more');
    expect(differences).toHaveLength(12);
    expect(inputs).toHaveLength(15);
    expect(last?.inputs).toHaveLength(15);
  });

  test('a node behind one that will run: which, and where that starts', async () => {
    await rig.run(graph);
    rig.inputs.set('a.source', 'edited').set('b.source', 'edited');
    expect(await rig.explain(graph, 'repo')).toMatchObject({
      action: 'may-run', reason: 'a.build, b.build may be made again',
      differences: [{ what: 'need-pending', need: 'a.build', certain: false, roots: ['a.source'] }, { what: 'need-pending', need: 'b.build', certain: false, roots: ['b.source'] }],
      needs: [{ node: 'a.build', action: 'may-run', reason: 'a.source will be made again' }, { node: 'b.build', action: 'may-run', reason: 'b.source will be made again' }],
    });
  });

  test('a node behind one that will run, and with a change of its own: that will make it run whatever comes out', async () => {
    await rig.run(graph);
    rig.inputs.set('a.source', 'edited').set('a.build', 'edited');
    expect(await rig.explain(graph, 'a.build')).toMatchObject({ action: 'run', reason: 'tree/a.build:  → edited', needs: [{ action: 'fresh' }, { action: 'run' }] });
    expect(await rig.explain(graph, 'serve')).toMatchObject({ differences: [{ need: 'repo', roots: ['a.build'] }] });
  });

  test('says of each node what plan says', async () => {
    await rig.run(graph);
    rig.inputs.set('base', 'edited').set('repo', 'edited');
    for (const entry of await rig.plan(graph)) expect(await rig.explain(graph, entry.node)).toMatchObject(entry);
  });

  test('looks only at what the node needs, opens no engine and writes nothing', async () => {
    const one = graphOf(...graph.nodes.values());
    await rig.run(one);
    rig.enginesOpened = 0;
    const looked: string[] = [];
    const kinds = new Map([...rig.kinds].map(([name, kind]) => [name, { ...kind, inputs: (...args: Parameters<typeof kind.inputs>) => { looked.push(args[1].node.id); return kind.inputs(...args); } }]));
    await rig.explain(one, 'a.build', {}, { kinds });
    expect(looked.sort()).toEqual(['a.build', 'a.source', 'base']);
    expect(rig.enginesOpened).toBe(0);
  });

  test('inputs that can not be told are the difference', async () => {
    const kinds = new Map([...rig.kinds].map(([name, kind]) => [name, { ...kind, inputs: () => Promise.reject(Object.assign(new Error('EACCES: open'), { code: 'EACCES' })) }]));
    expect(await rig.explain(graph, 'a.source', {}, { kinds })).toMatchObject({ action: 'run', reason: "its inputs can't be told: this machine does not allow it: EACCES: open" });
  });
});
