import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readlinkSync, readSync, realpathSync } from 'node:fs';
import { Readable } from 'node:stream';
import { fail } from '@crpm/core';
import { bytesOf, encodeHeader, END_OF_ARCHIVE, fsPath, paddingOf, printable, type BytePath } from '@crpm/archive';
import { changedWhileReading } from '../changed.js';
import type { FileEntry, Manifest, SymlinkEntry } from '../manifest.js';
import { OPEN_FLAGS } from '../scan/hash-file.js';

export interface PackOptions {
  /** The folder in the archive that holds everything, `qemu-9.1.0`. Default: none. */
  readonly prefix?: string;
  /** Only these of the manifest. */
  readonly only?: ReadonlySet<BytePath>;
  /** Of every entry, seconds since the epoch. Default {@link DEFAULT_MTIME}. */
  readonly mtime?: number;
}

/** 1980-01-01: the same in every archive, and not 0, which ninja takes for a file that does not exist. */
export const DEFAULT_MTIME = 315_532_800;

/** Bytes held at a time. */
const CHUNK = 256 * 1024;

/**
 * A tar stream of a tree exactly as its manifest says: each file is read again and its size, executable bit and sha256 are compared. The same
 * manifest and options give the same bytes: root's, with {@link DEFAULT_MTIME}, in byte order, each folder before what is in it.
 *
 * If the tree is no longer as the manifest says, the stream ends with a `FailureError` of class `source` before the archive is complete.
 */
export function packTree(dir: string, manifest: Manifest, options: PackOptions = {}): Readable {
  return Readable.from(chunks(dir, manifest, options), { objectMode: false, highWaterMark: CHUNK });
}

/** Joins what {@link pieces} yields to chunks, because a stream costs much more per chunk than a copy does. */
function* chunks(dir: string, manifest: Manifest, options: PackOptions): Generator<Buffer> {
  let chunk = Buffer.allocUnsafe(CHUNK);
  let filled = 0;
  for (const piece of pieces(dir, manifest, options)) {
    for (let from = 0; from < piece.length; ) {
      const copied = piece.copy(chunk, filled, from);
      from += copied;
      filled += copied;
      if (filled < CHUNK) continue;
      yield chunk;
      chunk = Buffer.allocUnsafe(CHUNK);
      filled = 0;
    }
  }
  if (filled > 0) yield chunk.subarray(0, filled);
}

/** A piece is valid until the next one is asked for. */
function* pieces(dir: string, manifest: Manifest, { prefix = '', only, mtime = DEFAULT_MTIME }: PackOptions): Generator<Buffer> {
  const root = bytesOf(realpathSync(dir));
  const top = bytesOf(prefix);
  const folders = new Set<BytePath>();
  const buffer = Buffer.allocUnsafe(CHUNK);
  if (top !== '') yield* foldersOf(`${top}/`, folders, mtime);
  for (const entry of manifest.entries) {
    if (only && !only.has(entry.path)) continue;
    const path = top === '' ? entry.path : `${top}/${entry.path}`;
    yield* foldersOf(path, folders, mtime);
    if (entry.type === 'symlink') {
      checkLink(root, entry);
      yield encodeHeader({ type: 'symlink', path, mode: 0o777, size: 0, mtime, target: entry.target });
    } else {
      yield encodeHeader({ type: 'file', path, mode: entry.mode, size: entry.size, mtime });
      yield* contentOf(root, entry, buffer);
      yield Buffer.alloc(paddingOf(entry.size));
    }
  }
  yield END_OF_ARCHIVE;
}

/** Headers of the folders above `path` that have not been written yet. */
function* foldersOf(path: BytePath, written: Set<BytePath>, mtime: number): Generator<Buffer> {
  if (written.has(path.slice(0, Math.max(0, path.lastIndexOf('/'))))) return;
  for (let slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1)) {
    const folder = path.slice(0, slash);
    if (written.has(folder)) continue;
    written.add(folder);
    yield encodeHeader({ type: 'directory', path: folder, mode: 0o755, size: 0, mtime });
  }
}

/** The bytes of a file, never more and, unless it throws, never fewer than the manifest says. */
function* contentOf(root: BytePath, entry: FileEntry, buffer: Buffer): Generator<Buffer> {
  const fd = reading(entry.path, () => openSync(fsPath(`${root}/${entry.path}`), OPEN_FLAGS));
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile() || stat.size !== entry.size || ((stat.mode & 0o111) !== 0) !== (entry.mode === 0o755)) throw changedWhileReading(entry.path);
    const hash = createHash('sha256');
    for (let left = entry.size; left > 0; ) {
      const read = reading(entry.path, () => readSync(fd, buffer, 0, Math.min(left, CHUNK), null));
      if (read === 0) throw changedWhileReading(entry.path);
      const piece = buffer.subarray(0, read);
      hash.update(piece);
      left -= read;
      yield piece;
    }
    if (hash.digest('hex') !== entry.sha256) throw changedWhileReading(entry.path);
  } finally {
    closeSync(fd);
  }
}

function checkLink(root: BytePath, entry: SymlinkEntry): void {
  const target = reading(entry.path, () => readlinkSync(fsPath(`${root}/${entry.path}`), 'latin1'));
  if (target !== entry.target) throw changedWhileReading(entry.path);
}

/** What is gone, or is something else now, has changed; anything else is told as it is. */
function reading<T>(path: BytePath, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP' || code === 'EINVAL' || code === 'ENXIO') throw changedWhileReading(path);
    fail({ class: 'source', message: `can't read ${printable(path)}: ${message}`, next: 'Make it readable and run again.' }, error);
  }
}
