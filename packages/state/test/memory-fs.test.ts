import { lstatSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { errorCode, realFs, syncFolder, writeAll, writeFileAtomic, writeSynced, type Fs } from '../src/index.js';
import { MemoryFs, withFaults } from './memory-fs.js';

/** One call on names below a root; what it gave, or the code of its error. */
type Call = (fs: Fs, at: (name: string) => string) => unknown;

const write = (flags: string, text: string, name: string): Call => (fs, at) => {
  const fd = fs.open(at(name), flags, 0o644);
  try {
    writeAll(fs, fd, Buffer.from(text));
  } finally {
    fs.close(fd);
  }
};
const NAMES = ['a', 'b', 'd', 'd/a', 'd/b', 'd/e', 'l', 'l/a'];
const name = fc.constantFrom(...NAMES);
const call: fc.Arbitrary<[string, Call]> = fc.oneof(
  fc.tuple(name, fc.constantFrom('wx', 'a', 'r+', 'w')).map(([file, flags]): [string, Call] => [`write ${flags} ${file}`, write(flags, flags, file)]),
  name.map((folder): [string, Call] => [`mkdir ${folder}`, (fs, at) => { fs.mkdir(at(folder), 0o755); }]),
  fc.tuple(name, name).map(([from, to]): [string, Call] => [`rename ${from} ${to}`, (fs, at) => { fs.rename(at(from), at(to)); }]),
  fc.tuple(name, name).map(([from, to]): [string, Call] => [`link ${from} ${to}`, (fs, at) => { fs.link(at(from), at(to)); }]),
  fc.tuple(name, name).map(([target, path]): [string, Call] => [`symlink ${target} ${path}`, (fs, at) => { fs.symlink(at(target), at(path)); }]),
  name.map((path): [string, Call] => [`unlink ${path}`, (fs, at) => { fs.unlink(at(path)); }]),
  name.map((path): [string, Call] => [`remove ${path}`, (fs, at) => { fs.remove(at(path)); }]),
  name.map((path): [string, Call] => [`readdir ${path}`, (fs, at) => [...fs.readdir(at(path))].sort()]),
  name.map((path): [string, Call] => [`readFile ${path}`, (fs, at) => fs.readFile(at(path)).toString()]),
);

function outcome(fs: Fs, root: string, action: Call): unknown {
  try {
    return action(fs, (path) => join(root, path));
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined) throw error;
    return code;
  }
}

/** All that can be seen below a root, but for times and numbers of inodes. */
function look(fs: Fs, root: string): unknown {
  return NAMES.map((name) => outcome(fs, root, (_fs, at) => {
    const stat = fs.lstat(at(name));
    return stat && { name, type: stat.type, ...(stat.type === 'file' ? { links: stat.links, size: stat.size, text: fs.readFile(at(name)).toString() } : {}) };
  }));
}

test('it answers as the disk does, whatever is asked of both', { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(fc.array(call, { maxLength: 30 }), (calls) => {
      const root = realpathSync(mkdtempSync(join(tmpdir(), 'crpm-test-')));
      try {
        const memory = new MemoryFs();
        memory.mkdir(root, 0o755);
        const told: string[] = [];
        for (const [what, action] of calls) {
          told.push(what);
          expect(outcome(memory, root, action), told.join('; ')).toEqual(outcome(realFs, root, action));
          expect(look(memory, root), told.join('; ')).toEqual(look(realFs, root));
        }
        expect(memory.openFiles).toBe(0);
      } finally {
        rmSync(root, { recursive: true });
      }
    }),
    { numRuns: 200 },
  );
});

