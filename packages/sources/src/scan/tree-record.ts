import { closeSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { BytePath } from '@crpm/archive';
import { inByteOrder, type Manifest, type ManifestEntry } from '../manifest.js';
import { STAMP_LENGTH } from './stamps.js';

/** A tree as a scan left it, made so that the next scan can tell with one `lstat` per name, and without making an object for each, that nothing changed. */
export interface TreeRecord {
  /**
   * In this order: the *basis*, which is all that decides what belongs to the tree (its folders, git's index and exclude files); the files; the
   * symbolic links. Relative to the tree, or absolute.
   */
  readonly names: readonly BytePath[];
  /** How many of the names are basis, and how many are files. */
  readonly basis: number;
  readonly files: number;
  /** {@link STAMP_LENGTH} numbers for each name. */
  readonly stamps: Float64Array;
  /** 32 bytes for each file: the sha256 of its content. */
  readonly digests: Buffer;
  /** What each link says. */
  readonly targets: readonly BytePath[];
  /** Absent: something was too young to be vouched for. Then the names are files and links only, and good for not reading them again. */
  readonly whole?: Whole;
  /** Only in a {@link Glance}'s record. */
  readonly glance?: GlanceParts;
}

/** The other files of a glance. */
export interface GlanceParts {
  /** What `lstat` said of the whole record's file, and of the index of git (see {@link identityOf}). */
  readonly record: string;
  readonly index: string;
  /** Sha256 of the index, hex. */
  readonly indexSha256: string;
  /** Milliseconds since the epoch: from then on git could look at a good part more. */
  readonly again?: number;
}

export interface Whole {
  /** Of the manifest. */
  readonly digest: string;
  readonly warnings: readonly string[];
  /** The scan's options, and what git reads of the environment: another scan's record says nothing. */
  readonly circumstances: string;
}

const MAGIC = 'crpm tree record 2';
/** How every record of this format begins, and no other file that passes the checksum. */
const BEGINNING = `{"magic":${JSON.stringify(MAGIC)},`;
/** Of a sha256. */
export const DIGEST_BYTES = 32;
const CHECKSUM_BYTES = 4;
/** Holds the first line, as good as always. */
const FIRST_BYTES = 4096;

export interface Head {
  readonly magic: string;
  readonly tree: BytePath;
  readonly basis: number;
  readonly files: number;
  readonly names: number;
  /** Length of the names' text. */
  readonly text: number;
  readonly whole?: Whole;
  readonly glance?: GlanceParts;
}

/**
 * The bytes of a record's file: a line of JSON, blanks up to a multiple of 8; the stamps as doubles of this machine; the digests; the names, then the targets,
 * each ended by NUL; the CRC-32 of all before.
 */
export function encodeRecord(record: TreeRecord, tree: BytePath): Buffer {
  const text = record.names.map((name) => `${name}\0`).join('');
  const head: Head = { magic: MAGIC, tree, basis: record.basis, files: record.files, names: record.names.length, text: text.length, ...(record.whole && { whole: record.whole }), ...(record.glance && { glance: record.glance }) };
  const json = Buffer.from(JSON.stringify(head));
  const padding = Buffer.alloc(7 - (json.length % 8), ' ');
  const stamps = Buffer.from(record.stamps.buffer, record.stamps.byteOffset, record.stamps.byteLength);
  const targets = record.targets.map((target) => `${target}\0`).join('');
  const body = Buffer.concat([json, padding, Buffer.from('\n'), stamps, record.digests, Buffer.from(text, 'latin1'), Buffer.from(targets, 'latin1')]);
  return Buffer.concat([body, checksum(body)]);
}

/** Nothing, if the bytes are not exactly what {@link encodeRecord} made for this tree. */
export function decodeRecord(bytes: Buffer, tree: BytePath): TreeRecord | undefined {
  const body = bytes.subarray(0, Math.max(0, bytes.length - CHECKSUM_BYTES));
  if (body.toString('latin1', 0, BEGINNING.length) !== BEGINNING || !checksum(body).equals(bytes.subarray(body.length))) return undefined;
  const stampsAt = body.indexOf('\n') + 1;
  const head = JSON.parse(body.toString('utf8', 0, stampsAt)) as Head;
  if (head.tree !== tree) return undefined;

  const digestsAt = stampsAt + head.names * STAMP_LENGTH * Float64Array.BYTES_PER_ELEMENT;
  const textAt = digestsAt + head.files * DIGEST_BYTES;
  const targetsAt = textAt + head.text;
  return {
    names: split(body.toString('latin1', textAt, targetsAt)),
    basis: head.basis,
    files: head.files,
    stamps: doubles(body.subarray(stampsAt, digestsAt)),
    digests: body.subarray(digestsAt, textAt),
    targets: split(body.toString('latin1', targetsAt)),
    ...(head.whole && { whole: head.whole }),
    ...(head.glance && { glance: head.glance }),
  };
}

/** Of a record's file, the first line, unchecked. Throws where there is none. */
export function readHead(file: string): Head {
  const fd = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(FIRST_BYTES);
    return JSON.parse(bytes.toString('utf8', 0, readSync(fd, bytes)).split('\n', 1)[0] ?? '') as Head;
  } finally {
    closeSync(fd);
  }
}

/** What a record says of its tree. The entries are made when somebody asks for them. */
export function manifestOf({ digest, warnings }: Pick<Whole, 'digest' | 'warnings'>, record: () => TreeRecord): Manifest {
  let entries: readonly ManifestEntry[] | undefined;
  return {
    get entries() {
      return (entries ??= entriesOf(record()));
    },
    digest,
    warnings,
  };
}

export function entriesOf(record: TreeRecord): readonly ManifestEntry[] {
  return inByteOrder(record.names.slice(record.basis).map((_, index) => entryAt(record, record.basis + index)));
}

/** The file or link at `index` of the names. */
export function entryAt(record: TreeRecord, index: number): ManifestEntry {
  const path = record.names[index] ?? '';
  const file = index - record.basis;
  if (file >= record.files) return { type: 'symlink', path, target: record.targets[file - record.files] ?? '' };
  const at = index * STAMP_LENGTH;
  const sha256 = record.digests.toString('hex', file * DIGEST_BYTES, (file + 1) * DIGEST_BYTES);
  return { type: 'file', path, mode: modeOf(record.stamps[at + 4] ?? 0), size: record.stamps[at] ?? 0, sha256 };
}

/** Of a manifest's file, from what `lstat` says. */
export function modeOf(mode: number): 0o644 | 0o755 {
  return (mode & 0o111) === 0 ? 0o644 : 0o755;
}

function split(text: string): readonly string[] {
  const parts = text.split('\0');
  parts.pop();
  return parts;
}

/** Without a copy where the bytes lie right for it. */
function doubles(bytes: Buffer): Float64Array {
  const aligned = bytes.byteOffset % Float64Array.BYTES_PER_ELEMENT === 0 ? bytes : new Uint8Array(bytes);
  return new Float64Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / Float64Array.BYTES_PER_ELEMENT);
}

/** Against damage, not against anybody: whoever may write here may write the tree as well. */
function checksum(body: Buffer): Buffer {
  const bytes = Buffer.alloc(CHECKSUM_BYTES);
  bytes.writeUInt32BE(crc32(body));
  return bytes;
}
