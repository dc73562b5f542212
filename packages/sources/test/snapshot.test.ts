import { appendFileSync, chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareSnapshots, exportSnapshot, hasSnapshot, keepSnapshot, scanTree, type Manifest } from '../src/index.js';
import { snapshotsRoom } from '../src/snapshot/room.js';
import { tree as anyTree, writeAnyTree } from './support/any-tree.js';
import { failureOf, fingerprintOf, git, repository, temporaryFolder, write } from './support/trees.js';

/** A cache, and a tree whose snapshots are made one from the other. */
function lab(cacheDir = temporaryFolder()) {
  const lastFile = join(cacheDir, 'last');
  const keepOf = (dir: string, manifest: Manifest) => keepSnapshot({ dir, manifest, cacheDir, lastFile, title: 'a tree', workspace: 'w' });
  const keep = async (dir: string) => keepOf(dir, await scanTree(dir));
  const exported = async (commit: string) => {
    const dir = join(temporaryFolder(), 'exported');
    await exportSnapshot(cacheDir, commit, dir);
    return dir;
  };
  const refs = () => git(join(cacheDir, 'snapshots.git'), 'for-each-ref', '--format=%(objectname)').split('\n').filter(Boolean);
  return { cacheDir, lastFile, keep, keepOf, exported, refs };
}

describe('a snapshot', () => {
  test('gives the tree back: content, executable bits, links', async () => {
    const { keep, exported } = lab();
    const dir = temporaryFolder();
    write(dir, { 'a b/c': 'one', run: '#!/bin/sh\n', empty: '', 'data.bin': Buffer.from([0, 255, 10, 13, 0]) });
    chmodSync(join(dir, 'run'), 0o755);
    symlinkSync('../elsewhere', join(dir, 'link'));
    expect((await scanTree(await exported(await keep(dir)))).digest).toBe((await scanTree(dir)).digest);
  });

  test('depends on the content alone: not on the snapshot before, the repository or the place', async () => {
    const dir = temporaryFolder();
    write(dir, { 'src/a.c': 'a', 'src/b.c': 'b', 'doc/x': 'x', gone: 'g' });
    const { keep, refs } = lab();
    const first = await keep(dir);
    rmSync(join(dir, 'gone'));
    rmSync(join(dir, 'doc'), { recursive: true });
    write(dir, { doc: 'a file now', 'src/a.c': 'changed', 'new/deep/file': 'n' });
    const second = await keep(dir);
    expect(second).not.toBe(first);
    expect(second).toMatch(/^[0-9a-f]{40}$/);

    const copy = repository({ 'src/a.c': 'changed', 'src/b.c': 'b', doc: 'a file now', 'new/deep/file': 'n' });
    expect(await lab().keep(copy)).toBe(second);
    expect(await keep(copy)).toBe(second);
    expect(refs().sort()).toEqual([first, second].sort());
  });

  test('is compared with another one: each file that is new, gone or otherwise', async () => {
    const { keep, cacheDir } = lab();
    const dir = temporaryFolder();
    write(dir, { 'src/a.c': 'a', 'src/b.c': 'b', gone: 'g', run: 'r', 'a name\twith\n': '1' });
    const before = await keep(dir);
    expect(await compareSnapshots(cacheDir, before, before)).toEqual([]);
    rmSync(join(dir, 'gone'));
    chmodSync(join(dir, 'run'), 0o755);
    write(dir, { 'src/a.c': 'changed', 'src/c.c': 'g', 'a name\twith\n': '2' });
    expect(await compareSnapshots(cacheDir, before, await keep(dir))).toEqual([
      { path: '"a name\\twith\\n"', change: 'changed' }, { path: 'gone', change: 'gone' }, { path: 'run', change: 'changed' }, { path: 'src/a.c', change: 'changed' }, { path: 'src/c.c', change: 'new' },
    ]);
    expect(await compareSnapshots(cacheDir, before, '0'.repeat(40))).toBeUndefined();
    expect(await compareSnapshots(temporaryFolder(), before, before)).toBeUndefined();
  });

  test('has no parent, no author but crpm, and no time', async () => {
    const { keep, cacheDir } = lab();
    const dir = temporaryFolder();
    write(dir, { a: 'a' });
    const commit = await keep(dir);
    expect(git(join(cacheDir, 'snapshots.git'), 'log', '--format=%H/%P/%an <%ae>/%cn/%ct/%B', commit).trim()).toBe(`${commit}//crpm <crpm@localhost>/crpm/315532800/`);
    git(join(cacheDir, 'snapshots.git'), 'fsck', '--strict', '--full');
  });

  test('of any tree after any other, names of any bytes, is that tree', async () => {
    const { cacheDir, keep, keepOf } = lab();
    await fc.assert(
      fc.asyncProperty(anyTree, anyTree, async (before, after) => {
        const [one, other] = [mkdtempSync(join(cacheDir, 'tree-')), mkdtempSync(join(cacheDir, 'tree-'))];
        writeAnyTree(one, before);
        writeAnyTree(other, after);
        await keep(one);
        const manifest = await scanTree(other);
        const target = mkdtempSync(join(cacheDir, 'exported-'));
        await exportSnapshot(cacheDir, await keepOf(other, manifest), target);
        expect((await scanTree(target)).digest).toBe(manifest.digest);
      }),
      { numRuns: 30 },
    );
  });

  test('of a tree that is as it was costs no git and reads nothing', async () => {
    const { keepOf, cacheDir } = lab();
    const dir = temporaryFolder();
    write(dir, { a: 'a' });
    const manifest = await scanTree(dir);
    const commit = await keepOf(dir, manifest);
    const before = fingerprintOf(join(cacheDir, 'snapshots.git', 'objects'));
    rmSync(dir, { recursive: true });
    expect(await keepOf(dir, manifest)).toBe(commit);
    expect(fingerprintOf(join(cacheDir, 'snapshots.git', 'objects'))).toBe(before);
  });
});

