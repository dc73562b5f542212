import { lstatSync, type Stats } from 'node:fs';
import { fsPath, type BytePath } from '@crpm/archive';

/**
 * What `lstat` says of a name, as five numbers: size, mtime, ctime, inode, mode; all zero: it is not there. Times are milliseconds as doubles, exact to a
 * quarter of a microsecond: coarser than what the file system gives, and far finer than the time that passes between two changes that have to be told apart.
 */
export const STAMP_LENGTH = 5;

/** Two seconds: coarser than the time stamps of any file system in use, and than the kernel's clock for them. */
const RACY_WINDOW_MS = 2_000;

export function stampOf(stat: Stats | undefined): readonly number[] {
  return stat === undefined ? [0, 0, 0, 0, 0] : [stat.size, stat.mtimeMs, stat.ctimeMs, stat.ino, stat.mode];
}

/** Whether a name is as it was at the stamp that begins at `at`. Spelled out: it runs for every name of every scan. */
export function matches(stamps: Float64Array, at: number, stat: Stats | undefined): boolean {
  if (stat === undefined) return stamps[at + 3] === 0;
  return (
    stamps[at + 2] === stat.ctimeMs &&
    stamps[at + 1] === stat.mtimeMs &&
    stamps[at] === stat.size &&
    stamps[at + 3] === stat.ino &&
    stamps[at + 4] === stat.mode
  );
}

/**
 * Whether a stamp says nothing of what was read in a scan that began at `started` (milliseconds since the epoch): a write in the same tick of
 * the clock as the reading changes the file and not its stamp. git calls such entries racy. ctime counts as well as mtime, for nobody can set it back.
 */
export function isRacy(stat: Stats | undefined, started: number): boolean {
  return stat !== undefined && Math.max(stat.mtimeMs, stat.ctimeMs) >= started - RACY_WINDOW_MS;
}

const QUIETLY = { throwIfNoEntry: false } as const;

/** Nothing if it is not there, or below something that is no folder. Throws what else the file system says. */
export function lstatIfThere(path: BytePath): Stats | undefined {
  try {
    return lstatSync(fsPath(path), QUIETLY);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined;
    throw error;
  }
}
