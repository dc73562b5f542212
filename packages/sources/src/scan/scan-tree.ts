import { readlinkSync, type Stats } from 'node:fs';
import { fail, FailureError } from '@crpm/core';
import { bytesOf, fsPath, printable, type BytePath } from '@crpm/archive';
import { changedWhileReading } from '../changed.js';
import { makeManifest, type FileEntry, type Manifest, type ManifestEntry } from '../manifest.js';
import { absentGits, gitCircumstances, ignoreFilesAbove } from './git-basis.js';
import { findWorkTree, hasGit, isGitlink, listByGit } from './git-listing.js';
import type { TakeLook } from './glance/early.js';
import { glance } from './glance/glance.js';
import { hashFile } from './hash-file.js';
import { basisOf } from './listing-basis.js';
import { failEmpty, openTree } from './open-tree.js';
import { lstatIfThere } from './stamps.js';
import { TreeCache } from './tree-cache.js';
import { modeOf } from './tree-record.js';
import { walk } from './walk.js';

export interface ScanOptions {
  /** Remembers digests between scans; made if missing, ignored if damaged. One file per tree. */
  readonly cacheFile?: string;
  /** Folders of the tree, relative to it, that are taken whole even where git ignores them: QEMU's downloaded `subprojects`. */
  readonly alsoIgnored?: readonly string[];
  /** A folder of crpm's own, taken whole, whatever repository it may lie in. */
  readonly asFolder?: boolean;
  /** Looks that were started before the scan (see {@link glance}). */
  readonly look?: TakeLook | undefined;
  readonly signal?: AbortSignal;
}

/**
 * A source tree as it stands, uncommitted work included. In a git work tree (or in a folder of one) that is what is tracked or untracked
 * and not ignored, submodules and repositories inside by the same rule; anywhere else it is everything but `.git`. The tree is only read.
 * Where no file came or went since the last scan with the same cache file, that costs one `lstat` for each file and folder (of a big tree, git makes most of them), nothing is listed, and only
 * what changed is read.
 *
 * Fails with class `usage` if the tree is missing, empty or unreadable or git can't list it; `source` if it holds something that
 * can't be archived or that changes while it is read; `cancelled`.
 */
export async function scanTree(dir: string, options: ScanOptions = {}): Promise<Manifest> {
  const root = openTree(dir);
  return (await new Scan(root, options).manifest()) ?? failEmpty(dir);
}

/** Milliseconds of work after which others get their turn. */
const SLICE = 20;

class Scan {
  readonly #root: BytePath;
  readonly #options: ScanOptions;
  readonly #circumstances: string;
  readonly #started = Date.now();
  #opened: TreeCache | undefined;
  readonly #entries = new Map<BytePath, ManifestEntry>();
  readonly #warnings: string[] = [];
  readonly #realFolders = new Map<BytePath, boolean>([['', true]]);
  /** What the listing rests on; nothing once that can't be told. */
  #basis: BytePath[] | undefined = [];
  #sliceEnd = performance.now() + SLICE;

  constructor(root: BytePath, options: ScanOptions) {
    this.#root = root;
    this.#options = options;
    this.#circumstances = JSON.stringify([options.alsoIgnored ?? [], options.asFolder === true, gitCircumstances()]);
  }