describe('every kind of tree has one, with what is not committed in it, and its .git stays as it was', () => {
  const MARKER = 'not committed';
  const origin = () => repository({ 'a.c': 'committed', 'dir/b.c': 'b', '.gitignore': '*.o\n' });
  const kinds: Record<string, () => string> = {
    'a clone': origin,
    'a linked worktree': () => {
      const dir = join(temporaryFolder(), 'worktree');
      git(origin(), 'worktree', 'add', '--quiet', dir);
      return dir;
    },
    'a shallow clone': () => clone(origin(), '--depth=1', '--no-local'),
    'a clone with alternates': () => clone(origin(), '--shared'),
    'a detached HEAD': () => {
      const dir = origin();
      git(dir, 'checkout', '--quiet', '--detach');
      return dir;
    },
    'an unborn HEAD': () => {
      const dir = temporaryFolder();
      git(dir, 'init', '--quiet');
      write(dir, { 'a.c': 'a', 'dir/b.c': 'b' });
      return dir;
    },
    'a tree with a submodule': () => {
      const dir = origin();
      git(dir, 'submodule', '--quiet', 'add', origin(), 'sub');
      write(dir, { 'sub/a.c': `${MARKER} in sub` });
      return dir;
    },
    'a plain folder': () => {
      const dir = temporaryFolder();
      write(dir, { 'a.c': 'a', 'dir/b.c': 'b' });
      return dir;
    },
  };

  function clone(from: string, ...options: string[]): string {
    const dir = join(temporaryFolder(), 'clone');
    git(dirname(dir), 'clone', '--quiet', ...options, `file://${from}`, dir);
    return dir;
  }

  test.each(Object.keys(kinds))('%s', async (kind) => {
    const dir = kinds[kind]!(); // one of its keys
    write(dir, { 'a.c': MARKER, 'untracked.c': MARKER });
    const { keep, exported, cacheDir } = lab();
    const before = fingerprintOf(dir);
    const out = await exported(await keep(dir));
    expect(fingerprintOf(dir)).toBe(before);
    const manifest = await scanTree(dir);
    expect(manifest.entries.map(({ path }) => path)).toEqual(expect.arrayContaining(['a.c', 'dir/b.c', 'untracked.c', ...(kind.includes('submodule') ? ['sub/a.c'] : [])]));
    expect((await scanTree(out)).digest).toBe(manifest.digest);
    expect(existsSync(join(cacheDir, 'snapshots.git', 'objects', 'info', 'alternates'))).toBe(false);
  });
});

describe('a tree that is not as its manifest says', () => {
  test.each<[string, (dir: string) => void, string]>([
    ['other content of the same size', (dir) => { writeFileSync(join(dir, 'src/a.c'), 'z'); }, 'src/a.c'],
    ['a file that is gone', (dir) => { rmSync(join(dir, 'src/a.c')); }, 'src/a.c'],
    ['a link that leads elsewhere', (dir) => { rmSync(join(dir, 'link')); symlinkSync('b', join(dir, 'link')); }, 'link'],
    ['a file that became executable', (dir) => { chmodSync(join(dir, 'src/a.c'), 0o755); }, 'src/a.c'],
  ])('%s: named, and no snapshot is there', async (_what, change, path) => {
    const { keepOf, refs, lastFile } = lab();
    const dir = temporaryFolder();
    write(dir, { 'src/a.c': 'a', 'src/b.c': 'b'.repeat(1_000_000) });
    symlinkSync('a', join(dir, 'link'));
    const manifest = await scanTree(dir);
    change(dir);
    expect(await failureOf(keepOf(dir, manifest))).toMatchObject({ class: 'source', message: `changed while reading: ${path}` });
    expect(refs()).toEqual([]);
    expect(existsSync(lastFile)).toBe(false);
  });
});

