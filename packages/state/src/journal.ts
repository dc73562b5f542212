import { basename, dirname, join } from 'node:path';
import { fail, type Json } from '@crpm/core';
import { syncFolder, writeAll } from './atomic.js';
import { errorCode, realFs, type Fs } from './fs.js';
import { temporaryName } from './owner.js';
import { frameRecord, RECORD_VERSION, unframeRecord } from './record.js';

/** Bytes below which a journal is not worth writing anew. */
const WORTHWHILE = 256 * 1024;

interface Parsed {
  readonly records: readonly Json[];
  /** Bytes from the start that hold good records. */
  readonly good: number;
  readonly size: number;
}

/**
 * What a workspace remembers: records, only ever appended. It is a cache of facts that can be found again by doing the work again, so a damaged end
 * is cut off with a warning; but a file of a newer crpm is refused (class `usage`) and left alone.
 */
export class Journal {
  readonly records: readonly Json[];
  /** Says what was cut off when it was opened. */
  readonly warning: string | undefined;
  readonly #file: string;
  readonly #fs: Fs;
  #fd: number;
  #size: number;

  /** Opens a journal for appending, making it if it is not there. Only who holds the workspace's lock may. */
  static open(file: string, fs: Fs = realFs): Journal {
    const { records, good, size } = parse(file, readIfThere(fs, file));
    const isNew = !fs.lstat(file);
    const fd = fs.open(file, 'a', 0o600);
    try {
      if (good < size) {
        fs.truncate(fd, good);
        fs.fsync(fd);
      }
      if (isNew) syncFolder(fs, dirname(file));
    } catch (error) {
      fs.close(fd);
      throw error;
    }
    const warning = good < size ? `${file} was damaged: its last ${String(size - good)} bytes are cut off, ${String(records.length)} records are left` : undefined;
    return new Journal(file, fs, fd, records, good, warning);
  }

  /** The good records of a journal that may be in use; changes nothing. */
  static read(file: string, fs: Fs = realFs): readonly Json[] {
    return parse(file, readIfThere(fs, file)).records;
  }

  private constructor(file: string, fs: Fs, fd: number, records: readonly Json[], size: number, warning: string | undefined) {
    this.#file = file;
    this.#fs = fs;
    this.#fd = fd;
    this.#size = size;
    this.records = records;
    this.warning = warning;
  }

  /** The record is on the disk when this returns. When it throws, the journal is as it was. */
  append(record: Json): void {
    const bytes = Buffer.from(frameRecord(JSON.stringify(record)));
    try {
      writeAll(this.#fs, this.#fd, bytes);
      this.#fs.fsync(this.#fd);
    } catch (error) {
      // Half a record would hide all that follow it.
      this.#fs.truncate(this.#fd, this.#size);
      throw error;
    }
    this.#size += bytes.length;
  }

  /**
   * Writes the journal anew from the records that still matter, if at least half of it, and more than a little, is others'. After a crash at any
   * instant there is the old journal or the new one. Whether it did; when it throws, the journal is as it was.
   */
  compact(alive: readonly Json[]): boolean {
    if (this.#size < WORTHWHILE) return false;
    const bytes = Buffer.from(alive.map((record) => frameRecord(JSON.stringify(record))).join(''));
    if (bytes.length > this.#size / 2) return false;
    const fs = this.#fs;
    const temporary = join(dirname(this.#file), temporaryName(`.${basename(this.#file)}`));
    // Opened before it gets its name: from then on nothing can fail that would leave records going into the old file.
    const fd = fs.open(temporary, 'ax', 0o600);
    try {
      writeAll(fs, fd, bytes);
      fs.fsync(fd);
      fs.rename(temporary, this.#file);
    } catch (error) {
      fs.close(fd);
      fs.remove(temporary);
      throw error;
    }
    const old = this.#fd;
    this.#fd = fd;
    this.#size = bytes.length;
    fs.close(old);
    syncFolder(fs, dirname(this.#file));
    return true;
  }

  close(): void {
    this.#fs.close(this.#fd);
  }
}

function parse(file: string, bytes: Buffer): Parsed {
  const records: Json[] = [];
  let good = 0;
  for (let end = bytes.indexOf(10, good); end >= 0; end = bytes.indexOf(10, good)) {
    const line = unframeRecord(bytes.toString('utf8', good, end));
    if (line.state === 'bad') break;
    if (line.state === 'newer') {
      fail({
        class: 'usage',
        message: `${file} was written by a newer crpm (version ${String(line.version)} of the journal; this one knows ${String(RECORD_VERSION)})`,
        next: `Use the newer crpm, or remove ${file}: then everything is built again.`,
      });
    }
    records.push(JSON.parse(line.json) as Json);
    good = end + 1;
  }
  return { records, good, size: bytes.length };
}

function readIfThere(fs: Fs, file: string): Buffer {
  try {
    return fs.readFile(file);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}
