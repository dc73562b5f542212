import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { fsPath, type BytePath } from '@crpm/archive';

/** Never follow a link that took the file's place; never wait for a writer if a FIFO did. */
export const OPEN_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

const CHUNK = 1 << 20;

/**
 * Reads a file once in bounded memory. `undefined` if it is not what `expected` (its `lstat`) said, before or after the reading:
 * somebody is writing to it. `pause` is called between chunks so that big files don't block everything else.
 */
export async function hashFile(absolute: BytePath, expected: Stats, pause: () => Promise<void>): Promise<string | undefined> {
  const fd = openSync(fsPath(absolute), OPEN_FLAGS);
  try {
    const before = fstatSync(fd);
    if (!sameFile(before, expected)) return undefined;
    const hash = createHash('sha256');
    const buffer = Buffer.allocUnsafe(Math.min(CHUNK, before.size + 1));
    for (;;) {
      const read = readSync(fd, buffer, 0, buffer.length, null);
      if (read === 0) break;
      hash.update(buffer.subarray(0, read));
      if (read === CHUNK) await pause();
    }
    return sameFile(fstatSync(fd), expected) ? hash.digest('hex') : undefined;
  } finally {
    closeSync(fd);
  }
}

/** Whether two stats show the same file with the same content, as far as stats can. */
function sameFile(a: Stats, b: Stats): boolean {
  return (
    a.ino === b.ino && a.dev === b.dev && a.size === b.size && a.mode === b.mode && a.mtimeMs === b.mtimeMs && a.ctimeMs === b.ctimeMs
  );
}
