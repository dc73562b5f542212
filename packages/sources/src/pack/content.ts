import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readlinkSync, readSync } from 'node:fs';
import { fail } from '@crpm/core';
import { fsPath, printable, type BytePath } from '@crpm/archive';
import { changedWhileReading } from '../changed.js';
import type { FileEntry, SymlinkEntry } from '../manifest.js';
import { OPEN_FLAGS } from '../scan/hash-file.js';

/**
 * The bytes of a file, never more and, unless it throws, never fewer than the manifest says: size, executable bit and sha256 are compared. Each piece is a
 * view of `buffer`, good until the next one is asked for.
 *
 * Throws a `FailureError` of class `source` if the file is no longer as the manifest says.
 */
export function* contentOf(root: BytePath, entry: FileEntry, buffer: Buffer): Generator<Buffer> {
  const fd = reading(entry.path, () => openSync(fsPath(`${root}/${entry.path}`), OPEN_FLAGS));
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile() || stat.size !== entry.size || ((stat.mode & 0o111) !== 0) !== (entry.mode === 0o755)) throw changedWhileReading(entry.path);
    const hash = createHash('sha256');
    for (let left = entry.size; left > 0; ) {
      const read = reading(entry.path, () => readSync(fd, buffer, 0, Math.min(left, buffer.length), null));
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

/** Throws a `FailureError` of class `source` if a link no longer says what the manifest says. */
export function checkLink(root: BytePath, entry: SymlinkEntry): void {
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
