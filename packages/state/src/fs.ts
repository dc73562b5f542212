import * as node from 'node:fs';
import { dirname } from 'node:path';

/**
 * The seam between crpm's state and the disk: synchronous calls with the meaning of `node:fs`. Everything in this package goes
 * through it, so that a test can let call N fail, or end the world after it. Synchronous, because a call costs a sixth of its promise.
 */
export interface Fs {
  open(path: string, flags: string, mode?: number): number;
  /** Reads into the whole buffer from where the descriptor stands; bytes read, 0 at the end. */
  read(fd: number, buffer: Uint8Array): number;
  /** Writes from `offset` on; bytes written, may be fewer than given. */
  write(fd: number, bytes: Uint8Array, offset: number): number;
  truncate(fd: number, size: number): void;
  fsync(fd: number): void;
  close(fd: number): void;
  readFile(path: string): Buffer;
  /** Nothing when there is no such file. Links are not followed. */
  lstat(path: string): FileStat | undefined;
  chmod(path: string, mode: number): void;
  readdir(path: string): readonly string[];
  /** With its parents; an existing folder is fine. */
  mkdir(path: string, mode: number): void;
  rename(from: string, to: string): void;
  link(from: string, to: string): void;
  symlink(target: string, path: string): void;
  readlink(path: string): string;
  /** One file or link. */
  unlink(path: string): void;
  /** A file or a whole folder; nothing there is fine. */
  remove(path: string): void;
}

/** What a file is, as far as crpm asks. Times are nanoseconds since the epoch. */
export interface FileStat {
  readonly type: 'file' | 'folder' | 'symlink' | 'other';
  /** bytes */
  readonly size: number;
  /** Permission bits. */
  readonly mode: number;
  readonly links: number;
  readonly dev: bigint;
  readonly ino: bigint;
  readonly mtime: bigint;
  readonly ctime: bigint;
}

export const realFs: Fs = {
  open: (path, flags, mode) => node.openSync(path, flags, mode),
  read: (fd, buffer) => node.readSync(fd, buffer),
  write: (fd, bytes, offset) => node.writeSync(fd, bytes, offset),
  truncate: node.ftruncateSync,
  fsync: node.fsyncSync,
  close: node.closeSync,
  readFile: (path) => node.readFileSync(path),
  lstat,
  chmod: node.chmodSync,
  readdir: (path) => node.readdirSync(path),
  mkdir: makeFolders,
  rename: node.renameSync,
  link: node.linkSync,
  symlink: (target, path) => { node.symlinkSync(target, path); },
  readlink: (path) => node.readlinkSync(path),
  unlink: node.unlinkSync,
  remove: (path) => { if (lstat(path)) node.rmSync(path, { recursive: true, force: true }); },
};

function lstat(path: string): FileStat | undefined {
  try {
    const stat = node.lstatSync(path, { bigint: true, throwIfNoEntry: false });
    return stat && toFileStat(stat);
  } catch (error) {
    // A file where a folder was to be: then nothing can be in it.
    if (errorCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** Not node's own `recursive`: where a parent exists and still can't hold a folder (below /proc), it never ends. */
function makeFolders(path: string, mode: number): void {
  const missing: string[] = [];
  for (let folder = path; !node.statSync(folder, { throwIfNoEntry: false })?.isDirectory(); folder = dirname(folder)) missing.push(folder);
  for (const folder of missing.reverse()) {
    try {
      node.mkdirSync(folder, { mode });
    } catch (error) {
      // Somebody else may have been faster.
      if (errorCode(error) !== 'EEXIST' || !node.statSync(folder).isDirectory()) throw error;
    }
  }
}

function toFileStat(stat: node.BigIntStats): FileStat {
  return {
    type: stat.isFile() ? 'file' : stat.isDirectory() ? 'folder' : stat.isSymbolicLink() ? 'symlink' : 'other',
    size: Number(stat.size),
    mode: Number(stat.mode & 0o7777n),
    links: Number(stat.nlink),
    dev: stat.dev,
    ino: stat.ino,
    mtime: stat.mtimeNs,
    ctime: stat.ctimeNs,
  };
}

/** The `code` of a system error: `ENOENT`, `EEXIST`. */
export function errorCode(thrown: unknown): string | undefined {
  const code: unknown = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  return typeof code === 'string' ? code : undefined;
}
