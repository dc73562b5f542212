import { join } from 'node:path';
import type { OutputFile, WorkspacePaths } from '@crpm/core';
import { hashFile } from '../digest.js';
import { errorCode, realFs, type Fs } from '../fs.js';
import { readGeneration } from '../generations.js';
import { ResultCache } from '../result-cache.js';
import { badFolderOf, setAside } from '../set-aside.js';
import { listFolder } from './folder-size.js';
import { listPublished } from './published.js';

/** Something that does not hold what it should. */
export interface Damage {
  /** `store`, `generation`, `published`, `result`. */
  readonly what: string;
  /** Absolute path where it was. */
  readonly file: string;
  /** The folder it lies in now, to be looked at; absent: it was not there at all. */
  readonly setAside?: string;
}

export interface VerifyReport {
  /** Files whose content was compared, and bytes read: what hard links share is read once. */
  readonly files: number;
  readonly bytes: number;
  readonly damaged: readonly Damage[];
}

export interface VerifyOptions {
  readonly cache: string;
  readonly workspaces: readonly {
    readonly paths: WorkspacePaths;
    readonly repoDir: string;
    /** Results that it stands on. */
    readonly results: readonly { readonly dir: string; readonly files: readonly OutputFile[] }[];
  }[];
  readonly signal: AbortSignal;
  readonly fs?: Fs;
}

/**
 * Reads everything whose content is on record: the store, generations, what is published, results. What does not hold what it should is moved out of the way:
 * then it is missing, which the next run mends, instead of wrong.
 */
export async function verifyCache(options: VerifyOptions): Promise<VerifyReport> {
  const fs = options.fs ?? realFs;
  const reader = new Reader(fs, options.signal);
  const store = join(options.cache, 'store');
  const bad = badFolderOf(store);
  for (const shard of listFolder(fs, store)) {
    if (!/^[0-9a-f]{2}$/.test(shard)) continue;
    for (const name of listFolder(fs, join(store, shard))) await reader.check('store', join(store, shard, name), name, bad);
  }
  checkRecords(fs, options.cache, reader);
  for (const { paths, repoDir, results } of options.workspaces) {
    const aside = join(paths.state, 'bad');
    const generations = join(repoDir, 'generations');
    for (const id of listFolder(fs, generations)) {
      for (const { path, sha256 } of readGeneration(fs, join(generations, id))?.files ?? []) await reader.check('generation', join(generations, id, path), sha256, aside);
    }
    for (const { path, sha256 } of listPublished(repoDir, fs)) await reader.check('published', join(repoDir, 'published', path), sha256, aside);
    for (const { dir, files } of results) {
      for (const { path, digest } of files) await reader.check('result', join(dir, path), digest.slice('sha256:'.length), aside);
    }
  }
  return reader.report();
}

function checkRecords(fs: Fs, cache: string, reader: Reader): void {
  const results = new ResultCache(cache, fs);
  const folder = join(cache, 'store', 'results');
  for (const shard of listFolder(fs, folder)) {
    for (const name of listFolder(fs, join(folder, shard))) {
      const lookup = /^[0-9a-f]{64}$/.test(name) ? results.find(`sha256:${name}`) : undefined;
      if (lookup?.state === 'damaged') reader.found({ what: 'store', file: lookup.file, setAside: results.setAside(`sha256:${name}`) });
    }
  }
}

class Reader {
  readonly #fs: Fs;
  readonly #signal: AbortSignal;
  /** Digests by inode: of an RPM that is in the store, in two generations and published there is one. */
  readonly #digests = new Map<string, string>();
  readonly #damaged: Damage[] = [];
  #files = 0;
  #bytes = 0;

  constructor(fs: Fs, signal: AbortSignal) {
    this.#fs = fs;
    this.#signal = signal;
  }

  found(damage: Damage): void {
    this.#damaged.push(damage);
  }

  async check(what: string, file: string, sha256: string, bad: string): Promise<void> {
    this.#signal.throwIfAborted();
    this.#files++;
    try {
      if ((await this.#digestOf(file)) === sha256) return;
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
    }
    if (!this.#fs.lstat(file)) {
      // An entry of the store may be evicted at any moment; what a manifest names must be there.
      if (what !== 'store') this.found({ what, file });
      return;
    }
    setAside(this.#fs, file, bad);
    this.found({ what, file, setAside: bad });
  }

  report(): VerifyReport {
    return { files: this.#files, bytes: this.#bytes, damaged: this.#damaged };
  }

  /** Nothing for what is no file. */
  async #digestOf(file: string): Promise<string | undefined> {
    const stat = this.#fs.lstat(file);
    if (stat?.type !== 'file') return undefined;
    const inode = `${String(stat.dev)}:${String(stat.ino)}`;
    const known = this.#digests.get(inode);
    if (known !== undefined) return known;
    const { sha256, size } = await hashFile(file, { fs: this.#fs });
    this.#bytes += size;
    this.#digests.set(inode, sha256);
    return sha256;
  }
}
