import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { fail, FailureError } from '@crpm/core';
import { bytesOf, fsPath, printable, type BytePath } from '@crpm/archive';
import { changedWhileReading } from '../changed.js';
import { makeManifest, type FileEntry, type Manifest, type ManifestEntry } from '../manifest.js';
import { findWorkTree, hasGit, isGitlink, listByGit } from './git-listing.js';
import { hashFile } from './hash-file.js';
import { failEmpty, openTree } from './open-tree.js';
import { StatCache } from './stat-cache.js';
import { fileEntry } from './stat-records.js';
import { walk } from './walk.js';

export interface ScanOptions {
  /** Remembers digests between scans; made if missing, ignored if damaged. One file per tree. */
  readonly cacheFile?: string;
  /** Folders of the tree, relative to it, that are taken whole even where git ignores them: QEMU's downloaded `subprojects`. */
  readonly alsoIgnored?: readonly string[];
  readonly signal?: AbortSignal;
}

/**
 * A source tree as it stands, uncommitted work included. In a git work tree (or in a folder of one) that is what is tracked or untracked
 * and not ignored, submodules and repositories inside by the same rule; anywhere else it is everything but `.git`. The tree is only read.
 *
 * Fails with class `usage` if the tree is missing, empty or unreadable or git can't list it; `source` if it holds something that
 * can't be archived or that changes while it is read; `cancelled`.
 */
export async function scanTree(dir: string, options: ScanOptions = {}): Promise<Manifest> {
  const root = openTree(dir);
  const scan = new Scan(root, options.cacheFile === undefined ? undefined : StatCache.load(options.cacheFile, root), options.signal);
  await scan.tree();
  for (const folder of options.alsoIgnored ?? []) await scan.ignoredFolder(bytesOf(folder));
  const manifest = scan.finish();
  if (manifest.entries.length === 0) failEmpty(dir);
  return manifest;
}

/** Milliseconds of work after which others get their turn. */
const SLICE = 20;

class Scan {
  readonly #root: BytePath;
  readonly #cache: StatCache | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #entries = new Map<BytePath, ManifestEntry>();
  readonly #unchanged = new Map<BytePath, FileEntry>();
  readonly #warnings: string[] = [];
  readonly #realFolders = new Map<BytePath, boolean>([['', true]]);
  #sliceEnd = performance.now() + SLICE;

  constructor(root: BytePath, cache: StatCache | undefined, signal: AbortSignal | undefined) {
    this.#root = root;
    this.#cache = cache;
    this.#signal = signal;
  }

