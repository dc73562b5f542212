import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { realFs, Store, type Fs } from '../src/index.js';
import { faultyFs, temporaryFolder } from './tools.js';

const CONTENT = 'an RPM, as it were';
const SHA256 = createHash('sha256').update(CONTENT).digest('hex');

function scene(fs: Fs = realFs): { folder: string; store: Store; file: string; entry: string } {
  const folder = temporaryFolder();
  const file = join(folder, 'a.rpm');
  writeFileSync(file, CONTENT);
  return { folder, file, store: new Store(join(folder, 'cache'), fs), entry: join(folder, 'cache', 'store', SHA256.slice(0, 2), SHA256) };
}

test('what was added comes back, by link, even when the file it came from is gone', async () => {
  const { folder, store, file, entry } = scene();
  await store.add(file, SHA256);
  expect(statSync(entry).ino).toBe(statSync(file).ino);
  rmSync(file);
  expect(await store.restore(SHA256, join(folder, 'back'))).toBe('restored');
  expect(readFileSync(join(folder, 'back'), 'utf8')).toBe(CONTENT);
  expect(await store.restore('0'.repeat(64), join(folder, 'none'))).toBe('absent');
});

test('where the file system has no links, it copies, and checks what it copied', async () => {
  const link = () => { throw Object.assign(new Error('EXDEV'), { code: 'EXDEV' }); };
  const { folder, store, file, entry } = scene({ ...realFs, link });
  await store.add(file, SHA256);
  expect(statSync(entry).ino).not.toBe(statSync(file).ino);
  expect(await store.restore(SHA256, join(folder, 'back'))).toBe('restored');
  await expect(store.add(file, '0'.repeat(64))).rejects.toThrow('was to hold 000');
  expect(store.has('0'.repeat(64))).toBe(false);
});

test('twenty who add the same at once are all right', async () => {
  const { folder, file, entry } = scene();
  await Promise.all(Array.from({ length: 20 }, () => new Store(join(folder, 'cache')).add(file, SHA256)));
  expect(readFileSync(entry, 'utf8')).toBe(CONTENT);
  expect(readdirSync(join(folder, 'cache', 'store', 'tmp'))).toEqual([]);
});

describe('a bad entry is a loud miss: set aside, never given out', () => {
  const damages: [string, (entry: string) => void][] = [
    ['empty', (entry) => { truncateSync(entry, 0); }],
    ['longer', (entry) => { writeFileSync(entry, `${CONTENT}.`); }],
    ['replaced by a link to the right content', (entry) => {
      rmSync(entry);
      writeFileSync(`${entry}.elsewhere`, CONTENT);
      symlinkSync(`${entry}.elsewhere`, entry);
    }],
    ['replaced by a folder', (entry) => {
      rmSync(entry);
      mkdirSync(entry);
    }],
    ...Array.from({ length: CONTENT.length }, (_, index): [string, (entry: string) => void] => [`cut at byte ${String(index)}`, (entry) => { truncateSync(entry, index); }]),
    ...Array.from({ length: CONTENT.length }, (_, index): [string, (entry: string) => void] => [`flipped at byte ${String(index)}`, (entry) => {
      const bytes = readFileSync(entry);
      bytes[index] = (bytes[index] ?? 0) ^ 1;
      writeFileSync(entry, bytes);
    }]),
  ];
  test.each(damages)('%s', async (_what, damage) => {
    const { folder, store, file, entry } = scene();
    const copy = join(folder, 'copy.rpm');
    writeFileSync(copy, CONTENT);
    await store.add(file, SHA256);
    chmodSync(entry, 0o644);
    damage(entry);
    expect(await store.restore(SHA256, join(folder, 'back'))).toBe('damaged');
    expect(existsSync(join(folder, 'back'))).toBe(false);
    expect(readdirSync(store.badFolder)).toHaveLength(1);
    // It heals with the next build.
    expect(await store.restore(SHA256, join(folder, 'back'))).toBe('absent');
    await store.add(copy, SHA256);
    expect(await store.restore(SHA256, join(folder, 'back'))).toBe('restored');
  });
});

test('an entry that is evicted while it is looked at, and at once put back, is a miss and no damage', async () => {
  let gap: number | undefined;
  let calls = 0;
  /** Every path but the entry's own is as it is; in call number `gap` that names the entry, it is just not there. */
  const missing = <A extends unknown[], R>(call: (path: string, ...rest: A) => R, gone: () => R) => (path: string, ...rest: A): R => (path.endsWith(`store/${SHA256.slice(0, 2)}/${SHA256}`) && ++calls === gap ? gone() : call(path, ...rest));
  const enoent = () => { throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' }); };
  const fs: Fs = { ...realFs, lstat: missing(realFs.lstat, () => undefined), open: missing(realFs.open, enoent), link: missing(realFs.link, enoent) };
  const { folder, store, file } = scene(fs);
  await store.add(file, SHA256);
  let seen = 0;
  for (gap = 1; ; gap++) {
    calls = 0;
    const target = join(folder, `back-${String(gap)}`);
    const hit = await store.restore(SHA256, target);
    if (calls < gap) break;
    if (hit === 'absent') seen++;
    else expect([hit, readFileSync(target, 'utf8')]).toEqual(['restored', CONTENT]);
    expect(existsSync(store.badFolder)).toBe(false);
  }
  expect(seen).toBeGreaterThan(2);
});

test('whichever call fails, an entry is whole or not there', { timeout: 60_000 }, async () => {
  for (let call = 1; ; call++) {
    const { fs, calls } = faultyFs(call, { code: 'ENOSPC' });
    const { store, file, entry } = scene(fs);
    const error = await store.add(file, SHA256).then(() => undefined, (thrown: unknown) => thrown);
    if (existsSync(entry)) expect(readFileSync(entry, 'utf8')).toBe(CONTENT);
    if (calls() < call) {
      expect(error).toBeUndefined();
      break;
    }
  }
});