  /** Nothing if the tree is empty. */
  async manifest(): Promise<Manifest | undefined> {
    const pause = () => this.#pauseIfDue();
    const { cacheFile, look, signal } = this.#options;
    const seen = cacheFile === undefined ? undefined : await glance({ cacheFile, tree: this.#root, circumstances: this.#circumstances, started: this.#started, pause, signal, look, expectChange: () => this.#cache.expectChange() });
    if (seen && 'manifest' in seen) return seen.manifest;
    const changes = seen && this.#cache.believe(seen) ? seen : undefined;
    const listed = changes === undefined && !(await this.#cache.listingHolds(pause));
    if (listed) {
      await this.#list();
    } else {
      if (changes === undefined && (await this.#cache.lookAtAll(pause))) {
        await this.#cache.leaveGlance(pause);
        return this.#cache.manifest();
      }
      for (const path of this.#cache.changed()) await this.#look(path);
      const patched = this.#cache.patch(this.#entries);
      if (patched) {
        await this.#cache.leaveGlance(pause, changes);
        return patched;
      }
      this.#basis = [...this.#cache.basis()];
      this.#warnings.push(...this.#cache.manifest().warnings);
      for (const path of this.#cache.paths()) await this.#look(path);
    }
    if (this.#entries.size === 0) return undefined;
    const manifest = makeManifest([...this.#entries.values()], this.#warnings);
    this.#cache.save(manifest, this.#basis);
    if (!listed) await this.#cache.leaveGlance(pause, changes);
    return manifest;
  }

  /** Read when it is needed: at a glance it is not. */
  get #cache(): TreeCache {
    return (this.#opened ??= new TreeCache(this.#options.cacheFile, this.#root, this.#circumstances, this.#started));
  }

  async #list(): Promise<void> {
    const top = this.#options.asFolder === true ? undefined : findWorkTree(this.#root);
    if (this.#options.asFolder !== true) this.#restOn(absentGits(this.#root, top));
    if (top === undefined) await this.#walk('');
    else {
      this.#restOn(ignoreFilesAbove(this.#root, top));
      await this.#repository('', top);
      // A tree that a repository further up ignores whole (a home folder under git) is no part of that repository.
      if (top !== this.#root && this.#entries.size === 0) await this.#walk('');
    }
    for (const folder of this.#options.alsoIgnored ?? []) await this.#ignoredFolder(bytesOf(folder));
  }

  async #ignoredFolder(folder: BytePath): Promise<void> {
    this.#restOn([folder]);
    const stat = this.#isRealFolder(folder) ? this.#lstat(folder) : undefined;
    if (stat?.isDirectory()) await this.#walk(folder);
  }

  /** Lists the repository at `folder` (relative) and every one inside it. */
  async #repository(folder: BytePath, top: BytePath): Promise<void> {
    const { signal } = this.#options;
    const absolute = this.#absolute(folder);
    const listed = listByGit(absolute, top, signal);
    listed.catch(() => {}); // awaited after the next line, which may fail first
    // On two cores the one hides behind the other.
    if (folder === '') await this.#cache.lookAtAll(() => this.#pauseIfDue());
    const { paths, warnings } = await listed;
    this.#warnings.push(...warnings);
    if (this.#options.cacheFile !== undefined) this.#restOn(await basisOf({ root: this.#root, folder, top, paths }, signal));
    const prefix = folder === '' ? '' : `${folder}/`;
    for (const name of paths) {
      const isNested = name.endsWith('/');
      const path = prefix + (isNested ? name.slice(0, -1) : name);
      if (!this.#isRealFolder(parentOf(path))) continue;
      const stat = await this.#look(path);
      if (!stat?.isDirectory()) continue;
      if (hasGit(this.#absolute(path))) await this.#repository(path, this.#absolute(path));
      // A submodule whose `.git` is gone: git lists nothing of it. A tracked file that became a folder: git lists what is in it.
      else if (isNested || (await isGitlink(absolute, top, name, signal))) await this.#walk(path);
    }
  }

  async #walk(folder: BytePath): Promise<void> {
    const { paths, folders } = walk(this.#root, folder, (at, error) => this.#failToRead(at, error));
    this.#restOn(folders.map((path) => path || '.'));
    for (const path of paths) await this.#look(path);
  }

  /** Adds what stands at a path, unless it is nothing or a folder; gives back what `lstat` says if it had to be asked. */
  async #look(path: BytePath): Promise<Stats | undefined> {
    const unchanged = this.#cache.unchanged(path);
    if (unchanged !== undefined) {
      this.#entries.set(path, unchanged);
      return undefined;
    }
    const stat = this.#lstat(path);
    if (stat !== undefined && !stat.isDirectory()) await this.#add(path, stat);
    return stat;
  }

  async #add(path: BytePath, stat: Stats): Promise<void> {
    await this.#pauseIfDue();
    const known = this.#cache.known(path, stat);
    if (known !== undefined) {
      this.#entries.set(path, known);
    } else if (stat.isFile()) {
      this.#entries.set(path, await this.#file(path, stat));
    } else if (stat.isSymbolicLink()) {
      const target = this.#readable(path, () => readlinkSync(fsPath(this.#absolute(path)), 'latin1'));
      this.#entries.set(path, { type: 'symlink', path, target });
      this.#cache.note(path, stat);
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

  #restOn(names: readonly BytePath[] | undefined): void {
    if (names === undefined) this.#basis = undefined;
    else for (const name of names) this.#basis?.push(name);
  }

  async #file(path: BytePath, stat: Stats): Promise<FileEntry> {
    // An editor that saves just now gets a second chance; a program that keeps writing is named.
    for (const attempt of [stat, this.#lstat(path)]) {
      const sha256 = attempt?.isFile() ? await this.#hash(path, attempt) : undefined;
      if (attempt === undefined || sha256 === undefined) continue;
      this.#cache.note(path, attempt);
      return { type: 'file', path, mode: modeOf(attempt.mode), size: attempt.size, sha256 };
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
      return lstatIfThere(this.#absolute(path));
    } catch (error) {
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

  /** Lets timers, signals and other nodes run, from time to time. */
  #pauseIfDue(): Promise<void> | undefined {
    return performance.now() > this.#sliceEnd ? this.#pause() : undefined;
  }

  async #pause(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    if (this.#options.signal?.aborted) fail({ class: 'cancelled', message: `stopped while reading ${printable(this.#root)}` });
    this.#sliceEnd = performance.now() + SLICE;
  }
}

function parentOf(path: BytePath): BytePath {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
