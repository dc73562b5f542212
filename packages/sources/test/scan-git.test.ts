import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { scanTree } from '../src/index.js';
import { failureOf, fingerprintOf, git, pathsOf, repository, temporaryFolder, write } from './support/trees.js';

const scan = async (dir: string) => pathsOf(await scanTree(dir));

describe('in a git work tree', () => {
  test('what is tracked or untracked belongs to it; what is ignored or deleted does not', async () => {
    const dir = repository({ '.gitignore': '*.o\nbuild/\n', 'main.c': 'x', 'gone.c': 'x', 'sub/dir/deep.c': 'x' });
    write(dir, { 'new.c': 'x', 'main.o': 'x', 'build/out': 'x', 'sub/new.h': 'x' });
    unlinkSync(join(dir, 'gone.c'));
    expect(await scan(dir)).toEqual(['.gitignore', 'main.c', 'new.c', 'sub/dir/deep.c', 'sub/new.h']);
  });

  test('a tracked file belongs to it though it is ignored', async () => {
    const dir = repository({ '.gitignore': '*.bin', 'blob.bin': 'x' });
    expect(await scan(dir)).toEqual(['.gitignore', 'blob.bin']);
  });

  test('uncommitted edits count, whatever the index says of the file', async () => {
    const dir = repository({ plain: '1', skipped: '1', assumed: '1' });
    const before = await scanTree(dir);
    git(dir, 'update-index', '--skip-worktree', 'skipped');
    git(dir, 'update-index', '--assume-unchanged', 'assumed');
    write(dir, { plain: '2', skipped: '2', assumed: '2' });
    const after = await scanTree(dir);
    const changed = after.entries.filter((entry, index) => JSON.stringify(entry) !== JSON.stringify(before.entries[index]));
    expect(changed.map(({ path }) => path)).toEqual(['assumed', 'plain', 'skipped']);
  });

  test('a clone and an edited copy of the same content have one digest', async () => {
    const dir = repository({ a: '1', 'b/c': '2' });
    const clone = join(temporaryFolder(), 'clone');
    git(dir, 'clone', '--quiet', dir, clone);
    write(clone, { a: '2' });
    expect((await scanTree(clone)).digest).not.toBe((await scanTree(dir)).digest);
    write(clone, { a: '1' });
    expect((await scanTree(clone)).digest).toBe((await scanTree(dir)).digest);
  });

  test('HEAD may be unborn', async () => {
    const dir = temporaryFolder();
    git(dir, 'init', '--quiet');
    write(dir, { staged: 'x', untracked: 'x' });
    git(dir, 'add', 'staged');
    expect(await scan(dir)).toEqual(['staged', 'untracked']);
  });

  test('HEAD may be detached, and files in conflict are listed once', async () => {
    const dir = repository({ file: 'base' });
    git(dir, 'checkout', '--quiet', '-b', 'other');
    write(dir, { file: 'theirs' });
    git(dir, 'commit', '--quiet', '--all', '--message=theirs');
    git(dir, 'checkout', '--quiet', '--detach', 'main');
    write(dir, { file: 'ours' });
    git(dir, 'commit', '--quiet', '--all', '--message=ours');
    expect(() => git(dir, 'merge', 'other')).toThrow();
    expect(await scan(dir)).toEqual(['file']);
  });

  test('a linked worktree, a shallow clone and one with alternates are work trees like any other', async () => {
    const dir = repository({ a: 'x', 'b/c': 'x' });
    const where = temporaryFolder();
    git(dir, 'worktree', 'add', '--quiet', join(where, 'worktree'));
    git(where, 'clone', '--quiet', '--depth=1', `file://${dir}`, 'shallow');
    git(where, 'clone', '--quiet', '--shared', dir, 'shared');
    expect(existsSync(join(where, 'shared/.git/objects/info/alternates'))).toBe(true);
    for (const name of ['worktree', 'shallow', 'shared']) {
      write(join(where, name), { untracked: 'x' });
      expect(await scan(join(where, name)), name).toEqual(['a', 'b/c', 'untracked']);
    }
  });

  test('a folder of a bigger repository is a tree of its own', async () => {
    const dir = repository({ 'outside.c': 'x', 'examples/qemu/.gitignore': '*.o', 'examples/qemu/main.c': 'x' });
    write(dir, { 'examples/qemu/main.o': 'x', 'examples/qemu/new.c': 'x' });
    expect(await scan(join(dir, 'examples/qemu'))).toEqual(['.gitignore', 'main.c', 'new.c']);
  });

  test('a folder that a repository further up ignores whole is walked as it is', async () => {
    const dir = repository({ '.gitignore': '/src/\n' });
    write(dir, { 'src/libvirt-11.10.0/meson.build': 'x', 'src/libvirt-11.10.0/a.o': 'x' });
    expect(await scan(join(dir, 'src/libvirt-11.10.0'))).toEqual(['a.o', 'meson.build']);
  });

  test('submodules and repositories inside follow the same rule', async () => {
    const module = repository({ '.gitignore': '*.o', 'module.c': 'x' });
    const dir = repository({ 'main.c': 'x' });
    git(dir, 'submodule', '--quiet', 'add', module, 'roms/module');
    git(dir, 'commit', '--quiet', '--message=module');
    write(dir, { 'roms/module/new.c': 'x', 'roms/module/module.o': 'x' });
    repository({ '.gitignore': 'ignored', 'nested.c': 'x', ignored: 'x' }, join(dir, 'nested'));
    repository({ 'deep.c': 'x' }, join(dir, 'nested/deep'));
    expect(await scan(dir)).toEqual([
      '.gitmodules',
      'main.c',
      'nested/.gitignore',
      'nested/deep/deep.c',
      'nested/ignored', // tracked there, though ignored
      'nested/nested.c',
      'roms/module/.gitignore',
      'roms/module/module.c',
      'roms/module/new.c',
    ]);
  });

  test('a submodule that was never fetched is empty; one without its .git is walked', async () => {
    const module = repository({ 'module.c': 'x' });
    const dir = repository({ 'main.c': 'x' });
    git(dir, 'submodule', '--quiet', 'add', module, 'module');
    git(dir, 'commit', '--quiet', '--message=module');
    const clone = join(temporaryFolder(), 'clone');
    git(dir, 'clone', '--quiet', dir, clone);
    expect(await scan(clone)).toEqual(['.gitmodules', 'main.c']);
    write(clone, { 'module/module.c': 'x' });
    expect(await scan(clone)).toEqual(['.gitmodules', 'main.c', 'module/module.c']);
  });

  test('a tracked file that became a folder, or a folder that became a link, is taken as it is now', async () => {
    const outside = temporaryFolder();
    write(outside, { 'b.c': 'not ours' });
    const dir = repository({ '.gitignore': '*.o', file: 'x', 'folder/b.c': 'x' });
    unlinkSync(join(dir, 'file'));
    write(dir, { 'file/now.c': 'x', 'file/now.o': 'x' });
    rmSync(join(dir, 'folder'), { recursive: true });
    symlinkSync(outside, join(dir, 'folder'));
    const { entries } = await scanTree(dir);
    expect(entries.map(({ path, type }) => `${type} ${path}`)).toEqual(['file .gitignore', 'file file/now.c', 'symlink folder']);
  });

  test('folders that were asked for are taken though git ignores them, and never through a link', async () => {
    const outside = temporaryFolder();
    write(outside, { secret: 'x' });
    const dir = repository({ '.gitignore': 'subprojects/*/\nlinked', 'main.c': 'x', 'subprojects/slirp.wrap': 'x' });
    repository({ 'slirp.c': 'x' }, join(dir, 'subprojects/slirp'));
    symlinkSync(outside, join(dir, 'linked'));
    expect(await scan(dir)).toEqual(['.gitignore', 'main.c', 'subprojects/slirp.wrap']);
    const { entries } = await scanTree(dir, { alsoIgnored: ['subprojects', 'linked', 'absent'] });
    expect(entries.map(({ path }) => path)).toEqual(['.gitignore', 'main.c', 'subprojects/slirp.wrap', 'subprojects/slirp/slirp.c']);
  });

  test('the tree and repositories inside it may have names of any bytes', async () => {
    const dir = repository({ '.gitignore': '*.o', 'a.c': 'x' }, join(temporaryFolder(), 'é "tree"\n$(id)'));
    const inner = repository({ 'inner.c': 'x' });
    write(inner, { '.gitignore': '*.o', 'inner.o': 'x' });
    const nested = Buffer.concat([Buffer.from(`${dir}/`), Buffer.from([0xff, 0x20, 0x22])]);
    renameSync(inner, nested);
    expect((await scanTree(dir)).entries.map(({ path }) => path)).toEqual(['.gitignore', 'a.c', '\xff "/.gitignore', '\xff "/inner.c']);
    expect(await scan(join(dir, '.'))).toHaveLength(4);
  });

  test('of a partial clone nothing is fetched', async () => {
    const origin = repository({ '.gitignore': '*.o', 'a.c': 'x', 'sub/.gitignore': '*.x', 'sub/b.c': 'x' });
    git(origin, 'config', 'uploadpack.allowFilter', 'true');
    const clone = join(temporaryFolder(), 'clone');
    git(origin, 'clone', '--quiet', '--no-checkout', '--filter=blob:none', `file://${origin}`, clone);
    git(clone, 'reset', '--quiet', '--mixed');
    write(clone, { 'a.c': 'here' });
    rmSync(origin, { recursive: true });
    const before = fingerprintOf(join(clone, '.git'));
    expect(await scan(clone)).toEqual(['a.c']);
    expect(fingerprintOf(join(clone, '.git'))).toBe(before);
  });

  test('a sparse checkout is what is on the disk', async () => {
    const dir = repository({ 'in/a': 'x', 'out/b': 'x' });
    git(dir, 'sparse-checkout', 'set', '--sparse-index', 'in');
    expect(await scan(dir)).toEqual(['in/a']);
  });
});

