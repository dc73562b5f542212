import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { localArchiveTree, readLockFile, rememberedSha256, remoteArchiveTree, scanTree, sha256Of, sourcesRooms, TARBALL } from '../src/index.js';
import { failureOf, temporaryFolder, write } from './support/trees.js';

/** A tarball of one folder `libvirt-9.0.0`. */
function pack(name: string, files: Readonly<Record<string, string>>, ...options: string[]): string {
  const dir = temporaryFolder();
  write(join(dir, 'libvirt-9.0.0'), files);
  return packFolder(dir, name, ...options);
}

function packFolder(dir: string, name: string, ...options: string[]): string {
  const file = join(temporaryFolder(), name);
  execFileSync('tar', ['--create', '--file', file, ...options, '--directory', dir, ...readdirSync(dir)], { stdio: 'ignore' });
  return file;
}

const FILES = { 'meson.build': "project('libvirt')\n", 'src/a.c': 'a'.repeat(100_000) };

describe('a tarball on this machine', () => {
  test.each([
    ['plain', 'a.tar', []],
    ['packed by gzip', 'a.tar.gz', ['--gzip']],
    ['packed by xz', 'a.tar.xz', ['--xz']],
    ['packed by bzip2', 'a.tar.bz2', ['--bzip2']],
    ['packed by zstd', 'a.tar.zst', ['--zstd']],
    ['whose name says nothing of its packing', 'download', ['--xz']],
  ])('%s becomes a folder: what its one top folder holds', async (_what, name, options) => {
    const cacheDir = temporaryFolder();
    const file = pack(name, FILES, ...options);
    const { dir, sha256 } = await localArchiveTree({ format: TARBALL, file, cacheDir });
    expect(readFileSync(join(dir, 'meson.build'), 'utf8')).toBe(FILES['meson.build']);
    expect((await scanTree(dir)).entries).toHaveLength(2);
    expect(sha256).toBe(await sha256Of(file));
    expect(await localArchiveTree({ format: TARBALL, file, cacheDir })).toEqual({ dir, sha256 });
    expect(readdirSync(join(cacheDir, 'trees'))).toEqual([`tar-${sha256}`]);
  });

  test('without one top folder is taken as it is', async () => {
    const dir = temporaryFolder();
    write(dir, { a: 'a', 'b/c': 'c' });
    const tree = await localArchiveTree({ format: TARBALL, file: packFolder(dir, 'a.tar'), cacheDir: temporaryFolder() });
    expect((await scanTree(tree.dir)).digest).toBe((await scanTree(dir)).digest);
  });

  test('keeps executable bits, and links as links, wherever they lead', async () => {
    const dir = temporaryFolder();
    write(dir, { 'top/run': '#!/bin/sh\n', 'top/a': 'a' });
    chmodSync(join(dir, 'top/run'), 0o755);
    symlinkSync('/etc/passwd', join(dir, 'top/link'));
    const tree = await localArchiveTree({ format: TARBALL, file: packFolder(dir, 'a.tar'), cacheDir: temporaryFolder() });
    expect((await scanTree(tree.dir)).digest).toBe((await scanTree(join(dir, 'top'))).digest);
  });

  test('is refused when its sha256 is another', async () => {
    const file = pack('a.tar', FILES);
    const failure = await failureOf(localArchiveTree({ format: TARBALL, file, sha256: 'a'.repeat(64), cacheDir: temporaryFolder() }));
    expect(failure).toMatchObject({ class: 'usage', message: `${file} is not what was expected: its sha256 is ${await sha256Of(file)}, not ${'a'.repeat(64)}` });
  });

  test.each<[string, (file: string) => void, RegExp]>([
    ['that is a page about it', (file) => { writeFileSync(file, '<html>Please log in</html>'); }, /^a\.tar\.xz is no tar archive, plain or packed by gzip, xz, bzip2 or zstd$/],
    ['that is empty', (file) => { writeFileSync(file, ''); }, /is no tar archive/],
    ['cut in the middle', (file) => { writeFileSync(file, readFileSync(file).subarray(0, 150)); }, /^a\.tar\.xz is damaged: .*end of input/],
  ])('%s is refused by name and leaves nothing', async (_what, spoil, message) => {
    const cacheDir = temporaryFolder();
    const file = pack('a.tar.xz', FILES, '--xz');
    spoil(file);
    const failure = await failureOf(localArchiveTree({ format: TARBALL, file, cacheDir }));
    expect(failure.class).toBe('usage');
    expect(failure.message).toMatch(message);
    expect(readdirSync(join(cacheDir, 'trees'))).toEqual([]);
  });

  test('with a damaged gzip stream is refused', async () => {
    const file = pack('a.tar.gz', FILES, '--gzip');
    const bytes = readFileSync(file);
    bytes.fill(0xff, 60, 120);
    writeFileSync(file, bytes);
    expect((await failureOf(localArchiveTree({ format: TARBALL, file, cacheDir: temporaryFolder() }))).message).toMatch(/^a\.tar\.gz is damaged: /);
  });

  test('that would write outside is refused, and nothing is written', async () => {
    const dir = temporaryFolder();
    write(dir, { a: 'a' });
    const cacheDir = temporaryFolder();
    const file = packFolder(dir, 'a.tar', '--transform=s,^a$,../../../escaped,', '--absolute-names');
    expect(await failureOf(localArchiveTree({ format: TARBALL, file, cacheDir }))).toMatchObject({ class: 'usage', message: 'refused ../../../escaped in a.tar: its name contains ..' });
    expect(existsSync(join(cacheDir, 'escaped'))).toBe(false);
  });

  test('that is not there is named', async () => {
    expect(await failureOf(localArchiveTree({ format: TARBALL, file: '/nowhere/a.tar.xz', cacheDir: temporaryFolder() }))).toMatchObject({ class: 'usage', message: '/nowhere/a.tar.xz does not exist' });
  });

  test('is hashed again when it may have changed, and only then', async () => {
    const file = pack('a.tar', FILES);
    const memory = join(temporaryFolder(), 'memory');
    const first = await rememberedSha256(file, memory);
    expect(first).toBe(await sha256Of(file));
    expect(existsSync(memory)).toBe(false); // too young to vouch for itself
    writeFileSync(file, 'something else');
    expect(await rememberedSha256(file, memory)).toBe(await sha256Of(file));
  });
});

