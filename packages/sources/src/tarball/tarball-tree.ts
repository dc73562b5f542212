import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fail } from '@crpm/core';
import { errorCode, temporaryName } from '@crpm/state';
import { changeLockFile, findTarballPin, readLockFile, withPins } from '../lock-file.js';
import { makeTree, storedTree } from '../trees/tree-store.js';
import { download } from './download.js';
import { unpackTarball } from './unpack-tarball.js';

export interface TarballTree {
  /** Absolute folder in the cache; shared, not to be written to. */
  readonly dir: string;
  /** hex, of the tarball */
  readonly sha256: string;
}

export interface LocalTarball {
  /** Absolute path. */
  readonly file: string;
  /** What it must have, hex. */
  readonly sha256?: string | undefined;
  readonly cacheDir: string;
  readonly signal?: AbortSignal | undefined;
}

/** The files in a tarball on this machine. Fails with class `usage` if it is not there, is none, or has another sha256. */
export async function localTarballTree({ file, sha256: expected, cacheDir, signal }: LocalTarball): Promise<TarballTree> {
  const sha256 = await sha256Of(file, signal);
  if (expected !== undefined && expected !== sha256) failOther(file, expected, sha256);
  const dir = await makeTree(cacheDir, `tar-${sha256}`, { title: file, signal, fill: (into) => unpackTarball(file, into, basename(file)) });
  return { dir, sha256 };
}

export interface RemoteTarball {
  /** `http:` or `https:` */
  readonly url: string;
  /** What it must have, hex; absent: what the lock file says, where the first run writes what it got. */
  readonly sha256?: string | undefined;
  readonly lockFile: string;
  readonly cacheDir: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The files in a tarball that an address leads to. What was unpacked before needs no network. Fails with class `usage` if what comes
 * is not what was expected, or as {@link download} and {@link unpackTarball} do.
 */
export async function remoteTarballTree(options: RemoteTarball): Promise<TarballTree> {
  const { url, lockFile } = options;
  const expected = options.sha256 ?? findTarballPin(await readLockFile(lockFile), url)?.sha256;
  const got = await getTarball({ ...options, sha256: expected });
  if (expected === undefined) await changeLockFile(lockFile, (pins) => withPins(pins, { tarballs: [{ url, sha256: got.sha256 }] }));
  return got;
}

/** The same without regard to the lock file. */
export async function getTarball({ url, sha256: expected, cacheDir, signal }: Omit<RemoteTarball, 'lockFile'>): Promise<TarballTree> {
  const stored = expected === undefined ? undefined : storedTree(cacheDir, `tar-${expected}`);
  if (stored && expected !== undefined) return { dir: stored.dir, sha256: expected };
  const folder = join(cacheDir, 'trees');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, temporaryName('download'));
  try {
    const sha256 = await download(url, file, signal);
    if (expected !== undefined && sha256 !== expected) failOther(url, expected, sha256);
    const dir = await makeTree(cacheDir, `tar-${sha256}`, { title: url, signal, fill: (into) => unpackTarball(file, into, url) });
    return { dir, sha256 };
  } finally {
    rmSync(file, { force: true });
  }
}

/** hex */
export async function sha256Of(file: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash, ...(signal ? [{ signal }] : []));
  } catch (error) {
    if (signal?.aborted) fail({ class: 'cancelled', message: `stopped while reading ${file}` }, error);
    const why = errorCode(error) === 'ENOENT' ? 'does not exist' : `can't be read: ${(error as Error).message}`;
    fail({ class: 'usage', message: `the tarball ${file} ${why}`, next: 'Correct the path of the tarball in the config.' }, error);
  }
  return hash.digest('hex');
}

function failOther(what: string, expected: string, got: string): never {
  fail({
    class: 'usage',
    message: `${what} is not what was expected: its sha256 is ${got}, not ${expected}`,
    next: 'If it was replaced on purpose, correct sha256 in the config, or take the new one with crpm update.',
  });
}