describe('a hostile repository', () => {
  test('runs nothing: no hook, no file system monitor, no filter, no helper', async () => {
    const dir = repository({ '.gitattributes': '* filter=evil diff=evil', 'a.c': 'x' });
    const mark = join(temporaryFolder(), 'mark');
    const script = join(temporaryFolder(), 'evil');
    writeFileSync(script, `#!/bin/sh\necho "$0 $*" >> ${mark}\ncat\n`, { mode: 0o755 });
    for (const hook of ['post-index-change', 'pre-commit', 'post-checkout', 'fsmonitor-watchman', 'reference-transaction']) {
      write(dir, { [`.git/hooks/${hook}`]: `#!/bin/sh\necho ${hook} >> ${mark}\n` });
      chmodSync(join(dir, '.git/hooks', hook), 0o755);
    }
    for (const key of ['core.fsmonitor', 'filter.evil.clean', 'filter.evil.smudge', 'filter.evil.process', 'diff.evil.textconv', 'core.sshCommand', 'core.editor', 'core.pager']) {
      git(dir, 'config', key, script);
    }
    git(dir, 'config', 'filter.evil.required', 'true');
    // As long as before: only its content, and so the filter, can tell that it changed.
    write(dir, { 'a.c': 'y', 'b.c': 'new' });
    expect(await scan(dir)).toEqual(['.gitattributes', 'a.c', 'b.c']);
    expect(existsSync(mark)).toBe(false);
    expect(() => git(dir, 'status')).toThrow(/evil/); // a git that is not held back does run them
    expect(existsSync(mark)).toBe(true);
  });

  test('cannot point git at another folder', async () => {
    const elsewhere = temporaryFolder();
    write(elsewhere, { secret: 'x' });
    const dir = repository({ 'a.c': 'x' });
    git(dir, 'config', 'core.worktree', elsewhere);
    expect(await scan(dir)).toEqual(['a.c']);
  });

  test('of another owner is read all the same', async () => {
    if (process.getuid?.() !== 0) return void console.warn('not root: the test of a foreign owner was skipped');
    const dir = repository({ 'a.c': 'x' });
    const { execFileSync } = await import('node:child_process');
    execFileSync('chown', ['-R', '65534:65534', dir]);
    expect(() => git(dir, 'status')).toThrow(/dubious ownership/);
    expect(await scan(dir)).toEqual(['a.c']);
  });

  test('whose .git leads nowhere is named, with the way out', async () => {
    const dir = temporaryFolder();
    write(dir, { '.git': 'gitdir: /nowhere/.git/worktrees/x\n', 'a.c': 'x' });
    const failure = await failureOf(scanTree(dir));
    expect(failure.class).toBe('usage');
    expect(failure.message).toBe(`git can't list ${dir}: not a git repository: /nowhere/.git/worktrees/x`);
    expect(failure.next).toContain('git worktree repair');
  });
});

