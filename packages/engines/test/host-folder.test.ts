import { linkSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { listFolders, openKeptFolder, removeOurFolder } from '@crpm/engines/host/folder';
import { diskUsage } from '@crpm/engines/host/usage';
import { keptCache, keptTree } from '@crpm/engines/kept';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failureOf } from '../../../test/support/failure.js';

const labels = { workspace: 'w-1', run: 'r', node: 'qemu.rpmbuild' };
const tree = keptTree(labels, 'qemu');
let parent: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'crpm-kept-'));
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

describe('a folder that is kept', () => {
  it('is the same for whoever asks for the same, and only for them', () => {
    const root = openKeptFolder(parent, tree);
    expect(openKeptFolder(parent, keptTree({ ...labels, run: 'later', node: 'x' }, 'qemu'))).toBe(root);
    const others = [keptTree({ ...labels, workspace: 'w-2' }, 'qemu'), keptTree(labels, 'qemu2'), keptCache('qemu')].map((kept) => openKeptFolder(parent, kept));
    expect(new Set([root, ...others]).size).toBe(4);
  });

  it('leaves alone what somebody else has under its name, and takes the next', () => {
    const foreign = join(parent, tree.names[0]!);
    mkdirSync(foreign);
    writeFileSync(join(foreign, 'mine'), 'theirs');
    expect(basename(join(openKeptFolder(parent, tree), '..'))).toBe(tree.names[1]);
    expect(readdirSync(foreign)).toEqual(['mine']);
  });

  it('takes up what a process left that died while it made it', () => {
    const folder = join(parent, tree.names[0]!);
    mkdirSync(folder);
    writeFileSync(join(folder, 'crpm-labels.json.0123'), '{"lab');
    expect(openKeptFolder(parent, tree)).toBe(join(folder, 'work'));
    expect(listFolders(parent, {}).map(({ keeps }) => keeps)).toEqual([{ what: 'tree', name: 'qemu' }]);
  });

  it('fails when all its names are taken', async () => {
    for (const name of tree.names) {
      mkdirSync(join(parent, name));
      writeFileSync(join(parent, name, 'mine'), '');
    }
    expect(await failureOf(Promise.resolve().then(() => openKeptFolder(parent, tree)))).toMatchObject({ class: 'environment', message: expect.stringContaining(tree.names[0]!) });
  });

  it('as a cache is emptied and not taken away, for a compiler may be using it', () => {
    const root = openKeptFolder(parent, keptCache('ccache'));
    mkdirSync(join(root, 'a'), { mode: 0o500 });
    writeFileSync(join(root, 'b'), 'x');
    const [listed] = listFolders(parent, {});
    removeOurFolder(listed!.id);
    expect(listFolders(parent, {})).toEqual([]);
    writeFileSync(join(root, 'c'), 'written after');
    expect(openKeptFolder(parent, keptCache('ccache'))).toBe(root);
    expect(readFileSync(join(root, 'c'), 'utf8')).toBe('written after');
  });
});

it.each(['', '-x', 'a/b', '..', 'a b'])('%j names no build tree', (name) => {
  expect(() => keptTree(labels, name)).toThrow('a tree has a name');
});

it('names of folders stay short, and those that are cut are told apart', () => {
  const [one, two] = ['a', 'b'].map((end) => keptTree(labels, 'x'.repeat(300) + end).names[0]!);
  expect(one!.length).toBeLessThan(150);
  expect(one).not.toBe(two);
});

it('a file with two names takes its room once', () => {
  writeFileSync(join(parent, 'one'), Buffer.alloc(100_000, 1));
  const before = diskUsage(parent);
  linkSync(join(parent, 'one'), join(parent, 'two'));
  expect(diskUsage(parent)).toBe(before);
  expect(before).toBeGreaterThanOrEqual(100_000);
});
