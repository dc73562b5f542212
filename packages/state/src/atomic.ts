import { basename, dirname, join } from 'node:path';
import { realFs, type Fs } from './fs.js';
import { isLeftover, temporaryName } from './owner.js';

export interface AtomicOptions {
  /** Of a new file. Default 0644. */
  readonly mode?: number;
  /** `false`: a crash of the machine may leave less than all of it, which the reader must be able to tell. Spares two syncs. Default `true`. */
  readonly durable?: boolean;
  readonly fs?: Fs;
}

/**
 * Replaces a file as a whole: after a crash at any instant it holds the old bytes or the new ones. Its permissions stay; a new
 * file gets `mode`. A link is replaced, not followed.
 */
export function writeFileAtomic(file: string, content: string | Uint8Array, options: AtomicOptions = {}): void {
  const fs = options.fs ?? realFs;
  const existing = fs.lstat(file);
  const mode = existing?.type === 'file' ? existing.mode : (options.mode ?? 0o644);
  const temporary = join(dirname(file), temporaryName(`.${basename(file)}`));
  try {
    writeNew(fs, temporary, content, mode, options.durable !== false);
    fs.rename(temporary, file);
  } catch (error) {
    fs.remove(temporary);
    throw error;
  }
  if (options.durable !== false) syncFolder(fs, dirname(file));
}

/** The same for a file that comes in pieces, and may be longer than what fits in memory; `fill` writes them. */
export async function writeFileInPieces(file: string, fill: (write: (piece: string) => void) => Promise<void>, { fs = realFs, mode = 0o644 }: Pick<AtomicOptions, 'fs' | 'mode'> = {}): Promise<void> {
  const temporary = join(dirname(file), temporaryName(`.${basename(file)}`));
  try {
    const fd = fs.open(temporary, 'wx', mode);
    try {
      await fill((piece) => { writeAll(fs, fd, Buffer.from(piece)); });
      fs.fsync(fd);
    } finally {
      fs.close(fd);
    }
    fs.rename(temporary, file);
  } catch (error) {
    fs.remove(temporary);
    throw error;
  }
  syncFolder(fs, dirname(file));
}

/** Writes a new file whose bytes are on the disk when this returns. Fails if it exists. */
export function writeSynced(fs: Fs, file: string, content: string | Uint8Array, mode: number): void {
  writeNew(fs, file, content, mode, true);
}

/** Writes a new file. Fails if it exists. */
export function writeNew(fs: Fs, file: string, content: string | Uint8Array, mode: number, sync = false): void {
  const fd = fs.open(file, 'wx', mode);
  try {
    writeAll(fs, fd, typeof content === 'string' ? Buffer.from(content) : content);
    if (sync) fs.fsync(fd);
  } finally {
    fs.close(fd);
  }
  // The mode given to open is cut by the umask.
  fs.chmod(file, mode);
}

export function writeAll(fs: Fs, fd: number, bytes: Uint8Array): void {
  for (let offset = 0; offset < bytes.length; ) offset += fs.write(fd, bytes, offset);
}

/** Makes names in a folder (created, renamed, removed) survive a crash of the machine. */
export function syncFolder(fs: Fs, folder: string): void {
  syncFile(fs, folder);
}

/** Makes a folder, with its parents, whose names survive a crash of the machine; an existing one is fine. */
export function makeFolder(fs: Fs, folder: string, mode: number): void {
  const made: string[] = [];
  for (let missing = folder; !fs.lstat(missing); missing = dirname(missing)) made.push(missing);
  fs.mkdir(folder, mode);
  for (const path of made.reverse()) syncFolder(fs, dirname(path));
}

/** Makes the bytes of a file that somebody else wrote survive a crash of the machine. */
export function syncFile(fs: Fs, file: string): void {
  const fd = fs.open(file, 'r');
  try {
    fs.fsync(fd);
  } finally {
    fs.close(fd);
  }
}

/** Points a symlink elsewhere in one step; readers see the old target or the new one. */
export function swapSymlink(fs: Fs, target: string, path: string, { durable = true }: Pick<AtomicOptions, 'durable'> = {}): void {
  const temporary = join(dirname(path), temporaryName(`.${basename(path)}`));
  try {
    fs.symlink(target, temporary);
    fs.rename(temporary, path);
  } catch (error) {
    fs.remove(temporary);
    throw error;
  }
  if (durable) syncFolder(fs, dirname(path));
}

/** Removes from a folder the temporary files and folders of dead processes; a folder that is not there is fine. Returns their names. */
export function sweepLeftovers(folder: string, fs: Fs = realFs): readonly string[] {
  if (fs.lstat(folder)?.type !== 'folder') return [];
  const leftovers = fs.readdir(folder).filter(isLeftover);
  for (const name of leftovers) fs.remove(join(folder, name));
  return leftovers;
}
