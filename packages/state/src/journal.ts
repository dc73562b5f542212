import { dirname } from 'node:path';
import { fail, type Json } from '@crpm/core';
import { syncFolder, writeAll } from './atomic.js';
import { errorCode, realFs, type Fs } from './fs.js';
import { frameRecord, RECORD_VERSION, unframeRecord } from './record.js';

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
