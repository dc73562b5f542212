import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FailureError } from '@crpm/core';
import { beforeEach, describe, expect, test } from 'vitest';
import { readHistory } from '../src/index.js';
import { graphOf, node, outcomes, Rig } from './rig.js';

/** The shape of the real thing: an image, two packages, one repository of both, and a server. */
const graph = graphOf(
  node('base', [], { kind: 'image' }),
  node('a.source', [], { group: 'a' }),
  node('a.build', ['base', 'a.source'], { group: 'a', params: { profile: 'dev' } }),
  node('b.source', [], { group: 'b' }),
  node('b.build', ['base', 'b.source'], { group: 'b' }),
  node('repo', ['a.build', 'b.build']),
  node('serve', ['repo'], { kind: 'service' }),
);
const ALL = ['a.build', 'a.source', 'b.build', 'b.source', 'base', 'repo', 'serve'];

let rig: Rig;
beforeEach(() => {
  rig = new Rig();
});

/** A rig whose workspace has a result of everything. */
async function built(): Promise<Rig> {
  await rig.run(graph);
  return rig;
}

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
    await built();
    rig.enginesOpened = 0;
    const summary = await rig.run(graph);
    expect(rig.ran).toEqual([]);
    expect(rig.enginesOpened).toBe(0);
    expect(summary.counts).toMatchObject({ ran: 0, fresh: 7 });
    expect(rig.events.filter(({ type }) => type === 'node-started')).toEqual([]);
  });

  test('what rests on an edit, and nothing else', async () => {
    await built();
    rig.inputs.set('a.source', 'edited');
    expect(await rig.runs(graph)).toEqual(['a.build', 'a.source', 'repo', 'serve']);
    expect(rig.reasons()).toEqual(['a.source: tree/a.source:  → edited', 'a.build: need a.source changed', 'repo: need a.build changed', 'serve: need repo changed']);
    expect(await rig.runs(graph)).toEqual([]);
  });

  test('an undone edit brings files back from the store; a service is started anew', async () => {
    await built();
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
    await built();
    const changed = graphOf(...[...graph.nodes.values()].map((old) => (old.id === 'a.build' ? { ...old, params: { profile: 'full' } } : old)));
    rig.constant.add('a.build');
    await rig.run(changed);
    expect(rig.reasons()[0]).toBe('a.build: profile: dev → full');
  });

  test('only up to the first equal output: dependents stay fresh', async () => {
    rig.constant.add('a.source');
    await built();
    rig.inputs.set('a.source', 'edited');
    expect(await rig.runs(graph)).toEqual(['a.source']);
  });

  test('a raised version of a kind', async () => {
    await built();
    const kinds = new Map([...rig.kinds].map(([name, kind]) => [name, name === 'service' ? { ...kind, version: 2 } : kind]));
    expect(await rig.runs(graph, {}, { kinds })).toEqual(['serve']);
    expect(rig.reasons()).toEqual(['serve: version: 1 → 2']);
  });
});

