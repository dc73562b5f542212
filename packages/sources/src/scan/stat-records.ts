import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import type { BytePath } from '@crpm/archive';
import type { FileEntry } from '../manifest.js';

/** A file as it was when it was hashed. */
export interface StatRecord {
  readonly entry: FileEntry;
  /**
   * At {@link at}: size, mtime, ctime, inode, mode; shared by all records of a file, for a view of it per record would cost more than the rest.
   * Times are milliseconds as doubles, exact to a quarter of a microsecond: coarser than what the file system gives, and far finer than the
   * time that passes between two changes that have to be told apart.
   */
  readonly stamps: ArrayLike<number>;
  readonly at: number;
}

const STAMP_LENGTH = 5;
const MAGIC = 'crpm stat cache 2';
const HEX_DIGEST = 64;
const CHECKSUM_BYTES = 32;

export function makeRecord(entry: FileEntry, stat: Stats): StatRecord {
  return { entry, stamps: [stat.size, stat.mtimeMs, stat.ctimeMs, stat.ino, stat.mode], at: 0 };
}

// Spelled out: it runs for every file of every scan.
export function matches({ stamps, at }: StatRecord, stat: Stats): boolean {
  return (
    stamps[at] === stat.size &&
    stamps[at + 1] === stat.mtimeMs &&
    stamps[at + 2] === stat.ctimeMs &&
    stamps[at + 3] === stat.ino &&
    stamps[at + 4] === stat.mode
  );
}

/**
 * The bytes of a cache file, made to be read fast: magic, tree, number of records and length of the paths, each ended by NUL; the paths, each
 * ended by NUL; the hex digests; the stamps as doubles of this machine; the sha256 of all before.
 */
export function encodeRecords(records: readonly StatRecord[], tree: BytePath): Buffer {
  const paths = records.map(({ entry }) => `${entry.path}\0`).join('');
  const digests = records.map(({ entry }) => entry.sha256).join('');
  const stamps = new Float64Array(records.length * STAMP_LENGTH);
  for (const [index, { stamps: from, at }] of records.entries()) {
    for (let field = 0; field < STAMP_LENGTH; field++) stamps[index * STAMP_LENGTH + field] = from[at + field] ?? 0;
  }
  const text = `${MAGIC}\0${tree}\0${records.length}\0${paths.length}\0${paths}${digests}`;
  const body = Buffer.concat([Buffer.from(text, 'latin1'), Buffer.from(stamps.buffer)]);
  return Buffer.concat([body, checksum(body)]);
}

/** Nothing, if the bytes are not exactly what {@link encodeRecords} made for this tree. */
export function decodeRecords(bytes: Buffer, tree: BytePath): readonly StatRecord[] {
  const body = bytes.subarray(0, Math.max(0, bytes.length - CHECKSUM_BYTES));
  const head = `${MAGIC}\0${tree}\0`;
  if (body.toString('latin1', 0, head.length) !== head || !checksum(body).equals(bytes.subarray(body.length))) return [];

  const [count = '', length = ''] = body.toString('latin1', head.length, head.length + 64).split('\0', 2);
  const pathsAt = head.length + count.length + length.length + 2;
  const digestsAt = pathsAt + Number(length);
  const stampsAt = digestsAt + Number(count) * HEX_DIGEST;
  const paths = body.toString('latin1', pathsAt, digestsAt).split('\0');
  const digests = body.toString('latin1', digestsAt, stampsAt);
  const stamps = new Float64Array(new Uint8Array(body.subarray(stampsAt)).buffer); // copied, for alignment
  const records: StatRecord[] = [];
  for (let index = 0; index < paths.length - 1; index++) {
    const at = index * STAMP_LENGTH;
    const sha256 = digests.slice(index * HEX_DIGEST, (index + 1) * HEX_DIGEST);
    records.push({ entry: fileEntry(paths[index] ?? '', stamps[at] ?? 0, stamps[at + 4] ?? 0, sha256), stamps, at });
  }
  return records;
}

/** `mode` as `lstat` gives it. */
export function fileEntry(path: BytePath, size: number, mode: number, sha256: string): FileEntry {
  return { type: 'file', path, mode: (mode & 0o111) === 0 ? 0o644 : 0o755, size, sha256 };
}

function checksum(body: Buffer): Buffer {
  return createHash('sha256').update(body).digest();
}