describe('a tarball at an address', () => {
  const closers: (() => void)[] = [];
  afterEach(() => {
    for (const close of closers.splice(0)) close();
  });

  async function serve(listener: RequestListener): Promise<string> {
    const server = createServer(listener);
    closers.push(() => {
      server.closeAllConnections();
      server.close();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/libvirt-9.0.0.tar.xz`;
  }

  const lab = () => {
    const cacheDir = temporaryFolder();
    return { cacheDir, lockFile: join(temporaryFolder(), 'custom-rpms.lock.yaml') };
  };

  test('is got once, pinned, and needs no network from then on', async () => {
    const bytes = readFileSync(pack('a.tar.xz', FILES, '--xz'));
    let asked = 0;
    const url = await serve((_request, response) => {
      asked++;
      response.end(bytes);
    });
    const options = { url, format: TARBALL, ...lab() };
    const { dir, sha256 } = await remoteArchiveTree(options);
    expect(readFileSync(join(dir, 'src/a.c'), 'utf8')).toBe(FILES['src/a.c']);
    expect(await readLockFile(options.lockFile)).toEqual({ git: [], files: [{ url, sha256 }] });
    expect(await remoteArchiveTree(options)).toEqual({ dir, sha256 });
    expect(asked).toBe(1);
    expect(readdirSync(join(options.cacheDir, 'trees'))).toEqual([`tar-${sha256}`]);
  });

  test('with its sha256 in the config is not pinned; another one is refused', async () => {
    const file = pack('a.tar.xz', FILES, '--xz');
    const url = await serve((_request, response) => response.end(readFileSync(file)));
    const options = { url, format: TARBALL, ...lab() };
    const sha256 = await sha256Of(file);
    expect((await remoteArchiveTree({ ...options, sha256 })).sha256).toBe(sha256);
    expect(existsSync(options.lockFile)).toBe(false);
    expect((await failureOf(remoteArchiveTree({ ...options, sha256: 'b'.repeat(64) }))).message).toContain(`its sha256 is ${sha256}, not ${'b'.repeat(64)}`);
  });

  test('behind a redirect is got', async () => {
    const bytes = readFileSync(pack('a.tar.xz', FILES, '--xz'));
    const url = await serve((request, response) => {
      if (request.url === '/mirror') response.end(bytes);
      else response.writeHead(302, { location: '/mirror' }).end();
    });
    expect((await scanTree((await remoteArchiveTree({ format: TARBALL, url, ...lab() })).dir)).entries).toHaveLength(2);
  });

  test.each<[string, RequestListener, object]>([
    ['not there', (_request, response) => response.writeHead(404).end(), { class: 'usage', message: expect.stringMatching(/: the server answers 404 Not Found$/) as string }],
    ['of a server in trouble', (_request, response) => response.writeHead(503).end(), { class: 'environment', transient: true }],
    ['cut by the server', (_request, response) => { response.writeHead(200, { 'content-length': '1000' }); response.write('half', () => response.destroy()); }, { class: 'environment', transient: true }],
    ['cut by the server without a word of its length', (_request, response) => { response.write('half', () => response.destroy()); }, { class: 'environment', transient: true }],
  ])('%s: a failure that says whose hands can mend it, and neither pin nor file', async (_what, listener, expected) => {
    const options = { url: await serve(listener), format: TARBALL, ...lab() };
    expect(await failureOf(remoteArchiveTree(options))).toMatchObject(expected);
    expect(existsSync(options.lockFile)).toBe(false);
    expect(readdirSync(join(options.cacheDir, 'trees'))).toEqual([]);
  });

  test('where nobody listens: a failure that names it', async () => {
    const failure = await failureOf(remoteArchiveTree({ format: TARBALL, url: 'http://127.0.0.1:1/a.tar', ...lab() }));
    expect(failure).toMatchObject({ class: 'environment', transient: true });
    expect(failure.message).toMatch(/^can't get http:\/\/127\.0\.0\.1:1\/a\.tar: /);
  });

  test('is given up when the user stops the run', async () => {
    const stop = new AbortController();
    const url = await serve((_request, response) => response.write('half', () => { stop.abort(); }));
    expect((await failureOf(remoteArchiveTree({ format: TARBALL, url, ...lab(), signal: stop.signal }))).class).toBe('cancelled');
  });
});

test('the rooms of trees and mirrors list what there is, and let it go', async () => {
  const cacheDir = temporaryFolder();
  const { dir, sha256 } = await localArchiveTree({ format: TARBALL, file: pack('a.tar', FILES), cacheDir });
  mkdirSync(join(cacheDir, 'git', 'abc.git'), { recursive: true });
  write(join(cacheDir, 'git', 'abc.git'), { 'crpm-url': 'https://example.org/x.git', HEAD: 'ref' });
  const signal = new AbortController().signal;
  const items = Object.fromEntries(await Promise.all(sourcesRooms(cacheDir).map(async (room) => [room.name, await room.list(signal)] as const)));
  expect(items).toMatchObject({
    git: [{ id: 'abc.git', title: 'mirror of https://example.org/x.git', bytes: 28 }],
    trees: [{ id: `tar-${sha256}`, title: expect.stringMatching(/a\.tar$/) as string, bytes: 100_019, lastUsed: statSync(join(dir, '..')).mtimeMs }],
    snapshots: [],
  });
  for (const room of sourcesRooms(cacheDir)) expect(await room.remove(await room.list(signal), signal)).toHaveLength(['snapshots', 'files'].includes(room.name) ? 0 : 1);
  expect(existsSync(dir)).toBe(false);
  expect(existsSync(join(cacheDir, 'git', 'abc.git'))).toBe(false);
});
