import { dirname } from 'node:path';
import { fail, type Json } from '@crpm/core';
import { syncFolder, writeAll } from './atomic.js';
import { hashText } from './digest.js';
import { errorCode, realFs, type Fs } from './fs.js';

/*
 * One record is one line: `crpm<version> <16 hex of sha256 over version and JSON> <JSON>`. This frame stays the same in all versions,
 * so that an old crpm can tell a newer record from garbage.
 */
const VERSION = 1;

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
  readonly #fs: Fs;
  readonly #fd: number;
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
    return new Journal(fs, fd, records, good, warning);
  }

  /** The good records of a journal that may be in use; changes nothing. */
  static read(file: string, fs: Fs = realFs): readonly Json[] {
    return parse(file, readIfThere(fs, file)).records;
  }

  private constructor(fs: Fs, fd: number, records: readonly Json[], size: number, warning: string | undefined) {
    this.#fs = fs;
    this.#fd = fd;
    this.#size = size;
    this.records = records;
    this.warning = warning;
  }

  /** The record is on the disk when this returns. When it throws, the journal is as it was. */
  append(record: Json): void {
    const bytes = Buffer.from(frame(record));
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

  close(): void {
    this.#fs.close(this.#fd);
  }
}

function frame(record: Json): string {
  const json = JSON.stringify(record);
  return `crpm${String(VERSION)} ${checksum(String(VERSION), json)} ${json}\n`;
}

function checksum(version: string, json: string): string {
  return hashText(`${version} ${json}`).slice(0, 16);
}

function parse(file: string, bytes: Buffer): Parsed {
  const records: Json[] = [];
  let good = 0;
  for (let end = bytes.indexOf(10, good); end >= 0; end = bytes.indexOf(10, good)) {
    const match = /^crpm(\d{1,9}) ([0-9a-f]{16}) (.*)$/.exec(bytes.toString('utf8', good, end));
    const [, version = '', sum, json = ''] = match ?? [];
    if (!match || checksum(version, json) !== sum) break;
    if (Number(version) > VERSION) {
      fail({
        class: 'usage',
        message: `${file} was written by a newer crpm (version ${version} of the journal; this one knows ${String(VERSION)})`,
        next: `Use the newer crpm, or remove ${file}: then everything is built again.`,
      });
    }
    records.push(JSON.parse(json) as Json);
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
