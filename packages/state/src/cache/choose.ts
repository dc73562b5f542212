import type { CacheItem } from '@crpm/core';

/** What a room holds. */
export interface Stock {
  readonly room: string;
  readonly items: readonly CacheItem[];
}

export interface Choice {
  /** What goes, in order. */
  readonly goes: readonly { readonly room: string; readonly item: CacheItem }[];
  /** Bytes that all of it takes now, and when that has gone. */
  readonly before: number;
  readonly after: number;
}

interface Candidate {
  readonly room: string;
  readonly item: CacheItem;
  /** When it was last used, or anything else that its removal gives bytes back with. */
  readonly age: number;
}

/**
 * What has to go so that everything takes at most `maxSize` bytes: the least recently used first, whatever room it is in. Nothing that is pinned,
 * and nothing whose removal would give back no byte, because something that stays holds its files too. Items that share files are as young as the
 * youngest of them: the older ones alone would go for nothing.
 */
export function choose(stocks: readonly Stock[], maxSize: number): Choice {
  const ledger = new Ledger(stocks);
  const before = ledger.total;
  const candidates: Candidate[] = [];
  for (const { room, items } of stocks) {
    for (const item of items) if (item.pinned === undefined && ledger.mayGive(item)) candidates.push({ room, item, age: ledger.ageOf(item) });
  }
  candidates.sort((a, b) => a.age - b.age || a.item.lastUsed - b.item.lastUsed || (a.item.id < b.item.id ? -1 : 1));
  const taken: Candidate[] = [];
  for (const candidate of candidates) {
    if (ledger.total <= maxSize) break;
    ledger.take(candidate.item);
    taken.push(candidate);
  }
  // What shares all its bytes with something that was not reached would go for nothing.
  const goes = taken.filter(({ item }) => ledger.gave(item));
  return { goes, before, after: ledger.total };
}

/** Bytes by room, a file that several hold counted for the first of them; together they are what everything takes. */
export function sizesByRoom(stocks: readonly Stock[]): ReadonlyMap<string, number> {
  const ledger = new Ledger(stocks);
  const counted = new Set<string>();
  const sizes = new Map<string, number>();
  for (const { room, items } of stocks) {
    let size = 0;
    for (const item of items) {
      size += item.bytes;
      for (const { inode, bytes } of item.shared ?? []) {
        if (counted.has(inode) || !ledger.knowsAll(inode)) continue;
        counted.add(inode);
        size += bytes;
      }
    }
    sizes.set(room, size);
  }
  return sizes;
}

/** All that an item holds, alone or with others, bytes. */
export function sizeOf(item: CacheItem): number {
  const files = new Map((item.shared ?? []).map(({ inode, bytes }) => [inode, bytes]));
  return [...files.values()].reduce((sum, bytes) => sum + bytes, item.bytes);
}

interface FileAccount {
  readonly bytes: number;
  readonly links: number;
  /** Names of it that items have, and those that are left of them. */
  names: number;
  left: number;
  lastUsed: number;
  pinned: boolean;
}

/** Who holds which bytes. A file that something unknown holds too would stay whatever goes, and is not counted. */
class Ledger {
  readonly #files = new Map<string, FileAccount>();
  total = 0;

  constructor(stocks: readonly Stock[]) {
    for (const { items } of stocks) {
      for (const item of items) {
        this.total += item.bytes;
        for (const { inode, bytes, links } of item.shared ?? []) {
          const file = this.#files.get(inode) ?? { bytes, links, names: 0, left: 0, lastUsed: 0, pinned: false };
          file.names++;
          file.left++;
          file.lastUsed = Math.max(file.lastUsed, item.lastUsed);
          file.pinned ||= item.pinned !== undefined;
          this.#files.set(inode, file);
        }
      }
    }
    for (const file of this.#files.values()) if (file.names >= file.links) this.total += file.bytes;
  }

  knowsAll(inode: string): boolean {
    const file = this.#files.get(inode);
    return file !== undefined && file.names >= file.links;
  }

  /** Whether the removal of an item, and of all unpinned ones that share with it, gives anything back. */
  mayGive(item: CacheItem): boolean {
    return item.bytes > 0 || this.#sharedBy(item).length > 0;
  }

  ageOf(item: CacheItem): number {
    return Math.max(item.lastUsed, ...this.#sharedBy(item).map((file) => file.lastUsed));
  }

  take(item: CacheItem): void {
    this.total -= item.bytes;
    for (const { inode } of item.shared ?? []) {
      const file = this.#files.get(inode);
      if (!file) continue;
      file.left--;
      if (file.left === 0 && file.names >= file.links) this.total -= file.bytes;
    }
  }

  /** Whether an item that was taken had a part in giving something back. */
  gave(item: CacheItem): boolean {
    return item.bytes > 0 || this.#sharedBy(item).some((file) => file.left === 0);
  }

  /** Those of an item's shared files that can go at all. */
  #sharedBy(item: CacheItem): readonly FileAccount[] {
    return (item.shared ?? []).flatMap(({ inode }) => {
      const file = this.#files.get(inode);
      return file && !file.pinned && file.names >= file.links ? [file] : [];
    });
  }
}
