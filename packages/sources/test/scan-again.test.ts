import { chmodSync, lstatSync, mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { scanTree } from '../src/index.js';
import type * as Look from '../src/scan/glance/look.js';
import type * as RunGit from '../src/git/run-git.js';
import type * as HashFile from '../src/scan/hash-file.js';
import { anotherSecond, git, repository, temporaryFolder, write } from './support/trees.js';

const seen = vi.hoisted(() => ({ git: 0, files: [] as string[], looks: [] as (number | undefined)[] }));
const limits = vi.hoisted(() => ({ LEAST_FILES: Infinity, LEFT_ALONE_MS: 5_000 }));
vi.mock('../src/scan/glance/limits.js', () => ({ get LEAST_FILES() { return limits.LEAST_FILES; }, get LEFT_ALONE_MS() { return limits.LEFT_ALONE_MS; }, MOST_CHANGED: 1_000 }));
vi.mock('../src/scan/glance/look.js', async (original) => {
  const real = await original<typeof Look>();
  return { ...real, startLook: (...args: Parameters<typeof real.startLook>) => real.startLook(...args).then((changed) => (seen.looks.push(changed?.length), changed)) };
});
vi.mock('../src/git/run-git.js', async (original) => {
  const real = await original<typeof RunGit>();
  return { ...real, runGit: (...args: Parameters<typeof real.runGit>) => (seen.git++, real.runGit(...args)) };
});
vi.mock('../src/scan/hash-file.js', async (original) => {
  const real = await original<typeof HashFile>();
  return { ...real, hashFile: (...args: Parameters<typeof real.hashFile>) => (seen.files.push(args[0].slice(args[0].lastIndexOf('/') + 1)), real.hashFile(...args)) };
});

// As if each scan came long after what it finds: nothing is too young to be vouched for.
const clock = Date.now.bind(Date);
vi.spyOn(Date, 'now').mockImplementation(() => clock() + 10_000);

let home: string;
let cacheFile: string;
const OPTIONS = { alsoIgnored: ['subprojects'] };
/** With the record of the scan before; what it cost beside. */
const again = async (dir: string) => {
  seen.git = 0;
  seen.files.length = 0;
  const { digest, entries, warnings } = await scanTree(dir, { ...OPTIONS, cacheFile });
  return { digest, entries, warnings, git: seen.git, files: [...seen.files] };
};
const fromScratch = (dir: string) => scanTree(dir, OPTIONS);

beforeEach(() => {
  home = temporaryFolder();
  cacheFile = join(temporaryFolder(), 'cache');
  vi.stubEnv('HOME', home);
  vi.stubEnv('XDG_CONFIG_HOME', undefined);
  vi.stubEnv('GIT_CONFIG_NOSYSTEM', '1');
});

/** A work tree with everything in it that a listing may depend on. */
function everything(): string {
  const dir = repository({
    '.gitignore': 'build/\n*.o\nhalf/*\n!half/kept\nsecret/.gitignore\n',
    'main.c': 'main', 'src/a.c': 'a', 'src/deep/b.c': 'b', 'src/deep/er/c.c': 'c', 'link-target': 'x', 'gone/alone.c': 'x',
  });
  symlinkSync('link-target', join(dir, 'link'));
  git(dir, 'add', 'link');
  git(dir, 'commit', '--quiet', '--message=link');
  write(dir, { 'untracked.c': 'u', 'src/a.o': 'ignored', 'build/out/x.o': 'ignored', 'half/only-ignored': 'x', 'secret/.gitignore': 'hidden\n', 'secret/plain': 'x', 'secret/hidden': 'x', 'subprojects/dl/file.c': 'x' });
  mkdirSync(join(dir, 'empty/inside'), { recursive: true });
  repository({ 'own.c': 'x' }, join(dir, 'nested'));
  write(dir, { 'nested/loose.c': 'x' });
  return dir;
}

describe('a scan after one that found the same', () => {
  test('starts no git and reads no file, in a work tree', async () => {
    const dir = everything();
    const first = await again(dir);
    const second = await again(dir);
    expect(second).toEqual({ ...first, git: 0, files: [] });
    expect(second.entries).toEqual((await fromScratch(dir)).entries);
  });

  test('does neither in a linked worktree with a submodule, in a folder of a bigger repository, and in a plain folder', async () => {
    const library = repository({ 'lib.c': 'x' });
    const dir = repository({ 'main.c': 'x', 'part/of/it.c': 'x' });
    git(dir, 'submodule', '--quiet', 'add', library, 'lib');
    git(dir, 'commit', '--quiet', '--message=submodule');
    const linked = join(temporaryFolder(), 'linked');
    git(dir, 'worktree', 'add', '--quiet', linked);
    git(linked, 'submodule', '--quiet', 'update', '--init');
    const plain = temporaryFolder();
    write(plain, { 'a/b': 'x' });
    for (const tree of [linked, join(dir, 'part'), plain]) {
      cacheFile = join(temporaryFolder(), 'cache');
      const first = await again(tree);
      expect(await again(tree), tree).toEqual({ ...first, git: 0, files: [] });
    }
  });

  test('reads the one file that was changed in place, and starts no git', async () => {
    const dir = everything();
    await again(dir);
    write(dir, { 'src/deep/b.c': 'changed' });
    expect(await again(dir)).toMatchObject({ git: 0, files: ['b.c'] });
    expect(await again(dir)).toMatchObject({ git: 0, files: [], digest: (await fromScratch(dir)).digest });
  });
});

/** What somebody may do between two scans; each must give what a scan from scratch gives. `same`: the manifest stays as it was; `inPlace`: only the file's own stamp can tell. */
const CHANGES: readonly { readonly name: string; readonly same?: true; readonly inPlace?: true; readonly change: (dir: string) => void }[] = [
  { name: 'a new file at the top', change: (dir) => write(dir, { new: 'x' }) },
  { name: 'a new file deep down', change: (dir) => write(dir, { 'src/deep/er/new.c': 'x' }) },
  { name: 'a new file in a folder that was empty', change: (dir) => write(dir, { 'empty/inside/new.c': 'x' }) },
  { name: 'a file that is not ignored in a folder of which all else is', change: (dir) => write(dir, { 'half/kept': 'x' }) },
  { name: 'a new file in an ignored folder', same: true, change: (dir) => write(dir, { 'build/out/new.o': 'x' }) },
  { name: 'a new file in a folder that is taken whole', change: (dir) => write(dir, { 'subprojects/dl/new.c': 'x' }) },
  { name: 'a new file in a repository inside', change: (dir) => write(dir, { 'nested/new.c': 'x' }) },
  { name: 'a repository that comes to be in a folder', change: (dir) => { repository({ 'src/own.c': 'x' }, join(dir, 'src/deep')); } },
  { name: 'a deleted file', change: (dir) => unlinkSync(join(dir, 'src/a.c')) },
  { name: 'a deleted folder', change: (dir) => rmSync(join(dir, 'gone'), { recursive: true }) },
  { name: 'a renamed file', change: (dir) => renameSync(join(dir, 'src/a.c'), join(dir, 'src/z.c')) },
  { name: 'two files that change places', change: (dir) => { renameSync(join(dir, 'main.c'), join(dir, 'tmp')); renameSync(join(dir, 'src/a.c'), join(dir, 'main.c')); renameSync(join(dir, 'tmp'), join(dir, 'src/a.c')); } },
  { name: 'a file that becomes a folder', change: (dir) => { unlinkSync(join(dir, 'main.c')); write(dir, { 'main.c/inside': 'x' }); } },
  { name: 'a folder that becomes a link to where it went', change: (dir) => { renameSync(join(dir, 'src'), join(dir, 'moved')); symlinkSync('moved', join(dir, 'src')); } },
  { name: 'a link that says something else', change: (dir) => { unlinkSync(join(dir, 'link')); symlinkSync('main.c', join(dir, 'link')); } },
  { name: 'an executable bit', inPlace: true, change: (dir) => chmodSync(join(dir, 'main.c'), 0o755) },
  { name: 'other content of the same size and mtime', inPlace: true, change: (dir) => {
    const { mtime, atime } = lstatSync(join(dir, 'main.c'));
    write(dir, { 'main.c': 'MAIN' });
    utimesSync(join(dir, 'main.c'), atime, mtime);
  } },
  { name: 'an edit of a file that the index hides', inPlace: true, change: (dir) => { git(dir, 'update-index', '--skip-worktree', 'main.c'); git(dir, 'update-index', '--assume-unchanged', 'src/a.c'); write(dir, { 'main.c': 'X', 'src/a.c': 'Y' }); } },
  { name: 'an ignored file that is added to the index', change: (dir) => { git(dir, 'add', '--force', 'src/a.o'); } },
  { name: 'a file that is taken out of the index', same: true, change: (dir) => { git(dir, 'rm', '--quiet', '--cached', 'main.c'); } },
  { name: 'a commit', same: true, change: (dir) => { git(dir, 'add', '--all'); git(dir, 'commit', '--quiet', '--message=all'); } },
  { name: 'a branch switch', change: (dir) => { git(dir, 'checkout', '--quiet', '-b', 'other'); git(dir, 'rm', '--quiet', 'src/a.c'); git(dir, 'commit', '--quiet', '--message=less'); } },
  { name: 'an edited .gitignore', change: (dir) => write(dir, { '.gitignore': '*.c\n' }) },
  { name: 'a new .gitignore', change: (dir) => write(dir, { 'src/.gitignore': 'new\n', 'src/new': 'x' }) },
  { name: 'an edited .gitignore that is itself ignored', change: (dir) => write(dir, { 'secret/.gitignore': 'plain\n' }) },
  { name: "the repository's own exclude file", change: (dir) => write(dir, { '.git/info/exclude': 'untracked.c\n' }) },
  { name: 'the exclude file of a repository inside', change: (dir) => write(dir, { 'nested/.git/info/exclude': 'loose.c\n' }) },
  { name: "the user's exclude file", change: () => write(home, { '.config/git/ignore': 'untracked.c\n' }) },
  { name: "the user's choice of an exclude file", change: () => write(home, { '.gitconfig': '[core]\n\texcludesFile = ~/mine\n', mine: 'untracked.c\n' }) },
  { name: 'another home folder', change: () => { const other = temporaryFolder(); write(other, { '.config/git/ignore': 'untracked.c\n' }); vi.stubEnv('HOME', other); } },
  { name: 'a setting of the repository', change: (dir) => { write(dir, { '../mine': 'untracked.c\n' }); git(dir, 'config', 'core.excludesFile', join(dir, '../mine')); } },
];

describe.each([['file by file', Infinity], ['at a glance', 1]])('a scan after, %s,', (_way, least) => {
  beforeEach(() => { limits.LEAST_FILES = least; });
  afterEach(() => { limits.LEAST_FILES = Infinity; });

  test.each(CHANGES)('$name', async ({ change, same, inPlace }) => {
    const dir = everything();
    const before = await again(dir);
    expect(await again(dir)).toMatchObject({ git: 0, files: [] });
    seen.looks.length = 0;
    expect(await again(dir)).toMatchObject({ git: 0, files: [], digest: before.digest, entries: before.entries });
    expect(seen.looks).toEqual(least === 1 ? [0] : []);
    if (inPlace && least === 1) await anotherSecond();
    change(dir);
    const { digest, entries } = await again(dir);
    expect({ digest, entries }).toMatchObject(await fromScratch(dir).then(({ digest, entries }) => ({ digest, entries })));
    expect(digest === before.digest).toBe(same === true);
    // What the second left behind is as good as what the first did.
    for (let times = 0; times < 3; times++) expect(await again(dir)).toMatchObject({ digest, git: 0, files: [] });
  });

  test('an edit of an exclude file that the configuration names', async () => {
    write(home, { '.gitconfig': '[core]\n\texcludesFile = ~/mine\n', mine: 'nothing\n' });
    const dir = everything();
    const before = await again(dir);
    write(home, { mine: 'untracked.c\n' });
    expect((await again(dir)).digest).not.toBe(before.digest);
  });

  test('an edit of a file that the configuration includes; one that is included on conditions is asked for every time', async () => {
    write(home, { '.gitconfig': '[include]\n\tpath = more\n', more: '' });
    const dir = everything();
    const before = await again(dir);
    expect(await again(dir)).toMatchObject({ git: 0 });
    write(home, { more: '[core]\n\texcludesFile = ~/mine\n', mine: 'untracked.c\n' });
    expect((await again(dir)).digest).not.toBe(before.digest);
    write(home, { '.gitconfig': '[includeIf "onbranch:main"]\n\tpath = more\n' });
    await again(dir);
    expect((await again(dir)).git).toBeGreaterThan(0);
  });

  test('a folder above became a repository, or ignores the tree', async () => {
    const above = temporaryFolder();
    const dir = join(above, 'tree');
    write(dir, { 'a.c': 'x', 'a.o': 'x' });
    const plain = await again(dir);
    git(above, 'init', '--quiet');
    write(above, { '.gitignore': '*.o\n' });
    const inside = await again(dir);
    expect(inside.digest).not.toBe(plain.digest);
    expect(await again(dir)).toMatchObject({ digest: inside.digest, git: 0, files: [] });
    write(above, { '.gitignore': '' });
    expect((await again(dir)).digest).toBe(plain.digest);
  });

  test('one with other options lists again', async () => {
    const dir = everything();
    const all = await again(dir);
    const less = await scanTree(dir, { cacheFile });
    expect(less.entries.length).toBe(all.entries.length);
    const whole = await scanTree(dir, { cacheFile, asFolder: true });
    expect(whole.entries.length).toBeGreaterThan(all.entries.length);
  });
});

test('what was touched while or just before a scan is not vouched for by it', async () => {
  const dir = everything();
  vi.mocked(Date.now).mockImplementation(clock);
  try {
    await again(dir);
    expect((await again(dir)).git).toBeGreaterThan(0);
  } finally {
    vi.mocked(Date.now).mockImplementation(() => clock() + 10_000);
  }
  await again(dir);
  expect(await again(dir)).toMatchObject({ git: 0, files: [] });
});