describe('when the repository is not as it should be', () => {
  test('lost objects of the snapshot before are made again', async () => {
    const { keep, exported, cacheDir } = lab();
    const dir = temporaryFolder();
    write(dir, { 'src/a.c': 'a', 'src/b.c': 'b' });
    await keep(dir);
    const objects = join(cacheDir, 'snapshots.git', 'objects');
    for (const name of readdirSync(objects)) if (/^[0-9a-f]{2}$/.test(name)) rmSync(join(objects, name), { recursive: true });
    appendFileSync(join(dir, 'src/a.c'), 'more');
    expect((await scanTree(await exported(await keep(dir)))).digest).toBe((await scanTree(dir)).digest);
  });

  test('a last snapshot that was thrown away, or is damaged, is not built upon', async () => {
    const { keep, exported, cacheDir, lastFile } = lab();
    const dir = temporaryFolder();
    write(dir, { 'src/a.c': 'a' });
    await keep(dir);
    rmSync(join(cacheDir, 'snapshots.git'), { recursive: true });
    write(dir, { 'src/b.c': 'b' });
    await keep(dir);
    writeFileSync(lastFile, 'crpm manifest 1\0src/a.c\0');
    write(dir, { 'src/c.c': 'c' });
    expect((await scanTree(await exported(await keep(dir)))).digest).toBe((await scanTree(dir)).digest);
  });

  test('a cache that is no folder is an environment failure', async () => {
    const cacheDir = join(temporaryFolder(), 'cache');
    const dir = temporaryFolder();
    write(dir, { a: 'a' });
    mkdirSync(cacheDir);
    writeFileSync(join(cacheDir, 'snapshots.git'), 'in the way');
    const { keep } = lab(cacheDir);
    await expect(keep(dir)).rejects.toThrow();
    renameSync(join(cacheDir, 'snapshots.git'), join(cacheDir, 'aside'));
    expect(await keep(dir)).toMatch(/^[0-9a-f]{40}$/);
  });

  test('many at once, of one tree and of several, all come to be', async () => {
    const { keep, cacheDir, refs } = lab();
    const dirs = Array.from({ length: 6 }, (_, index) => {
      const dir = temporaryFolder();
      write(dir, { a: `tree ${index % 3}`, b: 'b' });
      return dir;
    });
    const commits = await Promise.all(dirs.map(keep));
    expect(new Set(commits).size).toBe(3);
    expect(refs().sort()).toEqual([...new Set(commits)].sort());
    expect(readdirSync(cacheDir).filter((name) => name.includes('.crpm-'))).toEqual([]);
  });
});

describe('the room of snapshots', () => {
  /** KiB of objects, loose and packed. */
  const sizeOf = (cacheDir: string) => {
    const counted = git(join(cacheDir, 'snapshots.git'), 'count-objects', '-v');
    return [/^size: (\d+)$/m, /^size-pack: (\d+)$/m].reduce((sum, size) => sum + Number(size.exec(counted)?.[1]), 0);
  };
  const signal = new AbortController().signal;

  test('lists them with their size and workspace, and removes what was asked for while the others stay whole', async () => {
    const { keep, cacheDir, exported } = lab();
    const dir = temporaryFolder();
    write(dir, { shared: 's'.repeat(10_000), own: Buffer.from(Array.from({ length: 50_000 }, (_, index) => (index * index * 31 + (index >> 3)) & 255)) });
    const first = await keep(dir);
    const digest = (await scanTree(dir)).digest.slice('sha256:'.length);
    write(dir, { own: 'small now' });
    const second = await keep(dir);

    const room = snapshotsRoom(cacheDir);
    const items = await room.list(signal);
    expect(items.map(({ bytes }) => bytes).sort((a, b) => a - b)).toEqual(['small now'.length, 60_000]);
    expect(items[0]).toMatchObject({ title: 'a tree', workspace: 'w' });
    const old = items.filter(({ id }) => id === digest);
    expect(old).toHaveLength(1);
    const before = sizeOf(cacheDir);
    expect(await room.remove(old, signal)).toEqual([digest]);
    expect(sizeOf(cacheDir)).toBeLessThan(before);

    expect(await hasSnapshot(cacheDir, first)).toBe(false);
    expect(await hasSnapshot(cacheDir, second)).toBe(true);
    expect((await scanTree(await exported(second))).digest).toBe((await scanTree(dir)).digest);
    expect(await room.list(signal)).toHaveLength(1);
    expect(await room.remove(old, signal)).toEqual([digest]);
  });

  test('is empty where there never was a snapshot', async () => {
    expect(await snapshotsRoom(temporaryFolder()).list(signal)).toEqual([]);
  });
});
