import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, chmodSync, lstatSync, mkdirSync, readFileSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { extract } from 'tar-stream';
import { bytesOf } from '@crpm/archive';
import { describe, expect, test } from 'vitest';
import { makeManifest, packTree, scanTree, type FileEntry } from '../src/index.js';
import { failureOf, temporaryFolder, write } from './support/trees.js';

async function bytes(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function unpack(tar: Buffer): string {
  const dir = temporaryFolder();
  execFileSync('tar', ['--extract', '--file=-', '--preserve-permissions'], { cwd: dir, input: tar, env: { PATH: process.env['PATH'], LC_ALL: 'C' } });
  return dir;
}

const listing = (tar: Buffer) => execFileSync('tar', ['--list', '--verbose', '--full-time', '--utc', '--numeric-owner', '--file=-'], { input: tar, encoding: 'utf8' }).trimEnd().split('\n');

describe('the archive of a tree', () => {
  test('gives the same tree when GNU tar unpacks it', async () => {
    const dir = temporaryFolder();
    write(dir, { 'a/b/c.c': 'x', tool: '#!/bin/sh\n', empty: '', block: Buffer.alloc(512, 1), big: Buffer.alloc(700_001, 7) });
    chmodSync(join(dir, 'tool'), 0o750);
    symlinkSync('../../elsewhere', join(dir, 'a/link'));
    const manifest = await scanTree(dir);
    const unpacked = unpack(await bytes(packTree(dir, manifest)));
    expect(await scanTree(unpacked)).toEqual(manifest);
    expect(lstatSync(join(unpacked, 'tool')).mode & 0o777).toBe(0o755);
  });

  test('is the same for the same tree, wherever and whenever: owner, times and order are fixed', async () => {
    const files = { 'b.c': 'x', 'a/z.c': 'x' };
    const [one, two] = [temporaryFolder(), temporaryFolder()];
    write(one, files);
    write(two, Object.fromEntries(Object.entries(files).reverse()));
    const [first, second] = await Promise.all([one, two].map(async (dir) => bytes(packTree(dir, await scanTree(dir), { prefix: 'qemu-9.1.0' }))));
    expect(first).toEqual(second);
    expect(listing(first!)).toEqual([
      'drwxr-xr-x 0/0               0 1980-01-01 00:00:00 qemu-9.1.0/',
      'drwxr-xr-x 0/0               0 1980-01-01 00:00:00 qemu-9.1.0/a/',
      '-rw-r--r-- 0/0               1 1980-01-01 00:00:00 qemu-9.1.0/a/z.c',
      '-rw-r--r-- 0/0               1 1980-01-01 00:00:00 qemu-9.1.0/b.c',
    ]);
  });

  test('holds only what was asked for, with the time that was asked for', async () => {
    const dir = temporaryFolder();
    write(dir, { 'src/a.c': 'x', 'src/b.c': 'x', 'doc/c': 'x' });
    const tar = await bytes(packTree(dir, await scanTree(dir), { only: new Set(['src/b.c']), mtime: 1_700_000_000 }));
    expect(listing(tar)).toEqual(['drwxr-xr-x 0/0               0 2023-11-14 22:13:20 src/', '-rw-r--r-- 0/0               1 2023-11-14 22:13:20 src/b.c']);
  });

  test.each([99, 100, 101, 155, 255])('keeps names and link targets of %i bytes', async (length) => {
    const dir = temporaryFolder();
    const name = 'n'.repeat(length);
    write(dir, { [name]: 'x' });
    symlinkSync('t'.repeat(length), join(dir, 'link'));
    const manifest = await scanTree(dir);
    expect(await scanTree(unpack(await bytes(packTree(dir, manifest))))).toEqual(manifest);
  });

  test('is read by tar-stream as well, names as bytes', async () => {
    const dir = temporaryFolder();
    const name = `é${'n'.repeat(150)}`;
    write(dir, { [name]: 'x' });
    const names: string[] = [];
    const reader = packTree(dir, await scanTree(dir), { prefix: 'p' }).pipe(extract({ filenameEncoding: 'latin1' } as object));
    for await (const entry of reader) {
      names.push(entry.header.name);
      entry.resume();
    }
    expect(names).toEqual(['p/', bytesOf(`p/${name}`)]);
  });

  test('ends with two blocks of zeros', async () => {
    const dir = temporaryFolder();
    write(dir, { a: 'x' });
    const tar = await bytes(packTree(dir, await scanTree(dir)));
    expect(tar.length % 512).toBe(0);
    expect(tar.subarray(-1024)).toEqual(Buffer.alloc(1024));
  });

  test('is made in bounded memory', async () => {
    const dir = temporaryFolder();
    execFileSync('truncate', ['--size=200M', join(dir, 'sparse')]);
    const sha256 = createHash('sha256');
    for (let i = 0; i < 200; i++) sha256.update(Buffer.alloc(1 << 20));
    const entry: FileEntry = { type: 'file', path: 'sparse', mode: 0o644, size: 200 << 20, sha256: sha256.digest('hex') };
    const before = process.memoryUsage().rss;
    let total = 0;
    let peak = 0;
    for await (const chunk of packTree(dir, makeManifest([entry]))) {
      total += (chunk as Buffer).length;
      peak = Math.max(peak, process.memoryUsage().rss);
    }
    expect(total).toBe((200 << 20) + 512 + 1024);
    expect(peak - before).toBeLessThan(100 << 20);
  });
});

describe('a tree that changed since its manifest', () => {
  const changes: Record<string, (file: string) => void> = {
    'other content': (file) => writeFileSync(file, 'OTHER'),
    longer: (file) => appendFileSync(file, 'x'),
    shorter: (file) => writeFileSync(file, 'x'),
    executable: (file) => chmodSync(file, 0o755),
    gone: (file) => unlinkSync(file),
    'a link now': (file) => (unlinkSync(file), symlinkSync('/etc/passwd', file)),
    'a folder now': (file) => (unlinkSync(file), mkdirSync(file)),
    'a FIFO now': (file) => (unlinkSync(file), execFileSync('mkfifo', [file])),
  };
  for (const [what, change] of Object.entries(changes)) {
    test(`fails the stream: ${what}`, async () => {
      const dir = temporaryFolder();
      write(dir, { 'a/file': 'first', z: 'x' });
      const manifest = await scanTree(dir);
      change(join(dir, 'a/file'));
      expect(await failureOf(bytes(packTree(dir, manifest)))).toEqual({
        class: 'source',
        message: 'changed while reading: a/file',
        next: 'Run again when nothing writes to the tree.',
      });
    });
  }

  test('fails the stream: a link that leads elsewhere, a folder that became a link', async () => {
    const dir = temporaryFolder();
    write(dir, { 'folder/file': 'x' });
    symlinkSync('one', join(dir, 'link'));
    const manifest = await scanTree(dir);
    unlinkSync(join(dir, 'link'));
    symlinkSync('two', join(dir, 'link'));
    expect((await failureOf(bytes(packTree(dir, manifest)))).message).toBe('changed while reading: link');
    rmSync(join(dir, 'folder'), { recursive: true });
    symlinkSync('nowhere', join(dir, 'folder'));
    expect((await failureOf(bytes(packTree(dir, manifest)))).message).toBe('changed while reading: folder/file');
  });

  test('is noticed while the stream is under way', async () => {
    const dir = temporaryFolder();
    write(dir, { a: Buffer.alloc(3 << 20), b: 'x' });
    const manifest = await scanTree(dir);
    let seen = 0;
    const reading = (async () => {
      for await (const chunk of packTree(dir, manifest)) {
        if (seen === 0) writeFileSync(join(dir, 'b'), 'y');
        seen += (chunk as Buffer).length;
      }
    })();
    expect((await failureOf(reading)).message).toBe('changed while reading: b');
    expect(seen).toBeGreaterThan(2 << 20);
  });

  test('leaves what is not archived alone', async () => {
    const dir = temporaryFolder();
    write(dir, { a: 'x', b: 'x' });
    const manifest = await scanTree(dir);
    write(dir, { b: 'changed' });
    const unpacked = unpack(await bytes(packTree(dir, manifest, { only: new Set(['a']) })));
    expect(readFileSync(join(unpacked, 'a'), 'utf8')).toBe('x');
  });
});
