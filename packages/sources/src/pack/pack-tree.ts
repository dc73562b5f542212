import { realpathSync } from 'node:fs';
import { Readable } from 'node:stream';
import { bytesOf, encodeHeader, END_OF_ARCHIVE, paddingOf, type BytePath } from '@crpm/archive';
import type { Manifest } from '../manifest.js';
import { checkLink, contentOf } from './content.js';
import { CHUNK, inChunks } from './in-chunks.js';

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

/**
 * A tar stream of a tree exactly as its manifest says: each file is read again and its size, executable bit and sha256 are compared. The same
 * manifest and options give the same bytes: root's, with {@link DEFAULT_MTIME}, in byte order, each folder before what is in it.
 *
 * If the tree is no longer as the manifest says, the stream ends with a `FailureError` of class `source` before the archive is complete.
 */
export function packTree(dir: string, manifest: Manifest, options: PackOptions = {}): Readable {
  return Readable.from(inChunks(pieces(dir, manifest, options)), { objectMode: false, highWaterMark: CHUNK });
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
