import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import type { CacheItem, CacheRoom } from '@crpm/core';
import type { PrimaryCache } from '@crpm/rpm';
import { writeFileAtomic } from '@crpm/state';

/** Primary metadata of distributions, by the sha256 that their `repomd.xml` gives it: a mirror that did not move costs one small file. */
export function repodataCache(cache: string): PrimaryCache {
  const folder = folderIn(cache);
  return {
    get(sha256) {
      const file = join(folder, sha256);
      try {
        const bytes = readFileSync(file);
        // The least recently used goes first.
        utimesSync(file, new Date(), new Date());
        return bytes;
      } catch {
        return undefined;
      }
    },
    put(sha256, bytes) {
      try {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        // Whoever reads it compares it with its name.
        writeFileAtomic(join(folder, sha256), bytes, { mode: 0o600, durable: false });
      } catch {
        // A cache that can't be written costs the next run a download.
      }
    },
  };
}

export function repodataRoom(cache: string): CacheRoom {
  const folder = folderIn(cache);
  return {
    name: 'repodata',
    list: async () =>
      names(folder).map((id): CacheItem => {
        const { size, mtimeMs } = statSync(join(folder, id));
        return { id, title: 'metadata of a distribution’s repository', bytes: size, lastUsed: mtimeMs };
      }),
    remove: async (items) => {
      for (const { id } of items) rmSync(join(folder, id), { force: true });
      return items.map(({ id }) => id);
    },
  };
}

function folderIn(cache: string): string {
  return join(cache, 'repodata');
}

function names(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => /^[0-9a-f]{64}$/.test(name));
  } catch {
    return [];
  }
}
