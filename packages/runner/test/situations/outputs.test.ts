import { chmodSync, mkdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { graphOf, node, outcomes, Rig } from '../rig.js';
import { ALL, built, graph } from './project.js';

let rig: Rig;
beforeEach(() => {
  rig = new Rig();
});

describe('outputs that are not what was recorded', () => {
  test('lost: they come back from the store', async () => {
    const summary = await (await built(rig)).run(graph);
    unlinkSync(rig.file(summary, 'a.build'));
    const again = await rig.run(graph);
    expect(rig.ran).toEqual([]);
    expect(outcomes(again)['a.build']).toBe('restored');
    expect(readFileSync(rig.file(again, 'a.build'), 'utf8')).toBe('a.build(,base(),a.source())');
  });

  test('lost, with a damaged store entry: the node runs, the entry is set aside, the user hears of it', async () => {
    const summary = await (await built(rig)).run(graph);
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
    const summary = await (await built(rig)).run(graph);
    rmSync(rig.workspace.cache, { recursive: true });
    unlinkSync(rig.file(summary, 'a.source'));
    expect(await rig.runs(graph)).toEqual(['a.source']);
    expect(rig.reasons()).toEqual(['a.source: its output made.txt is gone']);
  });

  test('touched but equal: fresh, and looked into only once', async () => {
    const summary = await (await built(rig)).run(graph);
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
    await built(rig);
    rmSync(rig.workspace.state, { recursive: true });
    mkdirSync(rig.workspace.state);
    expect(await rig.runs(graph)).toEqual(['base', 'serve']);
  });

  test('state folder and store lost: everything is done again, from nothing', async () => {
    await built(rig);
    for (const folder of [rig.workspace.state, rig.workspace.cache]) {
      rmSync(folder, { recursive: true });
      mkdirSync(folder);
    }
    expect(await rig.runs(graph)).toEqual(ALL);
  });
});

describe('results that live elsewhere', () => {
  test('a server that is gone is started again, and says why', async () => {
    await built(rig);
    rig.stale.set('serve', 'the server is gone');
    expect(await rig.runs(graph)).toEqual(['serve']);
    expect(rig.reasons()).toEqual(['serve: the server is gone']);
  });

  test('a missing image is of no interest while nothing needs it', async () => {
    await built(rig);
    rig.missing.set('base', 'the image is gone');
    rig.inputs.set('repo', 'edited');
    expect(await rig.runs(graph)).toEqual(['repo', 'serve']);
    expect(rig.asked).toEqual([]);
  });

  test('a missing image is made before the node that needs it; with equal output the rest stays fresh', async () => {
    await built(rig);
    rig.missing.set('base', 'the image is gone');
    rig.inputs.set('a.build', 'edited');
    expect(await rig.runs(graph)).toEqual(['a.build', 'base', 'repo', 'serve']);
    expect(rig.reasons().slice(0, 2)).toEqual(['base: the image is gone', 'a.build: tree/a.build:  → edited']);
    expect(rig.asked).toEqual(['base']);
    expect(rig.enginesClosed).toBe(rig.enginesOpened);
  });

  test('an image that comes out different makes all run that rests on it, also what was fresh before', async () => {
    await built(rig);
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
