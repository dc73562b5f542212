import { execFileSync } from 'node:child_process';
import { chmodSync, linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { scanTree } from '../src/index.js';
import { failureOf, pathsOf, repository, temporaryFolder, write } from './support/trees.js';

describe('outside git', () => {
  test('everything but .git belongs to the tree', async () => {
    const dir = temporaryFolder();
    write(dir, { 'a.c': 'x', '.hidden': 'x', 'build/out.o': 'x', 'roms/x/.git': 'gitdir: /nowhere', 'roms/x/y': 'x' });
    expect(pathsOf(await scanTree(dir))).toEqual(['.hidden', 'a.c', 'build/out.o', 'roms/x/y']);
  });

  test('each file has its size, digest and executable bit', async () => {
    const dir = temporaryFolder();
    write(dir, { plain: 'hello\n', tool: '' });
    chmodSync(join(dir, 'plain'), 0o600);
    chmodSync(join(dir, 'tool'), 0o775);
    expect((await scanTree(dir)).entries).toEqual([
      { type: 'file', path: 'plain', mode: 0o644, size: 6, sha256: '5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03' },
      { type: 'file', path: 'tool', mode: 0o755, size: 0, sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' },
    ]);
  });

  test('links are kept as links: dangling, in circles, to folders, out of the tree', async () => {
    const dir = temporaryFolder();
    write(dir, { 'folder/file': 'x' });
    const links = { dangling: 'nowhere', self: 'self', one: 'two', two: 'one', tofolder: 'folder', parent: '..', out: '/etc/passwd', 'folder/up': '..' };
    for (const [name, target] of Object.entries(links)) symlinkSync(target, join(dir, name));
    const { entries } = await scanTree(dir);
    const found = Object.fromEntries(entries.flatMap((entry) => (entry.type === 'symlink' ? [[entry.path, entry.target]] : [])));
    expect(found).toEqual(links);
    expect(entries.filter(({ type }) => type === 'file').map(({ path }) => path)).toEqual(['folder/file']);
  });

  test('hard links are files of their own; sparse and deep ones are read', async () => {
    const dir = temporaryFolder();
    write(dir, { a: 'x' });
    linkSync(join(dir, 'a'), join(dir, 'b'));
    execFileSync('truncate', ['--size=3M', join(dir, 'sparse')]);
    const deep = Array.from({ length: 400 }, () => 'folder').join('/');
    write(dir, { [`${deep}/file`]: 'x' });
    expect(pathsOf(await scanTree(dir))).toEqual(['a', 'b', `${deep}/file`, 'sparse']);
  });

  test('sockets are left out with a warning', async () => {
    const dir = temporaryFolder();
    write(dir, { a: 'x' });
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(dir, 'monitor.sock'), resolve));
    const { warnings, entries } = await scanTree(dir);
    await new Promise((resolve) => server.close(resolve));
    expect(warnings).toEqual(['monitor.sock is a socket and was left out']);
    expect(entries).toHaveLength(1);
  });

  test('FIFOs and devices are named and refused', async () => {
    const dir = temporaryFolder();
    write(dir, { 'a/b': 'x' });
    execFileSync('mkfifo', [join(dir, 'a/pipe')]);
    expect(await failureOf(scanTree(dir))).toEqual({
      class: 'source',
      message: "a/pipe is a FIFO: it can't be part of a source archive",
      next: `Remove it, or have git ignore it: ${dir}/a/pipe`,
    });
  });

  test('a tracked file that became a FIFO is refused in a git tree as well', async () => {
    const dir = repository({ pipe: 'x' });
    execFileSync('sh', ['-c', 'rm pipe && mkfifo pipe'], { cwd: dir });
    expect((await failureOf(scanTree(dir))).message).toBe("pipe is a FIFO: it can't be part of a source archive");
  });
});

describe('a tree that can not be read', () => {
  const next = 'Correct the folder in the config (sources.<name>.dir).';

  test('because it is missing', async () => {
    expect(await failureOf(scanTree('/nowhere/qemu'))).toEqual({ class: 'usage', message: 'source tree /nowhere/qemu does not exist', next });
  });

  test('because it is a file', async () => {
    const dir = temporaryFolder();
    write(dir, { qemu: 'x' });
    expect(await failureOf(scanTree(`${dir}/qemu`))).toEqual({ class: 'usage', message: `source tree ${dir}/qemu is not a folder`, next });
  });

  test('because it is empty, with or without git', async () => {
    const plain = temporaryFolder();
    mkdirSync(join(plain, 'empty/folders'), { recursive: true });
    for (const dir of [plain, repository({})]) {
      expect(await failureOf(scanTree(dir))).toEqual({ class: 'usage', message: `source tree ${dir} is empty: there is nothing to build`, next });
    }
  });

  test('because permission is missing: for the tree, for one file, or for a folder in it', async () => {
    if (process.getuid?.() !== 0) return void console.warn('not root: the test of missing permissions was skipped');
    const dir = temporaryFolder();
    write(dir, { 'a/file': 'x' });
    chmodSync(dir, 0o700);
    const asNobody = async () => {
      process.seteuid?.(65534);
      try {
        return await failureOf(scanTree(dir));
      } finally {
        process.seteuid?.(0);
      }
    };
    expect(await asNobody()).toMatchObject({ class: 'usage', message: `source tree ${dir} can't be read: permission denied` });
    chmodSync(dir, 0o755);
    chmodSync(join(dir, 'a/file'), 0o600);
    expect(await asNobody()).toMatchObject({ class: 'source', message: "can't read a/file: permission denied" });
    chmodSync(join(dir, 'a'), 0o700);
    expect(await asNobody()).toMatchObject({ class: 'source', message: "can't read a: permission denied", next: `Make ${dir}/a readable, or have git ignore it.` });
  });
});

test('a scan stops when it is told to', async () => {
  const dir = temporaryFolder();
  for (let i = 0; i < 8; i++) writeFileSync(join(dir, `big${i}`), Buffer.alloc(4 << 20, i));
  const failure = await failureOf(scanTree(dir, { signal: AbortSignal.abort() }));
  expect(failure.class).toBe('cancelled');
});

test('a file that is written to while it is read is named after one more try', async () => {
  const dir = temporaryFolder();
  const file = join(dir, 'log');
  writeFileSync(file, Buffer.alloc(8 << 20));
  let next = setImmediate(keepWriting);
  function keepWriting() {
    writeFileSync(file, 'x', { flag: 'a' });
    next = setImmediate(keepWriting);
  }
  const failure = await failureOf(scanTree(dir)).finally(() => clearImmediate(next));
  expect(failure).toEqual({ class: 'source', message: 'changed while reading: log', next: 'Run again when nothing writes to the tree.' });
});
