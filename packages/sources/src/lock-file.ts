import { readFileSync } from 'node:fs';
import { fail } from '@crpm/core';
import { errorCode, writeFileAtomic } from '@crpm/state';
import { isCommit } from './git/fetch.js';
import type { Remote } from './git/remote.js';

/** Which commit a ref stands for, so that every machine builds from the same. */
export interface GitPin extends Remote {
  readonly commit: string;
}

/** Which bytes an address stands for. */
export interface FilePin {
  readonly url: string;
  /** hex */
  readonly sha256: string;
}

export interface Pins {
  readonly git: readonly GitPin[];
  readonly files: readonly FilePin[];
}

export const LOCK_FILE_NAME = 'custom-rpms.lock.yaml';

const VERSION = 3;
const HEADER = `# Written by crpm: what each branch, tag and address stands for. Commit this file with the config.
# crpm update moves it to what is newest.
`;

/** The pins of a lock file; none if it does not exist. Fails with class `usage` if it is no lock file, or one of a newer crpm. */
export async function readLockFile(file: string): Promise<Pins> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return { git: [], files: [] };
    fail({ class: 'usage', message: `can't read ${file}: ${(error as Error).message}` }, error);
  }
  const { load, YAMLException } = await import('js-yaml');
  try {
    return parsePins(load(text), file);
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    failDamaged(file, error.reason, error);
  }
}

/** Replaces a lock file by one rename; pins sorted, so that the file changes only where a pin does. */
export async function writeLockFile(file: string, { git, files }: Pins): Promise<void> {
  const { dump } = await import('js-yaml');
  const sorted = [...git].sort((a, b) => compare(a.url, b.url) || compare(a.ref, b.ref)).map(({ url, ref, commit }) => ({ url, ref, commit }));
  const sortedFiles = [...files].sort((a, b) => compare(a.url, b.url)).map(({ url, sha256 }) => ({ url, sha256 }));
  write(file, `${HEADER}${dump({ version: VERSION, git: sorted, ...(files.length === 0 ? {} : { files: sortedFiles }) }, { lineWidth: -1 })}`);
}

export function findPin(pins: Pins, { url, ref }: Remote): GitPin | undefined {
  return pins.git.find((pin) => pin.url === url && pin.ref === ref);
}

export function findFilePin(pins: Pins, url: string): FilePin | undefined {
  return pins.files.find((pin) => pin.url === url);
}

/** With pins in place of those for the same ref or address. */
export function withPins(pins: Pins, { git = [], files = [] }: Partial<Pins>): Pins {
  return {
    git: [...pins.git.filter((pin) => !git.some(({ url, ref }) => pin.url === url && pin.ref === ref)), ...git],
    files: [...pins.files.filter((pin) => !files.some(({ url }) => pin.url === url)), ...files],
  };
}

/** Changes a lock file; two packages that pin at the same time do so one after the other. Other processes are kept out by the workspace's lock. */
export function changeLockFile(file: string, change: (pins: Pins) => Pins): Promise<Pins> {
  const before = turns.get(file) ?? Promise.resolve();
  const job = async () => {
    const pins = await readLockFile(file);
    const changed = change(pins);
    if (changed !== pins) await writeLockFile(file, changed);
    return changed;
  };
  const result = before.then(job, job);
  turns.set(file, result);
  return result;
}

const turns = new Map<string, Promise<unknown>>();

function parsePins(value: unknown, file: string): Pins {
  // Version 2 knew only tarballs, and called them so.
  const { version, git, tarballs = [], files = tarballs } = (value ?? {}) as { version?: unknown; git?: unknown; tarballs?: unknown; files?: unknown };
  if (typeof version === 'number' && version > VERSION) {
    fail({ class: 'usage', message: `${file} was written by a newer crpm (version ${version}, this one knows ${VERSION})`, next: 'Update crpm.' });
  }
  const known = typeof version === 'number' && Number.isInteger(version) && version >= 1;
  if (!known || !Array.isArray(git) || !Array.isArray(files)) failDamaged(file, `it needs "version: ${VERSION}", a list "git" and, if any, a list "files"`);
  return { git: git.map((item: unknown, index) => parseGitPin(item, index, file)), files: files.map((item: unknown, index) => parseFilePin(item, index, file)) };
}

/** Version 1 knew only branches, and called them so. */
function parseGitPin(item: unknown, index: number, file: string): GitPin {
  const { url, branch, ref = branch, commit } = (item ?? {}) as Partial<Record<keyof GitPin | 'branch', unknown>>;
  if (typeof url !== 'string' || typeof ref !== 'string') failDamaged(file, `entry ${index + 1} of git needs url and ref`);
  if (typeof commit !== 'string' || !isCommit(commit)) failDamaged(file, `the commit of ${url} ${ref} must be 40 or 64 hex digits, in quotes if it is all digits`);
  return { url, ref, commit };
}

function parseFilePin(item: unknown, index: number, file: string): FilePin {
  const { url, sha256 } = (item ?? {}) as Partial<Record<keyof FilePin, unknown>>;
  if (typeof url !== 'string') failDamaged(file, `entry ${index + 1} of files needs url`);
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) failDamaged(file, `the sha256 of ${url} must be 64 hex digits, in quotes if it is all digits`);
  return { url, sha256 };
}

function failDamaged(file: string, why: string, cause?: unknown): never {
  fail({ class: 'usage', message: `${file} is no lock file of crpm: ${why}`, next: 'Take it back from git, or delete it to pin what is newest.' }, cause);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function write(file: string, text: string): void {
  try {
    writeFileAtomic(file, text);
  } catch (error) {
    const code = errorCode(error);
    if (code !== 'EACCES' && code !== 'EROFS') throw error;
    fail({ class: 'environment', message: `can't write ${file}: ${(error as Error).message}`, next: 'Make the folder of the config writable, or commit the lock file.' }, error);
  }
}
