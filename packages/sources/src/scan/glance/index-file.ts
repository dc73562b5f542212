import { createHash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';
import type { BytePath } from '@crpm/archive';

/** A file or link that git shall look at. */
export interface Watched {
  readonly path: BytePath;
  readonly stat: BigIntStats;
}

const HEADER_BYTES = 12;
const STAT_BYTES = 40;
const OID_BYTES = 20;
const FLAGS_BYTES = 2;
/** Where a name is longer, git measures it itself. */
const LONGEST_COUNTED = 0xfff;
/** git takes a file without size for unchanged only under this name of no content. */
const EMPTY_BLOB = Buffer.from('e69de29bb2d1d6434b8b29ae775ad8c2e48c5391', 'hex');
const UINT32 = 0xffff_ffffn;
const NS_PER_S = 1_000_000_000n;

/** Whether an index can hold what `lstat` says without losing what git compares. */
export function fitsIndex(stat: BigIntStats): boolean {
  return (stat.isFile() || stat.isSymbolicLink()) && stat.size < 0x8000_0000n && stat.mtimeNs >= 0n && stat.ctimeNs >= 0n && stat.mtimeNs / NS_PER_S <= UINT32 && stat.ctimeNs / NS_PER_S <= UINT32;
}

/**
 * An index of git (version 2) over files and links in byte order of their paths. It names no content: git never reads a file of which `lstat` says what the index
 * says, and what differs is all that is asked of it.
 */
export function encodeIndex(files: readonly Watched[]): Buffer {
  const sizes = files.map(({ path }) => entryBytes(path));
  const index = Buffer.alloc(HEADER_BYTES + sizes.reduce((sum, size) => sum + size, 0) + OID_BYTES);
  index.write('DIRC', 'latin1');
  index.writeUInt32BE(2, 4);
  index.writeUInt32BE(files.length, 8);
  let at = HEADER_BYTES;
  for (const [number, { path, stat }] of files.entries()) {
    const fields = [...timeOf(stat.ctimeNs), ...timeOf(stat.mtimeNs), stat.dev, stat.ino, modeOf(stat), stat.uid, stat.gid, stat.size];
    for (const [field, value] of fields.entries()) index.writeUInt32BE(Number(value & UINT32), at + field * 4);
    if (stat.size === 0n) EMPTY_BLOB.copy(index, at + STAT_BYTES);
    index.writeUInt16BE(Math.min(path.length, LONGEST_COUNTED), at + STAT_BYTES + OID_BYTES);
    index.write(path, at + STAT_BYTES + OID_BYTES + FLAGS_BYTES, 'latin1');
    at += sizes[number] ?? 0;
  }
  createHash('sha1').update(index.subarray(0, at)).digest().copy(index, at);
  return index;
}

/** One to eight bytes of NUL end a name, up to a multiple of eight. */
function entryBytes(path: BytePath): number {
  return (STAT_BYTES + OID_BYTES + FLAGS_BYTES + path.length + 8) & ~7;
}

function timeOf(ns: bigint): readonly [bigint, bigint] {
  return [ns / NS_PER_S, ns % NS_PER_S];
}

function modeOf(stat: BigIntStats): bigint {
  if (stat.isSymbolicLink()) return 0o120000n;
  return (stat.mode & 0o100n) === 0n ? 0o100644n : 0o100755n;
}
