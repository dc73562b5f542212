import { chmodSync, lstatSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { bytesOf, fsPath } from '@crpm/archive';
import { scanTree, type TakeLook } from '../src/index.js';
import { startLooks } from '../src/scan/glance/early.js';
import type * as LookModule from '../src/scan/glance/look.js';
import { tree, writeAnyTree } from './support/any-tree.js';
import { anotherSecond, git, repository, temporaryFolder, write } from './support/trees.js';

/** What a look said: that all is the same, what is not, or nothing. */
type Told = 'same' | readonly string[] | undefined;

/** By the looks that a scan started. */
const seen = vi.hoisted(() => ({ looks: [] as Told[] }));
vi.mock('../src/scan/glance/limits.js', () => ({ LEAST_FILES: 1, LEFT_ALONE_MS: 5_000, MOST_CHANGED: 1_000 }));
vi.mock('../src/scan/glance/look.js', async (original) => {
  const real = await original<typeof LookModule>();
  const startLook: typeof real.startLook = async (...args) => {
    const { looks } = seen;
    const changed = await real.startLook(...args);
    looks.push(changed?.length === 0 ? 'same' : changed);
    return changed;
  };
  return { ...real, startLook };
});

const clock = Date.now.bind(Date);
/** As the scan sees it: all was written long before. */
const now = vi.spyOn(Date, 'now');

let dir: string;
let scans: string;
let cacheFile: string;
const scan = async (look?: TakeLook) => {
  const looks: Told[] = (seen.looks = []);
  const { digest, entries } = await scanTree(dir, { cacheFile, look });
  return { digest, entries, looks: [...looks] };
};
/** Three scans: one that reads, one that finds all as it was and leaves a glance, one at a glance. */
const settle = async () => {
  const first = await scan();
  await scan();
  expect(await scan()).toEqual({ ...first, looks: ['same'] });
  return first;
};

beforeEach(() => {
  now.mockImplementation(() => clock() + 10_000);
  dir = temporaryFolder();
  scans = join(temporaryFolder(), 'scans');
  cacheFile = join(scans, 'qemu.tree');
  write(dir, { a: 'one', 'b/c': 'two', empty: '' });
  symlinkSync('a', join(dir, 'link'));
});

describe('a glance', () => {
  test('says what a scan says, of files, links, empty files and executables', async () => {
    chmodSync(join(dir, 'a'), 0o755);
    await settle();
  });

  test('tells what changed in place, and goes on doing so by the same index', async () => {
    await settle();
    const index = () => readdirSync(scans).filter((name) => name.endsWith('.index'));
    const before = index();
    for (const text of ['ONE', 'one, more', 'one']) {
      await anotherSecond();
      write(dir, { a: text });
      const edited = await scan();
      const fresh = await scanTree(dir);
      expect(edited).toEqual({ digest: fresh.digest, entries: fresh.entries, looks: [['a']] });
      expect(await scan()).toEqual(edited);
    }
    expect(index()).toEqual(before);
  });

  test('is left for whoever comes next only when no file is new', async () => {
    await scan();
    expect(readdirSync(scans)).toEqual(['qemu.tree']);
    await scan();
    expect(readdirSync(scans).map((name) => name.replace(/[0-9a-f]{16}/, '<sha256>')).sort()).toEqual(['look.git', 'qemu.tree', 'qemu.tree.<sha256>.index', 'qemu.tree.glance']);
    write(dir, { a: 'another' });
    for (let times = 0; times < 3; times++) await scan();
    expect(readdirSync(scans).filter((name) => name.endsWith('.index'))).toHaveLength(1);
  });

  test('is looked at by crpm itself, to the nanosecond, where a file was touched just before', async () => {
    now.mockImplementation(() => clock() + 4_000);
    await settle();
    const index = join(scans, readdirSync(scans).find((name) => name.endsWith('.index'))!);
    const listed = () => execFileSync('git', ['ls-files'], { env: { PATH: process.env['PATH'], GIT_DIR: join(scans, 'look.git'), GIT_WORK_TREE: dir, GIT_INDEX_FILE: index }, encoding: 'utf8' });
    expect(listed()).toBe('');
  });

  test('is left anew when files have been left alone for long enough', async () => {
    now.mockImplementation(() => clock() + 4_000);
    await settle();
    now.mockImplementation(() => clock() + 10_000);
    expect((await scan()).looks).toEqual([]);
    expect((await scan()).looks).toEqual(['same']);
    const other = temporaryFolder();
    write(other, { a: 'ONE' });
    renameSync(join(other, 'a'), join(dir, 'a'));
    expect((await scan()).looks).not.toContain('same');
  });

  const CHANGES: readonly (readonly [string, () => void])[] = [
    ['other content of the same size and mtime', () => { const { atime, mtime } = lstatSync(join(dir, 'a')); write(dir, { a: 'ONE' }); utimesSync(join(dir, 'a'), atime, mtime); }],
    ['a mode that git does not keep', () => { chmodSync(join(dir, 'a'), 0o600); }],
    ['a link with another target', () => { rmSync(join(dir, 'link')); symlinkSync('b', join(dir, 'link')); }],
    ['content in a file that had none', () => { write(dir, { empty: 'x' }); }],
    ['a folder that is a link to where it went', () => { const elsewhere = join(temporaryFolder(), 'b'); renameSync(join(dir, 'b'), elsewhere); symlinkSync(elsewhere, join(dir, 'b')); }],
  ];
  test.each(CHANGES)('sees %s, whatever the settings of the user say', async (_what, change) => {
    vi.stubEnv('HOME', temporaryFolder());
    write(process.env['HOME']!, { '.gitconfig': '[core]\n\ttrustctime = false\n\tcheckStat = minimal\n\tfileMode = false\n\tignoreStat = true\n' });
    vi.stubEnv('GIT_DIR', join(dir, 'nowhere'));
    vi.stubEnv('GIT_INDEX_FILE', join(dir, 'nowhere'));
    try {
      await settle();
      await anotherSecond();
      change();
      expect((await scan()).looks).not.toContain('same');
    } finally {
      vi.unstubAllEnvs();
    }
  });

  test('can be had of a linked worktree with spaces in its name', async () => {
    dir = join(temporaryFolder(), 'a tree');
    git(repository({ 'main.c': 'x' }), 'worktree', 'add', '--quiet', '--detach', dir);
    await settle();
  });
});

describe('without a glance the tree is scanned', () => {
  test('when git is not there', async () => {
    const first = await settle();
    vi.stubEnv('PATH', temporaryFolder());
    try {
      expect(await scan()).toEqual({ ...first, looks: [undefined] });
    } finally {
      vi.unstubAllEnvs();
    }
  });

  test.each(['.glance', '.index', ''])('when the file that ends in %j is damaged, cut, or gone', async (suffix) => {
    const first = await settle();
    for (const damage of ['flip', 'cut', 'gone']) {
      const name = readdirSync(scans).find((one) => one.startsWith('qemu.tree') && (suffix === '' ? one === 'qemu.tree' : one.endsWith(suffix)))!;
      const file = join(scans, name);
      const bytes = readFileSync(file);
      if (damage === 'flip') bytes[bytes.length >> 1]! ^= 1;
      if (damage === 'gone') rmSync(file);
      else writeFileSync(file, damage === 'cut' ? bytes.subarray(0, 100) : bytes);
      expect(await scan(), damage).toEqual({ ...first, looks: [] });
      for (let times = 0; times < 2; times++) await scan();
      expect((await scan()).looks).toEqual(['same']);
    }
  });
});

test('what is in a tree that was seen at a glance, and whose record is lost since, is told by the next scan', async () => {
  const { digest } = await settle();
  const manifest = await scanTree(dir, { cacheFile });
  rmSync(cacheFile);
  expect(() => manifest.entries).toThrow(/damaged/);
  expect((await scan()).digest).toBe(digest);
});

describe('a look that was started with the process', () => {
  const workspace = () => {
    const root = temporaryFolder();
    symlinkSync(join(scans, '..'), join(root, '.crpm'));
    write(root, { 'deep/er/file': '' });
    return root;
  };

  test('is used by the first scan only', async () => {
    const { digest } = await settle();
    const look = startLooks(join(workspace(), 'deep/er'));
    expect(await scan(look)).toMatchObject({ digest, looks: [] });
    await anotherSecond();
    write(dir, { a: 'ONE' });
    expect((await scan(look)).digest).not.toBe(digest);
  });

  test('is not believed when something was waited for meanwhile', async () => {
    const { digest } = await settle();
    const look = startLooks(workspace());
    await anotherSecond();
    write(dir, { a: 'ONE' });
    const later = performance.now() + 6_000;
    const time = vi.spyOn(performance, 'now').mockImplementation(() => later);
    try {
      expect((await scan(look)).digest).not.toBe(digest);
    } finally {
      time.mockRestore();
    }
  });

  test('is none where no workspace is, or its files are no glances', () => {
    expect(startLooks('/')('any')).toBeUndefined();
    write(scans, { 'x.glance': 'no JSON\n' });
    expect(startLooks(workspace())('any')).toBeUndefined();
  });
});

test('names of any bytes are seen at a glance, and so is a change in any of them', async () => {
  const home = temporaryFolder();
  await fc.assert(
    fc.asyncProperty(tree, fc.nat(), async (entries, pick) => {
      dir = mkdtempSync(join(home, 'tree-'));
      cacheFile = join(mkdtempSync(join(home, 'scans-')), 'tree');
      writeAnyTree(dir, entries);
      await settle();
      const { path, link, content } = entries[pick % entries.length]!;
      const file = fsPath(`${bytesOf(dir)}/${path}`);
      rmSync(file);
      if (link) symlinkSync(Buffer.from(content, 'latin1'), file);
      else writeFileSync(file, content, 'latin1');
      expect((await scan()).looks).not.toContain('same');
    }),
    { numRuns: 25 },
  );
});

test('after any number of edits, each with its own scan, the tree is what a scan from nothing says', async () => {
  for (let file = 0; file < 40; file++) write(dir, { [`d${String(file % 7)}/f${String(file)}.c`]: String(file) });
  await settle();
  await anotherSecond();
  // What is read just after it was written is read again the next time, as ever.
  now.mockImplementation(clock);
  const edits = (...acts: readonly string[]) => fc.array(fc.record({ file: fc.nat(39), act: fc.constantFrom(...acts), text: fc.string({ maxLength: 4 }) }), { minLength: 1, maxLength: 3 });
  const inPlace = fc.sample(edits('write', 'same size, old mtime', 'mode', 'touch'), { numRuns: 60, seed: 7 });
  const any = fc.sample(edits('write', 'link', 'remove', 'back'), { numRuns: 20, seed: 7 });
  let atAGlance = 0;
  for (const [number, edits] of [...inPlace, ...any].entries()) {
    for (const { file, act, text } of edits) {
      const path = join(dir, `d${String(file % 7)}/f${String(file)}.c`);
      const there = lstatSync(path, { throwIfNoEntry: false });
      if (there === undefined || there.isSymbolicLink() || act === 'back') { rmSync(path, { force: true }); writeFileSync(path, String(file)); }
      else if (act === 'write') writeFileSync(path, text);
      else if (act === 'same size, old mtime') { writeFileSync(path, 'x'.repeat(there.size)); utimesSync(path, there.atime, there.mtime); }
      else if (act === 'mode') chmodSync(path, 0o755 ^ (there.mode & 0o111));
      else if (act === 'touch') utimesSync(path, 1, 1);
      else { rmSync(path); if (act === 'link') symlinkSync(text || 'a', path); }
    }
    const { digest, entries, looks } = await scan();
    const fresh = await scanTree(dir);
    expect({ digest, entries }, JSON.stringify([number, edits])).toEqual({ digest: fresh.digest, entries: fresh.entries });
    if (looks[0] !== undefined) atAGlance++;
  }
  expect(atAGlance).toBeGreaterThanOrEqual(60);
});
