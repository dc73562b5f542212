import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fail } from '@crpm/core';
import { errorCode, temporaryName } from '@crpm/state';
import { changeLockFile, findFilePin, readLockFile, withPins } from '../lock-file.js';
import { download } from './download.js';

/*
 * <cache>/files/<algorithm>-<hex>/<name>    a file that was got from somewhere, by what it holds; the folder's mtime is when it was last used
 */

/** What a file must hold. */
export interface Digest {
  readonly algorithm: 'sha256' | 'sha512';
  readonly hex: string;
}

export interface FileOptions {
  readonly cacheDir: string;
  readonly signal?: AbortSignal | undefined;
}

/** A kept file, read through before it is handed out: one that is not what it should be is removed, and not there. It then counts as used now. */
export async function keptFile(digest: Digest, { cacheDir, signal }: FileOptions): Promise<string | undefined> {
  const home = homeOf(cacheDir, digest);
  const [name] = namesIn(home);
  if (name === undefined) return undefined;
  const file = join(home, name);
  if ((await digestOf(file, digest.algorithm, signal)) !== digest.hex) {
    rmSync(home, { recursive: true, force: true });
    return undefined;
  }
  utimesSync(home, new Date(), new Date());
  return file;
}

/** Takes a file in: `bring` writes it to the path it is given and tells its digest; where that is not the one wanted, `refuse` says so and nothing is kept. */
export async function keepFile(name: string, algorithm: Digest['algorithm'], { cacheDir }: FileOptions, how: { readonly bring: (file: string) => Promise<string>; readonly refuse: (hex: string) => void }): Promise<{ readonly file: string; readonly hex: string }> {
  const fresh = join(filesDir(cacheDir), temporaryName('file'));
  mkdirSync(fresh, { recursive: true });
  try {
    const hex = await how.bring(join(fresh, name));
    how.refuse(hex);
    const home = homeOf(cacheDir, { algorithm, hex });
    publish(fresh, home);
    return { file: join(home, namesIn(home)[0] ?? name), hex };
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

export interface RemoteFile extends FileOptions {
  /** `http:` or `https:` */
  readonly url: string;
  readonly sha256?: string | undefined;
}

/** What an address leads to, as a file in the cache. Fails as {@link download} does, or with class `usage` if it has another sha256. */
export async function getFile({ url, sha256: expected, ...options }: RemoteFile): Promise<{ readonly file: string; readonly sha256: string }> {
  const kept = expected === undefined ? undefined : await keptFile({ algorithm: 'sha256', hex: expected }, options);
  if (kept !== undefined && expected !== undefined) return { file: kept, sha256: expected };
  const { file, hex } = await keepFile(fileName(url), 'sha256', options, {
    bring: (to) => download(url, to, { signal: options.signal }),
    refuse: (sha256) => {
      if (expected !== undefined && sha256 !== expected) fail({ class: 'usage', message: `${url} is not what was expected: its sha256 is ${sha256}, not ${expected}`, next: 'If it was replaced on purpose, take the new one with crpm update.' });
    },
  });
  return { file, sha256: hex };
}

/** The same, by what the lock file says; there the first run writes what it got. */
export async function remoteFile({ url, lockFile, ...options }: Omit<RemoteFile, 'sha256'> & { readonly lockFile: string }): Promise<{ readonly file: string; readonly sha256: string }> {
  const expected = findFilePin(await readLockFile(lockFile), url)?.sha256;
  const got = await getFile({ url, sha256: expected, ...options });
  if (expected === undefined) await changeLockFile(lockFile, (pins) => withPins(pins, { files: [{ url, sha256: got.sha256 }] }));
  return got;
}

/** The last part of an address, without what a server alone minds. */
export function fileName(url: string): string {
  const name = new URL(url).pathname.split('/').at(-1) ?? '';
  return /^[A-Za-z0-9_][A-Za-z0-9._+~^-]{0,200}$/.test(name) ? name : 'download';
}

/** hex */
export async function digestOf(file: string, algorithm: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash(algorithm);
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash, ...(signal ? [{ signal }] : []));
  return hash.digest('hex');
}

export function listFiles(cacheDir: string): readonly { readonly id: string; readonly title: string; readonly bytes: number; readonly lastUsed: number }[] {
  return namesIn(filesDir(cacheDir)).flatMap((id) => {
    const home = join(filesDir(cacheDir), id);
    const [name] = /^sha(256|512)-[0-9a-f]+$/.test(id) ? namesIn(home) : [];
    if (name === undefined) return [];
    const stat = statSync(join(home, name), { throwIfNoEntry: false });
    return stat ? [{ id, title: name, bytes: stat.size, lastUsed: statSync(home).mtimeMs }] : [];
  });
}

export function removeFile(cacheDir: string, id: string): void {
  rmSync(join(filesDir(cacheDir), id), { recursive: true, force: true });
}

/** What another run put there meanwhile is as good. */
function publish(fresh: string, home: string): void {
  try {
    renameSync(fresh, home);
  } catch (error) {
    if (errorCode(error) !== 'ENOTEMPTY' && errorCode(error) !== 'EEXIST') throw error;
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

export function filesDir(cacheDir: string): string {
  return join(cacheDir, 'files');
}

function homeOf(cacheDir: string, { algorithm, hex }: Digest): string {
  return join(filesDir(cacheDir), `${algorithm}-${hex}`);
}
