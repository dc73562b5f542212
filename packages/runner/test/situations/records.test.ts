import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { readHistory, sweepResults } from '../../src/index.js';
import { Rig } from '../rig.js';
import { built, graph } from './project.js';

let rig: Rig;
beforeEach(() => {
  rig = new Rig();
});

describe('what is recorded', () => {
  test('an input that changes while the node runs: the result is used, but not taken for either state', async () => {
    rig.during = ({ node: { id } }) => {
      if (id === 'a.source') rig.inputs.set('a.source', 'edited meanwhile');
    };
    await built(rig);
    rig.during = () => {};
    rig.inputs.delete('a.source');
    expect(await rig.runs(graph, { targets: ['a.source'] })).toEqual(['a.source']);
    expect(rig.reasons()).toEqual(['a.source: an input changed while it ran the last time']);
    expect(await rig.runs(graph, { targets: ['a.source'] })).toEqual([]);
  });

  test('a file that has other links is copied: nobody else can change a result', async () => {
    const folder = rig.workspace.cache;
    writeFileSync(join(folder, 'mine.rpm'), 'mine');
    rig.during = async ({ out }) => {
      const { linkSync } = await import('node:fs');
      linkSync(join(folder, 'mine.rpm'), join(out, 'mine.rpm'));
    };
    const summary = await rig.run(graph, { selection: { targets: ['base'] } });
    writeFileSync(join(folder, 'mine.rpm'), 'changed by its owner');
    const dir = summary.nodes.get('base')?.output?.dir ?? '';
    expect(readFileSync(join(dir, 'mine.rpm'), 'utf8')).toBe('mine');
  });

  test('one result per node is kept, besides the store', async () => {
    await built(rig);
    for (const text of ['1', '2', '3']) {
      rig.inputs.set('a.source', text);
      await rig.run(graph);
    }
    expect(readdirSync(join(rig.workspace.state, 'results', 'a.source'))).toHaveLength(1);
  });

  test('events, logs and the link to the latest run', async () => {
    rig.during = ({ report, node: { id } }) => {
      report.line(`\u001b[31mred\u001b[0m of ${id}`);
      report.status('working');
      report.warn('take care');
    };
    const summary = await rig.run(graph, { selection: { targets: ['base'] } });
    const logs = join(rig.workspace.state, 'logs');
    expect(readFileSync(join(logs, 'latest', 'base.log'), 'utf8')).toBe('\u001b[31mred\u001b[0m of base\nwarning: take care\n');
    expect(rig.events.map(({ type }) => type)).toEqual(['run-started', 'node-started', 'node-line', 'node-status', 'node-warning', 'node-finished', 'run-finished']);
    expect(rig.events[2]).toMatchObject({ node: 'base', text: 'red of base' });
    const recorded = readFileSync(join(logs, summary.runId, 'events.ndjson'), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as unknown);
    expect(recorded).toEqual(rig.events.filter(({ type }) => type !== 'node-line'));
    expect(summary.warnings).toEqual(['base: take care']);
  });

  test('each of several reasons is on record, where there is more than a line tells', async () => {
    await built(rig);
    rig.inputs.set('base', 'another');
    rig.inputs.set('a.source', 'another');
    await rig.run(graph);
    const started = rig.events.flatMap((event) => (event.type === 'node-started' ? [{ node: event.node, reasons: event.reasons }] : []));
    expect(started).toContainEqual({ node: 'a.build', reasons: ['a.source changed', 'base changed'] });
    expect(started.find(({ node }) => node === 'base')?.reasons).toBeUndefined();
  });

  test('what runs for nothing but what its needs gave is marked, and nothing else', async () => {
    await built(rig);
    rig.inputs.set('a.source', 'another').set('repo', 'another');
    await rig.run(graph);
    const causes = rig.events.flatMap((event) => (event.type === 'node-started' ? [[event.node, event.cause]] : []));
    expect(causes).toEqual([['a.source', undefined], ['a.build', 'needs'], ['repo', undefined], ['serve', 'needs']]);
  });

  test('a damaged end of the journal costs that record and one warning', async () => {
    await built(rig);
    const journal = join(rig.workspace.state, 'journal');
    writeFileSync(journal, readFileSync(journal, 'utf8').slice(0, -3));
    expect(await rig.runs(graph)).toEqual(['serve']);
    expect(rig.warnings()).toEqual([expect.stringMatching(/journal was damaged: its last \d+ bytes are cut off, 6 records are left$/)]);
    expect(await rig.runs(graph)).toEqual([]);
    expect(rig.warnings()).toEqual([]);
  });

  test('history tells the last good result of each node', async () => {
    await built(rig);
    expect(readHistory(rig.workspace).get('a.build')).toMatchObject({
      kind: 'make',
      inputs: [
        { name: 'kind', value: 'make' }, { name: 'version', value: '1' }, { name: 'param/profile', value: '"dev"' }, { name: 'tree/a.build', value: '' },
        { name: 'need/a.source' }, { name: 'need/base' },
      ],
      output: { files: [{ path: 'made.txt', size: 27 }], data: { text: 'a.build(,base(),a.source())' } },
    });
  });

  test('a journal that is mostly of the past is written anew; everything stays fresh', async () => {
    await built(rig);
    const journal = join(rig.workspace.state, 'journal');
    const before = readFileSync(journal, 'utf8');
    const [first = '', ...others] = before.split('\n').filter((line) => line !== '');
    // What a long life leaves behind: the same node recorded again and again.
    writeFileSync(journal, [...Array.from({ length: 2000 }, () => first), first, ...others, ''].join('\n'));
    expect(await rig.runs(graph)).toEqual([]);
    expect(rig.warnings()).toEqual([]);
    expect(readFileSync(journal, 'utf8').split('\n').sort()).toEqual(before.split('\n').sort());
    expect(await rig.runs(graph)).toEqual([]);
  });

  test('folders of results that no record names are removed, by a run and by a sweep', async () => {
    await built(rig);
    const stray = (name: string) => {
      mkdirSync(join(rig.workspace.state, 'results', 'base', name));
      writeFileSync(join(rig.workspace.state, 'results', 'base', name, 'made.txt'), 'left by a killed run');
    };
    stray('one');
    expect(await rig.runs(graph)).toEqual([]);
    expect(readdirSync(join(rig.workspace.state, 'results', 'base'))).toHaveLength(1);
    stray('two');
    stray('three');
    expect(sweepResults(rig.workspace)).toBe(2);
    expect(sweepResults(rig.workspace)).toBe(0);
    expect(await rig.runs(graph)).toEqual([]);
  });
});