  async tree(): Promise<void> {
    const top = findWorkTree(this.#root);
    if (top === undefined) return this.#walk('');
    await this.#repository('', top);
    // A tree that a repository further up ignores whole (a home folder under git) is no part of that repository.
    if (top !== this.#root && this.#entries.size === 0) await this.#walk('');
  }

  async ignoredFolder(folder: BytePath): Promise<void> {
    const stat = this.#isRealFolder(folder) ? this.#lstat(folder) : undefined;
    if (stat?.isDirectory()) await this.#walk(folder);
  }

  finish(): Manifest {
    this.#cache?.save();
    return makeManifest([...this.#entries.values()], this.#warnings);
  }

  /** Lists the repository at `folder` (relative) and every one inside it. */
  async #repository(folder: BytePath, top: BytePath): Promise<void> {
    const absolute = this.#absolute(folder);
    const listed = listByGit(absolute, top, this.#signal);
    listed.catch(() => {}); // awaited after the next line, which may fail first
    if (folder === '') await this.#lookAhead();
    const listing = await listed;
    this.#warnings.push(...listing.warnings);
    const prefix = folder === '' ? '' : `${folder}/`;
    for (const name of listing.paths) {
      const isNested = name.endsWith('/');
      const path = prefix + (isNested ? name.slice(0, -1) : name);
      const unchanged = this.#unchanged.get(path);
      if (unchanged !== undefined) {
        this.#entries.set(path, unchanged);
        continue;
      }
      const stat = this.#isRealFolder(parentOf(path)) ? this.#lstat(path) : undefined;
      if (stat === undefined) continue;
      if (!stat.isDirectory()) await this.#add(path, stat);
      else if (hasGit(this.#absolute(path))) await this.#repository(path, this.#absolute(path));
      // A submodule whose `.git` is gone: git lists nothing of it. A tracked file that became a folder: git lists what is in it.
      else if (isNested || (await isGitlink(absolute, top, name, this.#signal))) await this.#walk(path);
    }
  }

  /** While git lists what there is now, looks at what was there at the last scan: on two cores the one hides behind the other. */
  async #lookAhead(): Promise<void> {
    for (const path of this.#cache?.paths() ?? []) {
      if (performance.now() > this.#sliceEnd) await this.#pause();
      const stat = this.#isRealFolder(parentOf(path)) ? this.#lstat(path) : undefined;
      const entry = stat?.isFile() ? this.#cache?.get(path, stat) : undefined;
      if (entry !== undefined) this.#unchanged.set(path, entry);
    }
  }

  async #walk(folder: BytePath): Promise<void> {
    for (const path of walk(this.#root, folder, (at, error) => this.#failToRead(at, error))) {
      const stat = this.#lstat(path);
      if (stat !== undefined) await this.#add(path, stat);
    }
  }

  async #add(path: BytePath, stat: Stats): Promise<void> {
    if (performance.now() > this.#sliceEnd) await this.#pause();
    if (stat.isFile()) {
      this.#entries.set(path, await this.#file(path, stat));
    } else if (stat.isSymbolicLink()) {
      const target = this.#readable(path, () => readlinkSync(fsPath(this.#absolute(path)), 'latin1'));
      this.#entries.set(path, { type: 'symlink', path, target });
    } else if (stat.isSocket()) {
      this.#warnings.push(`${printable(path)} is a socket and was left out`);
    } else {
      const what = stat.isFIFO() ? 'a FIFO' : 'a device';
      fail({
        class: 'source',
        message: `${printable(path)} is ${what}: it can't be part of a source archive`,
        next: `Remove it, or have git ignore it: ${printable(this.#absolute(path))}`,
      });
    }
  }

  async #file(path: BytePath, stat: Stats): Promise<FileEntry> {
    const known = this.#cache?.get(path, stat);
    if (known !== undefined) return known;
    // An editor that saves just now gets a second chance; a program that keeps writing is named.
    for (const attempt of [stat, this.#lstat(path)]) {
      const sha256 = attempt?.isFile() ? await this.#hash(path, attempt) : undefined;
      if (attempt === undefined || sha256 === undefined) continue;
      const entry = fileEntry(path, attempt.size, attempt.mode, sha256);
      this.#cache?.set(entry, attempt);
      return entry;
    }
    throw changedWhileReading(path);
  }

  async #hash(path: BytePath, stat: Stats): Promise<string | undefined> {
    try {
      return await hashFile(this.#absolute(path), stat, () => this.#pause());
    } catch (error) {
      return this.#failToRead(path, error);
    }
  }

  /** Nothing if it is not there: deleted since git last looked. */
  #lstat(path: BytePath): Stats | undefined {
    try {
      return lstatSync(fsPath(this.#absolute(path)), { throwIfNoEntry: false });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined;
      this.#failToRead(path, error);
    }
  }

  /** Whether no component of a folder's path is a link. git's index may still name files below one: they are gone. */
  #isRealFolder(folder: BytePath): boolean {
    const known = this.#realFolders.get(folder);
    if (known !== undefined) return known;
    const real = this.#isRealFolder(parentOf(folder)) && (this.#lstat(folder)?.isDirectory() ?? false);
    this.#realFolders.set(folder, real);
    return real;
  }

  #absolute(path: BytePath): BytePath {
    return path === '' ? this.#root : `${this.#root}/${path}`;
  }

  #readable<T>(path: BytePath, read: () => T): T {
    try {
      return read();
    } catch (error) {
      return this.#failToRead(path, error);
    }
  }

  #failToRead(path: BytePath, error: unknown): never {
    if (error instanceof FailureError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ELOOP') throw changedWhileReading(path);
    const why = code === 'EACCES' ? 'permission denied' : message;
    fail({ class: 'source', message: `can't read ${path === '' ? printable(this.#root) : printable(path)}: ${why}`, next: `Make ${printable(this.#absolute(path))} readable, or have git ignore it.` }, error);
  }

  /** Lets timers, signals and other nodes run. */
  async #pause(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#signal?.aborted) fail({ class: 'cancelled', message: `stopped while reading ${printable(this.#root)}` });
    this.#sliceEnd = performance.now() + SLICE;
  }
}

function parentOf(path: BytePath): BytePath {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
