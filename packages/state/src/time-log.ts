import { dirname } from 'node:path';
import { FailureError } from '@crpm/core';
import { writeAll, writeFileAtomic } from './atomic.js';
import { errorCode, realFs, type Fs } from './fs.js';
import { acquireLock, type Lock } from './lock.js';

/*
 *   <file>     lines appended now, by anybody, each batch by one write
 *   <file>.1   what was appended before that, no longer written
 *   <file>.0   all that is older, one line per name
 *
 * When <file> has grown, one process (under <file>.lock) merges .1 into .0 and renames <file> to .1. A writer that had <file> open then
 * writes into .1, and once more into the new <file>: nothing is lost between reading and writing.
 */

/** A time and a name; 13 digits of milliseconds are good until the year 2286. What does not look so was damaged, and is nobody's. */
const LINE = /^(\d{13}) (.+)$/;

/** Bytes after which the lines are merged. */
const TURN = 256 * 1024;

/** To write into a file that stays; some file systems give one another number each time, and it is a hint that is lost. */
const ATTEMPTS = 10;

export interface TimeLogOptions {
  /** Names kept when lines are merged, the latest of them. */
  readonly keep: number;
  /** Bytes after which lines are merged; default 256 KiB. */
  readonly turn?: number;
  readonly fs?: Fs;
}

/**
 * Remembers when names were last noted: when a cached thing was last used, when it was removed. Kept beside the things, because their own times change
 * with every hard link. Any number of processes may append at once; a line that is cut or garbage costs that line. All of it are hints.
 */
export class TimeLog {
  readonly #file: string;
  readonly #keep: number;
  readonly #turn: number;
  readonly #fs: Fs;

  constructor(file: string, { keep, turn = TURN, fs = realFs }: TimeLogOptions) {
    this.#file = file;
    this.#keep = keep;
    this.#turn = turn;
    this.#fs = fs;
  }

  /** Notes names (any text without line ends) at a time, milliseconds since the epoch. Throws what the file system says. */
  async note(names: readonly string[], at: number = Date.now()): Promise<void> {
    if (names.length === 0) return;
    const fs = this.#fs;
    fs.mkdir(dirname(this.#file), 0o700);
    // The line end in front closes what a dead writer may have left unfinished.
    const lines = Buffer.from(`\n${names.map((name) => line(name, at)).join('')}`);
    // Who waited between opening and writing for as long as two turns take wrote into a file that is gone.
    for (let attempts = ATTEMPTS; attempts > 0 && !this.#append(lines); attempts--);
    if ((fs.lstat(this.#file)?.size ?? 0) > this.#turn) await this.#merge();
  }

  /** Whether the file was the same before and after: what is in it then, the next turns read. */
  #append(lines: Buffer): boolean {
    const fs = this.#fs;
    const before = fs.lstat(this.#file);
    const fd = fs.open(this.#file, 'a', 0o600);
    try {
      if (before === undefined) return false;
      writeAll(fs, fd, lines);
    } finally {
      fs.close(fd);
    }
    const after = fs.lstat(this.#file);
    return after?.ino === before.ino && after.dev === before.dev;
  }

  /** The last time of each name. */
  read(): ReadonlyMap<string, number> {
    return this.#latest(['.0', '.1', '']);
  }

  async #merge(): Promise<void> {
    const fs = this.#fs;
    let lock: Lock;
    try {
      lock = await acquireLock(`${this.#file}.lock`, { command: 'crpm', what: this.#file, fs });
    } catch (error) {
      // Somebody else is at it.
      if (error instanceof FailureError && error.failure.class === 'locked') return;
      throw error;
    }
    try {
      if ((fs.lstat(this.#file)?.size ?? 0) <= this.#turn) return;
      const kept = [...this.#latest(['.0', '.1'])].sort(([, a], [, b]) => b - a).slice(0, this.#keep);
      writeFileAtomic(`${this.#file}.0`, kept.map(([name, at]) => line(name, at)).join(''), { mode: 0o600, fs });
      fs.rename(this.#file, `${this.#file}.1`);
    } finally {
      lock.release();
    }
  }

  #latest(parts: readonly string[]): Map<string, number> {
    const latest = new Map<string, number>();
    for (const part of parts) {
      for (const text of readIfThere(this.#fs, `${this.#file}${part}`).split('\n')) {
        const [, at, name] = LINE.exec(text) ?? [];
        if (name !== undefined && Number(at) > (latest.get(name) ?? 0)) latest.set(name, Number(at));
      }
    }
    return latest;
  }
}

function line(name: string, at: number): string {
  if (/[\n\r]/.test(name)) throw new Error(`not a name for a log of times: ${JSON.stringify(name)}`);
  return `${String(Math.trunc(at)).padStart(13, '0')} ${name}\n`;
}

function readIfThere(fs: Fs, file: string): string {
  try {
    return fs.readFile(file).toString();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return '';
    throw error;
  }
}