test('an inode keeps its number over renames and links, and every change of it shows in ctime', () => {
  const fs = new MemoryFs();
  writeSynced(fs, '/a', 'text', 0o644);
  const states = [fs.lstat('/a')];
  for (const change of [() => { fs.link('/a', '/b'); }, () => { fs.unlink('/b'); }, () => { fs.chmod('/a', 0o444); }, () => { fs.rename('/a', '/c'); fs.rename('/c', '/a'); }]) {
    change();
    states.push(fs.lstat('/a'));
  }
  expect(new Set(states.map((state) => state?.ino)).size).toBe(1);
  expect(new Set(states.map((state) => state?.mtime)).size).toBe(1);
  expect(new Set(states.map((state) => state?.ctime)).size).toBe(states.length);
});

test('an open file outlives its name', () => {
  const fs = new MemoryFs();
  writeSynced(fs, '/a', 'text', 0o644);
  const fd = fs.open('/a', 'r');
  fs.unlink('/a');
  const buffer = Buffer.alloc(10);
  expect(fs.read(fd, buffer)).toBe(4);
  expect(fs.read(fd, buffer)).toBe(0);
  expect(buffer.toString('utf8', 0, 4)).toBe('text');
});

describe('after a power cut', () => {
  function disk(): MemoryFs {
    const fs = new MemoryFs();
    writeSynced(fs, '/safe', 'old', 0o644);
    syncFolder(fs, '/');
    const fd = fs.open('/safe', 'a');
    writeAll(fs, fd, Buffer.from('more'));
    fs.close(fd);
    writeSynced(fs, '/unnamed', 'synced, but its folder is not', 0o644);
    return fs;
  }

  test('only what was synced is sure', () => {
    expect(disk().crashed({ content: 'lost', names: 'synced' }).listing()).toEqual({ '/safe': 'old' });
    expect(disk().crashed({ content: 'cut', names: 'synced' }).listing()).toEqual({ '/safe': 'oldmo' });
    expect(disk().crashed({ content: 'lost', names: 'all' }).listing()).toEqual({ '/safe': 'old', '/unnamed': 'synced, but its folder is not' });
    expect(disk().crashed({ content: 'kept', names: 'all' }).listing()).toEqual(disk().listing());
  });

  test('what is left is whole: links stay links, and more can be written', () => {
    const fs = new MemoryFs();
    writeSynced(fs, '/a', 'text', 0o644);
    fs.link('/a', '/b');
    const after = fs.crashed({ content: 'kept', names: 'all' });
    expect(after.lstat('/a')).toMatchObject({ links: 2, ino: after.lstat('/b')?.ino });
    writeFileAtomic('/a', 'new', { fs: after });
    expect(after.listing()).toEqual({ '/a': 'new', '/b': 'text' });
    expect(fs.listing()).toEqual({ '/a': 'text', '/b': 'text' });
  });

  test('an atomic write holds the old text or the new one, whenever the power goes', () => {
    for (let cut = 1; ; cut++) {
      const disk = new MemoryFs();
      writeFileAtomic('/file', 'old', { fs: disk });
      const { fs, calls } = withFaults(disk, { failAt: cut, dead: true });
      try {
        writeFileAtomic('/file', 'new', { fs });
      } catch (error) {
        expect(errorCode(error)).toBe('EIO');
      }
      for (const content of ['lost', 'cut', 'kept'] as const) {
        for (const names of ['synced', 'all'] as const) expect(['old', 'new']).toContain(disk.crashed({ content, names }).readFile('/file').toString());
      }
      if (calls() < cut) break;
    }
  });
});

test('a torn write leaves half', () => {
  const disk = new MemoryFs();
  const { fs } = withFaults(disk, { failAt: 2, code: 'ENOSPC', torn: true });
  const fd = fs.open('/a', 'wx', 0o644);
  expect(() => fs.write(fd, Buffer.from('12345678'), 0)).toThrow('ENOSPC');
  fs.close(fd);
  expect(disk.readFile('/a').toString()).toBe('1234');
});

test('the double is really in memory', () => {
  const fs = new MemoryFs();
  fs.mkdir('/crpm-memory-fs', 0o755);
  expect(() => lstatSync('/crpm-memory-fs')).toThrow('ENOENT');
  expect(() => readFileSync('/crpm-memory-fs')).toThrow('ENOENT');
});
