import { basename, join } from 'node:path';
import type { CacheItem, CacheRoom } from '@crpm/core';
import { realFs, type FileStat, type Fs } from '../fs.js';
import { ResultCache, resultName, type CachedResult } from '../result-cache.js';
import { evictionLog, usageLog } from './logs.js';
import { holdingOf, listFolder, millis, sumHoldings } from './folder-size.js';
import { inUse, type KnownWorkspace } from './workspaces.js';

export interface StoreRoomOptions {
  /** The user's cache folder. */
  readonly cache: string;
  /** Whose running commands may be about to use something. */
  readonly workspaces: readonly KnownWorkspace[];
  /** Hex sha256 of what is published, and may be named by a `WORKSPACE`, with the workspace that published it. */
  readonly published: ReadonlyMap<string, string>;
  readonly fs?: Fs;
}

/** A result in the store, with its record's file. */
interface Recorded {
  readonly file: string;
  readonly stat: FileStat;
  readonly result: CachedResult;
  readonly lastUsed: number;
}

/**
 * The store's results, each with the files that it came with; then files that belong to no result any more. A file that several results have in common
 * counts for the one that was used last: the others can go before it and leave it there.
 */
export function storeRoom(options: StoreRoomOptions): CacheRoom {
  const fs = options.fs ?? realFs;
  const { cache, published } = options;
  const store = join(cache, 'store');
  const entryOf = (sha256: string) => join(store, sha256.slice(0, 2), sha256);

  return {
    name: 'store',
    list() {
      const entries = readEntries(fs, store);
      const owned = new Set<string>();
      const items: CacheItem[] = [];
      for (const { file, stat, result, lastUsed } of readRecords(fs, cache)) {
        const digests = digestsOf(result).filter((sha256) => entries.has(sha256) && !owned.has(sha256));
        for (const sha256 of digests) owned.add(sha256);
        const files = digests.flatMap((sha256) => entries.get(sha256) ?? []);
        const publishers = digestsOf(result).map((sha256) => published.get(sha256));
        const publisher = publishers.length > 0 && publishers.every((id) => id !== undefined) ? publishers[0] : undefined;
        const pinned = usedNow(options.workspaces, lastUsed) ?? (publisher === undefined ? undefined : `published by ${publisher}`);
        items.push({
          id: `results/${basename(file)}`,
          title: `${result.node} of ${result.at}`,
          ...sumHoldings([holdingOf(stat), ...files.map(holdingOf)]),
          lastUsed,
          ...(pinned === undefined ? {} : { pinned }),
        });
      }
      for (const [sha256, stat] of entries) {
        if (owned.has(sha256)) continue;
        const lastUsed = millis(stat.ctime);
        const publisher = published.get(sha256);
        const pinned = usedNow(options.workspaces, lastUsed) ?? (publisher === undefined ? undefined : `published by ${publisher}`);
        items.push({ id: `entry/${sha256}`, title: `a file of no known result, ${sha256.slice(0, 12)}`, ...holdingOf(stat), lastUsed, ...(pinned === undefined ? {} : { pinned }) });
      }
      for (const name of listFolder(fs, join(store, 'bad'))) {
        const stat = fs.lstat(join(store, 'bad', name));
        if (stat) items.push({ id: `bad/${name}`, title: `set aside as damaged: ${name.slice(0, 12)}`, ...holdingOf(stat), lastUsed: millis(stat.ctime) });
      }
      return Promise.resolve(items);
    },

    async remove(items) {
      const gone = new Set(items.map(({ id }) => id));
      const needed = new Set<string>();
      const going = new Set<string>();
      for (const { file, result } of readRecords(fs, cache)) {
        for (const sha256 of digestsOf(result)) (gone.has(`results/${basename(file)}`) ? going : needed).add(sha256);
      }
      const entries = [...going, ...items.flatMap(({ id }) => (id.startsWith('entry/') ? [id.slice('entry/'.length)] : []))]
        .filter((sha256) => !needed.has(sha256) && !published.has(sha256));
      // Told first: what is gone without a word would be a riddle, and what is told too early is still found.
      await evictionLog(cache, fs).note([...items.filter(({ id }) => id.startsWith('results/')).map(({ id }) => id), ...entries.map((sha256) => `store/${sha256}`)]);
      for (const { id } of items) {
        if (id.startsWith('results/')) fs.remove(recordFile(store, basename(id)));
        if (id.startsWith('bad/')) fs.remove(join(store, 'bad', basename(id)));
      }
      for (const sha256 of entries) fs.remove(entryOf(sha256));
      return [...gone];
    },
  };
}

/** Whether a run that goes on may have come across it. */
function usedNow(workspaces: readonly KnownWorkspace[], lastUsed: number): string | undefined {
  const user = workspaces.find(({ holder }) => holder !== undefined && lastUsed >= Date.parse(holder.since));
  return user && inUse(user);
}

/** The most recently used first. Damaged records are no results; `crpm cache verify` finds them. */
function readRecords(fs: Fs, cache: string): readonly Recorded[] {
  const used = usageLog(cache, fs).read();
  const found = new ResultCache(cache, fs).all().flatMap((result): readonly Recorded[] => {
    const name = resultName(result.fingerprint);
    const file = recordFile(join(cache, 'store'), basename(name));
    const stat = fs.lstat(file);
    return stat ? [{ file, stat, result, lastUsed: Math.max(millis(stat.mtime), used.get(name) ?? 0) }] : [];
  });
  return found.sort((a, b) => b.lastUsed - a.lastUsed);
}

function readEntries(fs: Fs, store: string): ReadonlyMap<string, FileStat> {
  const entries = new Map<string, FileStat>();
  for (const shard of listFolder(fs, store)) {
    if (!/^[0-9a-f]{2}$/.test(shard)) continue;
    for (const name of listFolder(fs, join(store, shard))) {
      const stat = fs.lstat(join(store, shard, name));
      if (stat?.type === 'file' && /^[0-9a-f]{64}$/.test(name)) entries.set(name, stat);
    }
  }
  return entries;
}

function recordFile(store: string, hex: string): string {
  return join(store, 'results', hex.slice(0, 2), hex);
}

/** Hex sha256 of the files of a result, each once. */
function digestsOf({ files }: CachedResult): readonly string[] {
  return [...new Set(files.map(({ digest }) => digest.slice('sha256:'.length)))];
}
