import { basename, dirname, join } from 'node:path';
import { fail } from '@crpm/core';
import { writeNew } from './atomic.js';
import { errorCode, realFs, type Fs } from './fs.js';
import { liveness, ownIdentity, temporaryName, type ProcessIdentity } from './owner.js';

/*
 * A lock is a row of numbered files, `<file>.1`, `<file>.2`, …; the highest one tells who holds it. A file is made, whole, by link(2),
 * which lets exactly one process make number N + 1, and only who saw number N released or its holder dead tries. A single
 * file can't be taken over safely: between reading a dead holder and replacing him, somebody else may have done so, and would be robbed.
 *
 *   free ──link N+1──▶ held ──holder empties N+1──▶ free
 *                       └──holder dies──▶ free for whoever links N+2
 *
 * The highest file is never removed, lower ones are by the next holder. One that was late, and made a number below the highest, sees
 * that when it looks again, and withdraws.
 */

/** Who holds a lock. */
export interface LockHolder extends ProcessIdentity {
  /** ISO 8601 */
  readonly since: string;
  /** What the holder runs, for people. */
  readonly command: string;
}

export interface Lock {
  readonly holder: LockHolder;
  /** Idempotent. */
  release(): void;
}

export interface LockOptions {
  readonly command: string;
  /** What is locked, for the message; default `this workspace`. */
  readonly what?: string;
  /** What to do about a holder on this machine; default: wait or stop it. */
  readonly next?: string;
  readonly fs?: Fs;
}

/**
 * Takes a lock, or fails (class `locked`) with the name of who holds it. A dead holder's lock, or one that is garbage, is taken over; one
 * of a living holder never, and neither is one on another machine, of which nobody here can tell. Not async inside: a promise only so that waiting
 * can come without changing callers.
 */
export async function acquireLock(file: string, options: LockOptions): Promise<Lock> {
  const fs = options.fs ?? realFs;
  const holder: LockHolder = { ...ownIdentity(), since: new Date().toISOString(), command: options.command };
  fs.mkdir(dirname(file), 0o700);
  for (;;) {
    const top = highest(fs, file);
    const current = top > 0 ? readHolder(fs, numbered(file, top)) : undefined;
    if (current && liveness(current) !== 'dead') refuse(file, top, current, options);
    const own = numbered(file, top + 1);
    if (!create(fs, own, holder)) continue;
    try {
      if (highest(fs, file) > top + 1) {
        fs.remove(own);
        continue;
      }
      for (const lower of numbers(fs, file)) if (lower <= top) fs.remove(numbered(file, lower));
    } catch (error) {
      free(fs, own);
      throw error;
    }
    let held = true;
    return {
      holder,
      release: () => {
        if (held) free(fs, own);
        held = false;
      },
    };
  }
}

/** Who holds a lock now; nothing if nobody living does. */
export function readLock(file: string, fs: Fs = realFs): LockHolder | undefined {
  const top = highest(fs, file);
  const holder = top > 0 ? readHolder(fs, numbered(file, top)) : undefined;
  return holder && liveness(holder) !== 'dead' ? holder : undefined;
}

function refuse(file: string, top: number, holder: LockHolder, { what = 'this workspace', next }: LockOptions): never {
  const elsewhere = liveness(holder) === 'unknown';
  return fail({
    class: 'locked',
    message: `${what} is in use by pid ${String(holder.pid)} on ${holder.host} since ${holder.since}: ${holder.command}`,
    next: elsewhere
      ? `If that machine or container is gone, remove ${numbered(file, top)} and run again.`
      : (next ?? 'Wait until it ends, or stop it, then run again.'),
  });
}

/** False if somebody else was first. */
function create(fs: Fs, path: string, content: LockHolder): boolean {
  const temporary = join(dirname(path), temporaryName(`.${basename(path)}`));
  let made = false;
  try {
    // No need to survive a crash of the machine: its holder does not.
    writeNew(fs, temporary, JSON.stringify(content), 0o600);
    fs.link(temporary, path);
    made = true;
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    removeTemporary(fs, temporary, made);
  }
}

/** Once the lock is taken, a name too many is no reason to say that it is not. */
function removeTemporary(fs: Fs, temporary: string, made: boolean): void {
  try {
    fs.remove(temporary);
  } catch (error) {
    if (!made) throw error;
  }
}

/** Empties the file of its holder: needs no space on the disk, and what is empty is nobody's. */
function free(fs: Fs, path: string): void {
  const fd = fs.open(path, 'r+');
  try {
    fs.truncate(fd, 0);
  } finally {
    fs.close(fd);
  }
}

/** Nothing for a released lock, and for garbage, which no holder can have written. */
function readHolder(fs: Fs, path: string): LockHolder | undefined {
  let value: unknown;
  try {
    value = JSON.parse(fs.readFile(path).toString());
  } catch (error) {
    if (error instanceof SyntaxError || ['ENOENT', 'EISDIR'].includes(errorCode(error) ?? '')) return undefined;
    throw error;
  }
  return isHolder(value) ? value : undefined;
}

function isHolder(value: unknown): value is LockHolder {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Record<string, unknown>;
  const texts = ['start', 'boot', 'host', 'namespace', 'since', 'command'];
  return Number.isSafeInteger(fields['pid']) && Number(fields['pid']) > 0 && texts.every((name) => typeof fields[name] === 'string');
}

function numbered(file: string, number: number): string {
  return `${file}.${String(number)}`;
}

function highest(fs: Fs, file: string): number {
  return Math.max(0, ...numbers(fs, file));
}

function numbers(fs: Fs, file: string): readonly number[] {
  const prefix = `${basename(file)}.`;
  const folder = dirname(file);
  if (!fs.lstat(folder)) return [];
  return fs
    .readdir(folder)
    .filter((name) => name.startsWith(prefix) && /^[1-9]\d{0,14}$/.test(name.slice(prefix.length)))
    .map((name) => Number(name.slice(prefix.length)));
}