describe('outputs that are not what was recorded', () => {
  test('lost: they come back from the store', async () => {
    const summary = await (await built()).run(graph);
    unlinkSync(rig.file(summary, 'a.build'));
    const again = await rig.run(graph);
    expect(rig.ran).toEqual([]);
    expect(outcomes(again)['a.build']).toBe('restored');
    expect(readFileSync(rig.file(again, 'a.build'), 'utf8')).toBe('a.build(,base(),a.source())');
  });

  test('lost, with a damaged store entry: the node runs, the entry is set aside, the user hears of it', async () => {
    const summary = await (await built()).run(graph);
    const file = rig.file(summary, 'a.build');
    // The store has the same inode: this damages both.
    chmodSync(file, 0o644);
    writeFileSync(file, 'flipped');
    const again = await rig.run(graph);
    expect(rig.ran).toEqual(['a.build']);
    expect(rig.reasons()).toEqual(['a.build: its output made.txt was changed, the store does not have it whole']);
    expect(rig.warnings()).toEqual([expect.stringMatching(/^the store's copy of made\.txt of a\.build was damaged; it is set aside in .*bad$/)]);
    expect(readFileSync(rig.file(again, 'a.build'), 'utf8')).toBe('a.build(,base(),a.source())');
    expect(await rig.runs(graph)).toEqual([]);
  });

  test('lost, with an empty store: the node runs, and its dependents stay fresh', async () => {
    const summary = await (await built()).run(graph);
    rmSync(rig.workspace.cache, { recursive: true });
    unlinkSync(rig.file(summary, 'a.source'));
    expect(await rig.runs(graph)).toEqual(['a.source']);
    expect(rig.reasons()).toEqual(['a.source: its output made.txt is gone']);
  });

  test('touched but equal: fresh, and looked into only once', async () => {
    const summary = await (await built()).run(graph);
    const file = rig.file(summary, 'a.build');
    const content = readFileSync(file);
    unlinkSync(file);
    writeFileSync(file, content);
    expect(await rig.runs(graph)).toEqual([]);
    const journal = readFileSync(join(rig.workspace.state, 'journal'), 'utf8');
    expect(journal.match(/"type":"seen"/g)).toHaveLength(1);
    await rig.run(graph);
    expect(readFileSync(join(rig.workspace.state, 'journal'), 'utf8')).toBe(journal);
  });

  test('a whole state folder lost: files come back from the store, the rest is done again', async () => {
    await built();
    rmSync(rig.workspace.state, { recursive: true });
    mkdirSync(rig.workspace.state);
    expect(await rig.runs(graph)).toEqual(['base', 'serve']);
  });

  test('state folder and store lost: everything is done again, from nothing', async () => {
    await built();
    for (const folder of [rig.workspace.state, rig.workspace.cache]) {
      rmSync(folder, { recursive: true });
      mkdirSync(folder);
    }
    expect(await rig.runs(graph)).toEqual(ALL);
  });
});

describe('results that live elsewhere', () => {
  test('a server that is gone is started again, and says why', async () => {
    await built();
    rig.stale.set('serve', 'the server is gone');
    expect(await rig.runs(graph)).toEqual(['serve']);
    expect(rig.reasons()).toEqual(['serve: the server is gone']);
  });

  test('a missing image is of no interest while nothing needs it', async () => {
    await built();
    rig.missing.set('base', 'the image is gone');
    rig.inputs.set('repo', 'edited');
    expect(await rig.runs(graph)).toEqual(['repo', 'serve']);
    expect(rig.asked).toEqual([]);
  });

  test('a missing image is made before the node that needs it; with equal output the rest stays fresh', async () => {
    await built();
    rig.missing.set('base', 'the image is gone');
    rig.inputs.set('a.build', 'edited');
    expect(await rig.runs(graph)).toEqual(['a.build', 'base', 'repo', 'serve']);
    expect(rig.reasons().slice(0, 2)).toEqual(['base: the image is gone', 'a.build: tree/a.build:  → edited']);
    expect(rig.asked).toEqual(['base']);
    expect(rig.enginesClosed).toBe(rig.enginesOpened);
  });

  test('an image that comes out different makes all run that rests on it, also what was fresh before', async () => {
    await built();
    rig.missing.set('base', 'the image is gone');
    rig.inputs.set('a.build', 'edited');
    rig.during = ({ node: { id }, out }) => {
      if (id === 'base') writeFileSync(join(out, 'moved.txt'), 'the registry moved');
    };
    const summary = await rig.run(graph);
    expect([...rig.ran].sort()).toEqual(['a.build', 'b.build', 'base', 'repo', 'serve']);
    expect(rig.ran.filter((id) => id === 'repo')).toHaveLength(1);
    expect(outcomes(summary)).toEqual({ base: 'ran', 'a.source': 'fresh', 'a.build': 'ran', 'b.source': 'fresh', 'b.build': 'ran', repo: 'ran', serve: 'ran' });
    rig.during = () => {};
    expect(await rig.runs(graph)).toEqual([]);
  });

  test('a missing image upon a missing image is made bottom up', async () => {
    const chain = graphOf(node('base', [], { kind: 'image' }), node('root', ['base'], { kind: 'image' }), node('build', ['root']));
    await rig.run(chain);
    rig.missing.set('base', 'no base').set('root', 'no root');
    rig.inputs.set('build', 'edited');
    await rig.run(chain);
    expect(rig.ran).toEqual(['base', 'root', 'build']);
    expect(await rig.runs(chain)).toEqual([]);
  });
});

describe('--force, --from', () => {
  test('--force runs all that is selected, fresh or not', async () => {
    await built();
    expect(await rig.runs(graph, { force: true })).toEqual(ALL);
    expect(await rig.runs(graph, { force: true, targets: ['a.source'] })).toEqual(['a.source']);
    expect(rig.reasons()).toEqual(['a.source: forced']);
  });

  test('--from runs the node and what rests on it', async () => {
    await built();
    expect(await rig.runs(graph, { from: ['b.build'] })).toEqual(['b.build', 'repo', 'serve']);
  });
});

describe('--only', () => {
  test('runs first what never had a result, and no more than that', async () => {
    expect(await rig.runs(graph, { only: ['a.build'] })).toEqual(['a.build', 'a.source', 'base']);
    expect([...rig.reasons()].sort()).toEqual(['a.build: first run', 'a.source: first run', 'base: first run']);
  });

  test('a need of a need without a result does not run when nobody needs it now', async () => {
    await rig.run(graph, { selection: { targets: ['a.build'] } });
    rig.inputs.set('repo', 'edited');
    // b.build never ran: it and what it needs must; base has a result.
    expect(await rig.runs(graph, { only: ['repo'] })).toEqual(['b.build', 'b.source', 'repo']);
  });

  test('uses a stale result as it stands, names it with its age, and records what was really used', async () => {
    await built();
    rig.inputs.set('a.source', 'edited').set('a.build', 'edited');
    const summary = await rig.run(graph, { selection: { only: ['a.build'] } });
    expect(rig.ran).toEqual(['a.build']);
    expect(rig.warnings()).toEqual([expect.stringMatching(/^a\.source: using the result of (?:just now|\d+ seconds? ago) \(20.*Z\), which is stale: tree\/a\.source: {2}→ edited$/)]);
    expect(summary.nodes.get('a.source')?.output?.asOf).toMatch(/^20.*Z$/);
    expect(readFileSync(rig.file(summary, 'a.build'), 'utf8')).toBe('a.build(edited,base(),a.source())');
    // The next full run sees that a.build was made from the old source.
    expect(await rig.runs(graph)).toEqual(['a.build', 'a.source', 'repo', 'serve']);
  });

  test('fresh needs are no reason for a warning', async () => {
    await built();
    rig.inputs.set('a.build', 'edited');
    expect(await rig.runs(graph, { only: ['a.build'] })).toEqual(['a.build']);
    expect(rig.warnings()).toEqual([]);
  });

  test('a fresh node does not run', async () => {
    await built();
    expect(await rig.runs(graph, { only: ['a.*'] })).toEqual([]);
  });
});

describe('--skip', () => {
  test('the last result of a skipped package stays, marked with its age, and its tree is not looked at', async () => {
    await built();
    rig.inputs.set('a.source', 'edited').set('b.source', 'edited');
    const summary = await rig.run(graph, { selection: { skip: ['a'] } });
    expect([...rig.ran].sort()).toEqual(['b.build', 'b.source', 'repo', 'serve']);
    expect(rig.warnings()).toEqual([expect.stringMatching(/^a\.build: skipped: using the result of (?:just now|\d+ seconds? ago)/)]);
    expect(summary.nodes.get('a.build')?.output?.asOf).toBeDefined();
    expect(readFileSync(rig.file(summary, 'repo'), 'utf8')).toBe('repo(,a.build(,base(),a.source()),b.build(,base(),b.source(edited)))');
  });

  test('without a last result the need is not there', async () => {
    const summary = await rig.run(graph, { selection: { skip: ['a'] } });
    expect([...rig.ran].sort()).toEqual(['b.build', 'b.source', 'base', 'repo', 'serve']);
    expect(outcomes(summary)).toMatchObject({ 'a.source': 'not-run', 'a.build': 'not-run', repo: 'ran' });
    expect(rig.warnings()).toEqual(['a.build: skipped, and there is no result to use instead: it never had a result']);
    expect(readFileSync(rig.file(summary, 'repo'), 'utf8')).toBe('repo(,b.build(,base(),b.source()))');
    expect(summary.exitCode).toBe(0);
    // Once the package takes part, the repository is made with it.
    expect(await rig.runs(graph)).toEqual(['a.build', 'a.source', 'repo', 'serve']);
  });
});

describe('failures', () => {
  const broken = new FailureError({ class: 'build', message: 'ninja ended with 1' });

  test('stop what was not started; what was, ends and counts', async () => {
    rig.failing.set('a.source', broken);
    const summary = await rig.run(graph, { jobs: 1 });
    expect(outcomes(summary)).toEqual({ base: 'ran', 'a.source': 'failed', 'a.build': 'not-run', 'b.source': 'not-run', 'b.build': 'not-run', repo: 'not-run', serve: 'not-run' });
    expect(summary.exitCode).toBe(1);
    rig.failing.clear();
    expect(await rig.runs(graph)).toEqual(ALL.filter((id) => id !== 'base'));
  });

  test('--keep-going runs all that does not need what failed', async () => {
    rig.failing.set('a.source', broken);
    const summary = await rig.run(graph, { jobs: 1, keepGoing: true });
    expect(outcomes(summary)).toEqual({ base: 'ran', 'a.source': 'failed', 'a.build': 'not-run', 'b.source': 'ran', 'b.build': 'ran', repo: 'not-run', serve: 'not-run' });
    expect(summary.exitCode).toBe(1);
  });

  test.each([
    ['usage', 2], ['environment', 3], ['locked', 4], ['build', 1], ['proof', 1], ['oom', 1], ['source', 1], ['bug', 5],
  ] as const)('class %s ends the run with %i', async (failureClass, exitCode) => {
    rig.failing.set('base', new FailureError({ class: failureClass, message: 'because' }));
    expect(await rig.run(graph)).toMatchObject({ exitCode });
  });

  test('a thrown error is a bug, with its stack', async () => {
    rig.failing.set('base', new TypeError('undefined is not a function'));
    const summary = await rig.run(graph);
    expect(summary.exitCode).toBe(5);
    expect(summary.nodes.get('base')?.failure).toMatchObject({ class: 'bug', message: 'internal error: undefined is not a function' });
  });

  test('tell the last lines of output, and where the log is', async () => {
    rig.during = ({ report }) => {
      for (let line = 1; line <= 100; line++) report.line(`line ${String(line)}`);
    };
    rig.failing.set('base', broken);
    const summary = await rig.run(graph);
    const { failure, log = '' } = summary.nodes.get('base') ?? {};
    expect(failure?.lines).toHaveLength(20);
    expect(failure?.lines?.at(-1)).toBe('line 100');
    expect(readFileSync(log, 'utf8').split('\n')).toHaveLength(101);
  });

  test('leave no result and no temporary folder', async () => {
    rig.during = ({ out }) => { writeFileSync(join(out, 'half'), 'half'); };
    rig.failing.set('base', broken);
    await rig.run(graph, { selection: { targets: ['base'] } });
    expect(readdirSync(join(rig.workspace.state, 'tmp'))).toEqual([]);
    expect(existsSync(join(rig.workspace.state, 'results'))).toBe(false);
  });

  test('keep the last good result', async () => {
    await built();
    const before = readHistory(rig.workspace).get('base');
    rig.inputs.set('base', 'edited');
    rig.failing.set('base', broken);
    await rig.run(graph);
    expect(readHistory(rig.workspace).get('base')).toEqual(before);
    rig.inputs.delete('base');
    rig.failing.clear();
    expect(await rig.runs(graph)).toEqual([]);
  });

  test('inputs that can not be read fail the node before it starts', async () => {
    const kinds = new Map([...rig.kinds].map(([name, kind]) => [name, { ...kind, inputs: () => Promise.reject(new FailureError({ class: 'usage', message: 'the tree ../a is not there' })) }]));
    const summary = await rig.run(graph, { kinds });
    expect(rig.ran).toEqual([]);
    expect(summary.exitCode).toBe(2);
    expect(summary.nodes.get('base')?.failure?.message).toBe('the tree ../a is not there');
  });

  test('a link among the outputs fails the node', async () => {
    rig.during = ({ out }) => { symlinkSync('/etc/passwd', join(out, 'link')); };
    const summary = await rig.run(graph, { selection: { targets: ['base'] } });
    expect(summary.nodes.get('base')?.failure?.message).toBe('the result holds link, which is no regular file');
  });
});

describe('what is recorded', () => {
  test('an input that changes while the node runs: the result is used, but not taken for either state', async () => {
    rig.during = ({ node: { id } }) => {
      if (id === 'a.source') rig.inputs.set('a.source', 'edited meanwhile');
    };
    await built();
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
    await built();
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

  test('a damaged end of the journal costs that record and one warning', async () => {
    await built();
    const journal = join(rig.workspace.state, 'journal');
    writeFileSync(journal, readFileSync(journal, 'utf8').slice(0, -3));
    expect(await rig.runs(graph)).toEqual(['serve']);
    expect(rig.warnings()).toEqual([expect.stringMatching(/journal was damaged: its last \d+ bytes are cut off, 6 records are left$/)]);
    expect(await rig.runs(graph)).toEqual([]);
    expect(rig.warnings()).toEqual([]);
  });

  test('history tells the last good result of each node', async () => {
    await built();
    expect(readHistory(rig.workspace).get('a.build')).toMatchObject({
      kind: 'make',
      inputs: [
        { name: 'kind', value: 'make' }, { name: 'version', value: '1' }, { name: 'param/profile', value: '"dev"' }, { name: 'tree/a.build', value: '' },
        { name: 'need/a.source' }, { name: 'need/base' },
      ],
      output: { files: [{ path: 'made.txt', size: 27 }], data: { text: 'a.build(,base(),a.source())' } },
    });
  });
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

  test('names the cause, and leaves open what the cut-off will decide', async () => {
    await built();
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
    await built();
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
