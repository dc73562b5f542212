import { closeSync, constants, fchmodSync, futimesSync, lstatSync, lutimesSync, mkdirSync, openSync, symlinkSync, unlinkSync, utimesSync, writeSync, chmodSync } from 'node:fs';
import { fail } from '@crpm/core';
import { bytesOf, fsPath, printable, type BytePath } from './byte-path.js';
import { readTar, type TarEntry } from './read.js';

export interface UnpackLimits {
  readonly entries: number;
  /** Sum of all contents. */
  readonly bytes: number;
}

export interface UnpackOptions {
  readonly limits?: UnpackLimits;
  /** `inside`: only relative links that cannot lead out; `any`: stored as they are. Neither is ever followed. */
  readonly links: 'inside' | 'any';
  /** Where the archive comes from, for messages. Default: the engine, and the build has to answer for it. */
  readonly from?: string;
}

/**
 * Unpacks a tar stream under `root`, which exists and may hold files already: a file or link in the way of one is replaced, folders are merged. No component of
 * a path is followed when it is a link, whoever made it. On failure what was written so far stays: the caller owns the folder.
 */
export async function unpack(stream: AsyncIterable<Uint8Array>, root: string, options: UnpackOptions): Promise<void> {
  try {
    await unpackAll(stream, root, options);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { name, why } = error;
    if (options.from === undefined) fail({ class: 'build', message: `refused ${printable(name)} from the engine: ${why}`, next: 'A build must leave plain files, folders and relative links in its results.' });
    fail({ class: 'usage', message: `refused ${printable(name)} in ${options.from}: ${why}`, next: 'Unpack the archive by hand, look at it, and name the folder instead.' });
  }
}

async function unpackAll(stream: AsyncIterable<Uint8Array>, root: string, options: UnpackOptions): Promise<void> {
  const folders = new Folders(bytesOf(root));
  const { entries: maxEntries, bytes: maxBytes } = options.limits ?? { entries: Infinity, bytes: Infinity };
  let entries = 0;
  let bytes = 0;
  for await (const entry of readTar(stream)) {
    if (++entries > maxEntries) refuse(entry, `the archive has more than ${maxEntries} entries`);
    if ((bytes += entry.size) > maxBytes) refuse(entry, `the archive holds more than ${maxBytes} bytes`);
    const parts = components(entry);
    if (parts.length === 0) continue;
    const path = folders.path(parts);
    switch (entry.type) {
      case 'directory':
        folders.make(parts, entry);
        // A folder that its owner can't enter would break the entries below it.
        chmodSync(path, (entry.mode & 0o777) | 0o700);
        folders.mtime(parts, entry.mtime);
        break;
      case 'file':
        folders.make(parts.slice(0, -1), entry);
        clear(path, entry);
        await writeFile(path, entry);
        break;
      case 'symlink':
        if (options.links === 'inside' && !staysInside(parts.length - 1, entry.target)) refuse(entry, `its target ${printable(entry.target)} leads out of the archive`);
        folders.make(parts.slice(0, -1), entry);
        clear(path, entry);
        symlinkSync(fsPath(entry.target), path);
        lutimesSync(path, entry.mtime, entry.mtime);
        break;
      case 'hardlink':
        refuse(entry, 'hard links are not taken');
        break;
      case 'other':
        refuse(entry, `it is neither file, folder nor link (type ${printable(entry.flag)})`);
    }
  }
  folders.finish();
}

/** An entry that is not taken. */
class Refusal extends Error {
  constructor(
    override readonly name: BytePath,
    readonly why: string,
  ) {
    super(why);
  }
}

function refuse(entry: TarEntry, why: string): never {
  throw new Refusal(entry.name, why);
}

/** The components of a name; `.` and doubled slashes fall away. Absolute names, `..` and NUL are refused, never repaired. */
function components(entry: TarEntry): readonly BytePath[] {
  if (entry.name.startsWith('/')) refuse(entry, 'its name is absolute');
  const parts = entry.name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) refuse(entry, 'its name contains ..');
  if (entry.name.includes('\0')) refuse(entry, 'its name contains NUL');
  if (parts.length === 0 && entry.type !== 'directory') refuse(entry, 'it has no name');
  return parts;
}

/**
 * Whether a link at a real folder `depth` below the root can't lead out. `..` may only lead the target and climb no higher than the root: those steps walk real folders
 * (we never write through links), what follows only descends, and every link on the way down keeps the same rule.
 */
function staysInside(depth: number, target: BytePath): boolean {
  if (target === '' || target.startsWith('/') || target.includes('\0')) return false;
  const parts = target.split('/').filter((part) => part !== '' && part !== '.');
  const firstDown = parts.findIndex((part) => part !== '..');
  const climbs = firstDown === -1 ? parts.length : firstDown;
  return climbs <= depth && !parts.slice(climbs).includes('..');
}

/** Makes room for a file or link; a folder is never replaced by one. */
function clear(path: string | Buffer, entry: TarEntry): void {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat) return;
  if (stat.isDirectory()) refuse(entry, 'a folder of this name exists');
  unlinkSync(path);
}

async function writeFile(path: string | Buffer, entry: TarEntry): Promise<void> {
  const file = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
  try {
    for await (const chunk of entry.content) {
      for (let written = 0; written < chunk.length; ) written += writeSync(file, chunk, written);
    }
    fchmodSync(file, entry.mode & 0o777);
    futimesSync(file, entry.mtime, entry.mtime);
  } finally {
    closeSync(file);
  }
}

/** Folders under the root: made or checked once, component by component. */
class Folders {
  private readonly known = new Set<BytePath>(['']);
  private readonly times = new Map<BytePath, number>();

  constructor(private readonly root: BytePath) {}

  path(parts: readonly BytePath[]): string | Buffer {
    return fsPath(`${this.root}/${parts.join('/')}`);
  }

  make(parts: readonly BytePath[], entry: TarEntry): void {
    const key = parts.join('/');
    if (this.known.has(key)) return;
    this.make(parts.slice(0, -1), entry);
    const path = this.path(parts);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (!stat) mkdirSync(path, 0o755);
    else if (!stat.isDirectory()) refuse(entry, `${printable(key)} is not a folder`);
    this.known.add(key);
  }

  /** Remembered to the end: every entry written into a folder moves its mtime. */
  mtime(parts: readonly BytePath[], seconds: number): void {
    this.times.set(parts.join('/'), seconds);
  }

  finish(): void {
    for (const [folder, seconds] of this.times) utimesSync(this.path([folder]), seconds, seconds);
  }
}
