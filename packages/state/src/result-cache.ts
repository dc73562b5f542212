import { basename, dirname, join } from 'node:path';
import type { Input, Json, OutputFile } from '@crpm/core';
import { makeFolder, syncFolder, writeSynced } from './atomic.js';
import { listFolder } from './cache/folder-size.js';
import { evictionLog, usageLog } from './cache/logs.js';
import { errorCode, realFs, type Fs } from './fs.js';
import { temporaryName } from './owner.js';
import { frameRecord, unframeRecord } from './record.js';
import { badFolderOf, setAside } from './set-aside.js';

/** A result as any workspace may use it. Its files are in the store by their digests; nothing in it is true of one machine alone. */
export interface CachedResult {
  /** `sha256:<hex>` over {@link inputs}: its name in the cache. */
  readonly fingerprint: string;
  /** Id of the node in the graph that made it, for people. */
  readonly node: string;
  readonly kind: string;
  /** When it was made, ISO 8601. */
  readonly at: string;
  /** How long that took, milliseconds. */
  readonly ms: number;
  readonly inputs: readonly Input[];
  readonly files: readonly OutputFile[];
  readonly data: Json;
  /** Of the output: over files and data. */
  readonly digest: string;
  /** The manifest in the shared store that it came from; absent: made on this machine. */
  readonly from?: string;
}

export type Lookup =
  | { readonly state: 'found'; readonly result: CachedResult }
  | { readonly state: 'absent' }
  /** It was there, and went to keep the cache within its bound; `at` in milliseconds since the epoch. */
  | { readonly state: 'evicted'; readonly at: number }
  /** What is there does not hold what it should; {@link ResultCache.setAside} moves it out of the way. */
  | { readonly state: 'damaged'; readonly file: string };

/**
 * Results by fingerprint, shared by all workspaces of a user: `store/results/<aa>/<fingerprint>`, one checksummed record each. Needs no lock: a record
 * appears whole by rename, and of two for one fingerprint either is right. A record is only as good as its files: the store says whether
 * they are all there.
 */
export class ResultCache {
  readonly #cache: string;
  readonly #store: string;
  readonly #fs: Fs;

  constructor(cache: string, fs: Fs = realFs) {
    this.#cache = cache;
    this.#store = join(cache, 'store');
    this.#fs = fs;
  }

  /** Keeps a result whose files are in the store. Replaces what was there of that fingerprint. */
  keep(result: CachedResult): void {
    const file = this.#file(result.fingerprint);
    if ((this.#fs.lstat(file)?.type ?? 'file') !== 'file') this.setAside(result.fingerprint);
    makeFolder(this.#fs, dirname(file), 0o700);
    // Beside the store's own temporary files, where those of dead processes are swept.
    const temporary = join(this.#store, 'tmp', temporaryName(basename(file)));
    makeFolder(this.#fs, dirname(temporary), 0o700);
    try {
      writeSynced(this.#fs, temporary, frameRecord(JSON.stringify(result)), 0o600);
      this.#fs.rename(temporary, file);
    } catch (error) {
      this.#fs.remove(temporary);
      throw error;
    }
    syncFolder(this.#fs, dirname(file));
  }

  /** The result of a fingerprint. Only reads. */
  find(fingerprint: string): Lookup {
    const file = this.#file(fingerprint);
    let text: string;
    try {
      // A link or a folder in a record's place is none.
      if ((this.#fs.lstat(file)?.type ?? 'file') !== 'file') return { state: 'damaged', file };
      text = this.#fs.readFile(file).toString();
    } catch (error) {
      if (!['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) throw error;
      const at = evictionLog(this.#cache, this.#fs).read().get(resultName(fingerprint));
      return at === undefined ? { state: 'absent' } : { state: 'evicted', at };
    }
    const line = unframeRecord(text.endsWith('\n') ? text.slice(0, -1) : '');
    // A newer crpm may find it good.
    if (line.state === 'newer') return { state: 'absent' };
    const result = line.state === 'good' ? (JSON.parse(line.json) as CachedResult) : undefined;
    return result?.fingerprint === fingerprint ? { state: 'found', result } : { state: 'damaged', file };
  }

  /** All that are whole. Only reads. */
  all(): readonly CachedResult[] {
    const folder = join(this.#store, 'results');
    return listFolder(this.#fs, folder).flatMap((shard) =>
      listFolder(this.#fs, join(folder, shard)).flatMap((name) => {
        if (!/^[0-9a-f]{64}$/.test(name)) return [];
        const lookup = this.find(`sha256:${name}`);
        return lookup.state === 'found' ? [lookup.result] : [];
      }),
    );
  }

  /** Says that results were used just now, so that they are the last to go. */
  async noteUse(fingerprints: readonly string[]): Promise<void> {
    await usageLog(this.#cache, this.#fs).note(fingerprints.map(resultName));
  }

  /** Moves a damaged record out of the way, to be looked at; returns the folder that it is in now. */
  setAside(fingerprint: string): string {
    setAside(this.#fs, this.#file(fingerprint), badFolderOf(this.#store));
    return badFolderOf(this.#store);
  }

  #file(fingerprint: string): string {
    const hex = hexOf(fingerprint);
    return join(this.#store, 'results', hex.slice(0, 2), hex);
  }
}

/** A result's name in the logs of use and of eviction. */
export function resultName(fingerprint: string): string {
  return `results/${hexOf(fingerprint)}`;
}

function hexOf(fingerprint: string): string {
  const hex = /^sha256:([0-9a-f]{64})$/.exec(fingerprint)?.[1];
  if (hex === undefined) throw new Error(`not a fingerprint: ${fingerprint}`);
  return hex;
}
