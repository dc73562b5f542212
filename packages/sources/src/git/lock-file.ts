import { readFileSync } from 'node:fs';
import { fail } from '@crpm/core';
import { replaceFile } from '../replace-file.js';
import { isCommit } from './fetch.js';
import type { Remote } from './remote.js';

/** Which commit a branch stands for, so that every machine builds from the same spec. */
export interface Pin extends Remote {
  readonly commit: string;
}

export const LOCK_FILE_NAME = 'custom-rpms.lock.yaml';

const VERSION = 1;
const HEADER = `# Written by crpm: the commit that each branch stands for. Commit this file with the config.
# To take a branch's newest commit, delete its entry.
`;

/** The pins of a lock file; none if it does not exist. Fails with class `usage` if it is no lock file, or one of a newer crpm. */
export async function readLockFile(file: string): Promise<readonly Pin[]> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
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

/** Replaces a lock file by one rename; pins sorted by address and branch, so that the file changes only where a pin does. */
export async function writeLockFile(file: string, pins: readonly Pin[]): Promise<void> {
  const { dump } = await import('js-yaml');
  const sorted = [...pins].sort((a, b) => compare(a.url, b.url) || compare(a.branch, b.branch));
  const git = sorted.map(({ url, branch, commit }) => ({ url, branch, commit }));
  write(file, `${HEADER}${dump({ version: VERSION, git }, { lineWidth: -1 })}`);
}

export function findPin(pins: readonly Pin[], { url, branch }: Remote): Pin | undefined {
  return pins.find((pin) => pin.url === url && pin.branch === branch);
}

function parsePins(value: unknown, file: string): readonly Pin[] {
  const { version, git } = (value ?? {}) as { version?: unknown; git?: unknown };
  if (typeof version === 'number' && version > VERSION) {
    fail({ class: 'usage', message: `${file} was written by a newer crpm (version ${version}, this one knows ${VERSION})`, next: 'Update crpm.' });
  }
  if (version !== VERSION || !Array.isArray(git)) failDamaged(file, `it needs "version: ${VERSION}" and a list "git"`);
  return git.map((item: unknown, index) => {
    const { url, branch, commit } = (item ?? {}) as Partial<Record<keyof Pin, unknown>>;
    if (typeof url !== 'string' || typeof branch !== 'string') failDamaged(file, `entry ${index + 1} needs url and branch`);
    if (typeof commit !== 'string' || !isCommit(commit)) failDamaged(file, `the commit of ${url} ${branch} must be 40 or 64 hex digits, in quotes if it is all digits`);
    return { url, branch, commit };
  });
}

function failDamaged(file: string, why: string, cause?: unknown): never {
  fail({ class: 'usage', message: `${file} is no lock file of crpm: ${why}`, next: 'Take it back from git, or delete it to pin the newest commits.' }, cause);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function write(file: string, text: string): void {
  try {
    replaceFile(file, Buffer.from(text), { mode: 0o644, durable: true });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'EACCES' && code !== 'EROFS') throw error;
    fail({ class: 'environment', message: `can't write ${file}: ${message}`, next: 'Make the folder of the config writable, or commit the lock file.' }, error);
  }
}
