import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { scanTree } from '../src/index.js';
import { TreeCache } from '../src/scan/tree-cache.js';
import { decodeRecord } from '../src/scan/tree-record.js';
import type * as HashFile from '../src/scan/hash-file.js';
import { temporaryFolder, write } from './support/trees.js';

const read = vi.hoisted(() => ({ files: [] as string[] }));
vi.mock('../src/scan/hash-file.js', async (original) => {
  const real = await original<typeof HashFile>();
  return {
    ...real,
    hashFile: (...args: Parameters<typeof real.hashFile>) => {
      read.files.push(args[0].slice(args[0].lastIndexOf('/') + 1));
      return real.hashFile(...args);
    },
  };
});

/** The clock as the scan sees it, milliseconds; the file system has its own. */
const now = vi.spyOn(Date, 'now');
const SOON_ENOUGH = 3_000;

let dir: string;
let cacheFile: string;
const scan = async () => {
  read.files.length = 0;
  const manifest = await scanTree(dir, { cacheFile });
  return { digest: manifest.digest, read: [...read.files].sort() };
};

beforeEach(() => {
  dir = temporaryFolder();
  cacheFile = join(temporaryFolder(), 'deep/er/cache');
  write(dir, { a: 'one', b: 'two' });
  const written = statSync(join(dir, 'b')).ctimeMs;
  now.mockReturnValue(Math.ceil(written) + SOON_ENOUGH);
});

describe('with a cache', () => {
  test('what did not change is not read again', async () => {
    const first = await scan();
    expect(first.read).toEqual(['a', 'b']);
    expect(await scan()).toEqual({ digest: first.digest, read: [] });
  });

  test('only what changed is read', async () => {
    const first = await scan();
    write(dir, { a: 'three' });
    const second = await scan();
    expect(second.read).toEqual(['a']);
    expect(second.digest).not.toBe(first.digest);
  });

  test('new content of the same size and mtime is seen', async () => {
    utimesSync(join(dir, 'a'), 1000, 1000);
    const first = await scan();
    const before = statSync(join(dir, 'a'), { bigint: true });
    write(dir, { a: 'ONE' });
    utimesSync(join(dir, 'a'), 1000, 1000);
    const after = statSync(join(dir, 'a'), { bigint: true });
    expect([after.mtimeNs, after.size, after.ino]).toEqual([before.mtimeNs, before.size, before.ino]);
    const second = await scan();
    expect(second.read).toEqual(['a']);
    expect(second.digest).not.toBe(first.digest);
  });

  test('an older file moved over another is seen', async () => {
    write(dir, { '../older': 'old' });
    utimesSync(join(dir, '../older'), 1000, 1000);
    const first = await scan();
    renameSync(join(dir, '../older'), join(dir, 'a'));
    expect((await scan()).digest).not.toBe(first.digest);
  });

  test('a file touched in the tick of the clock in which it was read is read again (racy)', async () => {
    now.mockReturnValue(Math.floor(statSync(join(dir, 'a')).ctimeMs));
    await scan();
    expect((await scan()).read).toEqual(['a', 'b']);
    now.mockReturnValue(Math.ceil(statSync(join(dir, 'b')).ctimeMs) + SOON_ENOUGH);
    await scan();
    expect((await scan()).read).toEqual([]);
  });

  test('what is too young is read again, and the rest of the record holds', async () => {
    utimesSync(join(dir, 'a'), Date.now() / 1000, Date.now() / 1000);
    const first = await scan();
    expect(decodeRecord(readFileSync(cacheFile), dir)?.whole?.digest).toBe(first.digest);
    expect(await scan()).toEqual({ digest: first.digest, read: ['a'] });
  });

  test('what is gone is forgotten, so a file that comes back is read', async () => {
    await scan();
    rmSync(join(dir, 'a'));
    await scan();
    write(dir, { a: 'one' });
    expect((await scan()).read).toEqual(['a']);
  });

  test('of another tree nothing is believed', async () => {
    await scan();
    const other = temporaryFolder();
    write(other, { a: 'one' });
    dir = other;
    expect((await scan()).read).toEqual(['a']);
  });
});

describe('a damaged cache is ignored', () => {
  test('cut at any byte, or with any bit flipped', async () => {
    await scan();
    const stat = lstatSync(join(dir, 'a'));
    const known = () => {
      const entry = new TreeCache(cacheFile, dir, '').known('a', stat);
      return entry?.type === 'file' ? entry.sha256 : undefined;
    };
    const whole = readFileSync(cacheFile);
    expect(known()).toMatch(/^[0-9a-f]{64}$/);
    for (let at = 0; at < whole.length; at++) {
      writeFileSync(cacheFile, whole.subarray(0, at));
      expect(known(), `cut at ${at}`).toBeUndefined();
      for (let bit = 0; bit < 8; bit++) {
        const flipped = Buffer.from(whole);
        flipped[at] = flipped[at]! ^ (1 << bit);
        writeFileSync(cacheFile, flipped);
        expect(known(), `bit ${bit} of byte ${at}`).toBeUndefined();
      }
    }
  });

  test('the tree is read again and the cache written anew', async () => {
    const { digest } = await scan();
    writeFileSync(cacheFile, readFileSync(cacheFile).subarray(1));
    expect(await scan()).toEqual({ digest, read: ['a', 'b'] });
    expect(await scan()).toEqual({ digest, read: [] });
  });

  test('of another format, with a checksum that is right', async () => {
    const { digest } = await scan();
    const other = Buffer.from('crpm stat cache 2\0and whatever it held');
    writeFileSync(cacheFile, Buffer.concat([other, createHash('sha256').update(other).digest()]));
    expect(await scan()).toEqual({ digest, read: ['a', 'b'] });
  });

  test('replaced by a folder', async () => {
    const { digest } = await scan();
    rmSync(cacheFile);
    mkdirSync(cacheFile);
    expect(await scan()).toEqual({ digest, read: ['a', 'b'] });
  });
});