test("variables that point the user's git elsewhere have no effect", async () => {
  const dir = repository({ 'a.c': 'x' });
  const saved = { ...process.env };
  Object.assign(process.env, { GIT_DIR: '/nowhere', GIT_INDEX_FILE: '/nowhere', GIT_WORK_TREE: '/tmp', GIT_LITERAL_PATHSPECS: '0', GIT_CONFIG_COUNT: 'x' });
  try {
    expect(await scan(dir)).toEqual(['a.c']);
  } finally {
    process.env = saved;
  }
});

test('nothing in the tree or its .git changes, not even an index that is out of date', async () => {
  const module = repository({ 'module.c': 'x' });
  const dir = repository({ 'a.c': 'x', 'b/c.c': 'x' });
  git(dir, 'submodule', '--quiet', 'add', module, 'module');
  git(dir, 'config', 'core.untrackedCache', 'true');
  // The same content under a new inode: `git status` would refresh the index here.
  writeFileSync(join(dir, 'copy'), 'x');
  renameSync(join(dir, 'copy'), join(dir, 'a.c'));
  mkdirSync(join(dir, 'empty'));
  write(dir, { 'new.c': 'x' });
  const before = fingerprintOf(dir);
  await scanTree(dir, { cacheFile: join(temporaryFolder(), 'cache') });
  expect(fingerprintOf(dir)).toBe(before);
});
