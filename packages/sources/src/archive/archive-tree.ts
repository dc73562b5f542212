import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fail } from '@crpm/core';
import { errorCode, temporaryName } from '@crpm/state';
import { changeLockFile, findFilePin, readLockFile, withPins } from '../lock-file.js';
import { makeTree, storedTree, type TreeKey } from '../trees/tree-store.js';
import { download } from '../files/download.js';
import { unpackTarball } from './unpack-tarball.js';

/** How a file becomes a folder. */
export interface ArchiveFormat {
  /** Begins the names of its trees in the cache. */
  readonly prefix: 'tar' | 'srpm';
  /** Unpacks `file` into the empty folder `dir`; `what` names it in messages. */
  unpack(file: string, dir: string, what: string): Promise<void>;
}

export const TARBALL: ArchiveFormat = { prefix: 'tar', unpack: unpackTarball };

export interface ArchiveTree {
  /** Absolute folder in the cache; shared, not to be written to. */
  readonly dir: string;
  /** hex, of the archive */
  readonly sha256: string;
}

interface Archive {
  readonly format: ArchiveFormat;
  /** What it must have, hex. */
  readonly sha256?: string | undefined;
  readonly cacheDir: string;
  readonly signal?: AbortSignal | undefined;
}

export interface LocalArchive extends Archive {
  /** Absolute path. */
  readonly file: string;
}

/** The files in an archive on this machine. Fails with class `usage` if it is not there, is none, or has another sha256. */
export async function localArchiveTree({ file, format, sha256: expected, cacheDir, signal }: LocalArchive): Promise<ArchiveTree> {
  const sha256 = await sha256Of(file, signal);
  if (expected !== undefined && expected !== sha256) failOther(file, expected, sha256);
  const dir = await makeTree(cacheDir, keyOf(format, sha256), { title: file, signal, fill: (into) => format.unpack(file, into, basename(file)) });
  return { dir, sha256 };
}

/** Its sha256, where none is given, is what the lock file says; there the first run writes what it got. */
export interface RemoteArchive extends Archive {
  /** `http:` or `https:` */
  readonly url: string;
  readonly lockFile: string;
}

/**
 * The files in an archive that an address leads to. What was unpacked before needs no network. Fails with class `usage` if what comes
 * is not what was expected, or as {@link download} and its format's `unpack` do.
 */
export async function remoteArchiveTree(options: RemoteArchive): Promise<ArchiveTree> {
  const { url, lockFile } = options;
  const expected = options.sha256 ?? findFilePin(await readLockFile(lockFile), url)?.sha256;
  const got = await getArchive({ ...options, sha256: expected });
  if (expected === undefined) await changeLockFile(lockFile, (pins) => withPins(pins, { files: [{ url, sha256: got.sha256 }] }));
  return got;
}

/** The same without regard to the lock file. */
export async function getArchive({ url, format, sha256: expected, cacheDir, signal }: Omit<RemoteArchive, 'lockFile'>): Promise<ArchiveTree> {
  const stored = expected === undefined ? undefined : storedTree(cacheDir, keyOf(format, expected));
  if (stored && expected !== undefined) return { dir: stored.dir, sha256: expected };
  const folder = join(cacheDir, 'trees');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, temporaryName('download'));
  try {
    const sha256 = await download(url, file, { signal });
    if (expected !== undefined && sha256 !== expected) failOther(url, expected, sha256);
    const dir = await makeTree(cacheDir, keyOf(format, sha256), { title: url, signal, fill: (into) => format.unpack(file, into, url) });
    return { dir, sha256 };
  } finally {
    rmSync(file, { force: true });
  }
}

function keyOf({ prefix }: ArchiveFormat, sha256: string): TreeKey {
  return `${prefix}-${sha256}`;
}

/** hex */
export async function sha256Of(file: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash, ...(signal ? [{ signal }] : []));
  } catch (error) {
    if (signal?.aborted) fail({ class: 'cancelled', message: `stopped while reading ${file}` }, error);
    const why = errorCode(error) === 'ENOENT' ? 'does not exist' : `can't be read: ${(error as Error).message}`;
    fail({ class: 'usage', message: `${file} ${why}`, next: 'Correct the path in the config.' }, error);
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
