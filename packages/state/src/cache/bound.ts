import { join } from 'node:path';
import { FailureError, type CacheItem, type CacheRoom } from '@crpm/core';
import { realFs, type Fs } from '../fs.js';
import { acquireLock } from '../lock.js';
import { choose, sizeOf, type Stock } from './choose.js';

/** What was seen of all rooms. */
export interface Look {
  readonly stocks: readonly Stock[];
  /** Rooms that could not be looked into, and why. */
  readonly unseen: readonly { readonly room: string; readonly why: string }[];
}

/** Looks into every room; one that can't be looked into is named, not failed for. */
export async function lookInto(rooms: readonly CacheRoom[], signal: AbortSignal): Promise<Look> {
  const stocks: Stock[] = [];
  const unseen: { room: string; why: string }[] = [];
  for (const room of rooms) {
    try {
      stocks.push({ room: room.name, items: await room.list(signal) });
    } catch (error) {
      if (!(error instanceof FailureError) || error.failure.class !== 'environment') throw error;
      const { message, lines = [] } = error.failure;
      unseen.push({ room: room.name, why: lines.length > 0 ? `${message} (${lines.join('; ')})` : message });
    }
  }
  return { stocks, unseen };
}

export interface BoundOptions {
  readonly rooms: readonly CacheRoom[];
  /** The user's cache folder: one process at a time keeps the bound. */
  readonly cache: string;
  /** bytes */
  readonly maxSize: number;
  /** Only say what would go. */
  readonly dryRun?: boolean;
  readonly signal: AbortSignal;
  readonly fs?: Fs;
}

export interface BoundReport extends Pick<Look, 'unseen'> {
  readonly maxSize: number;
  /** Bytes that everything took, and takes now (or would). */
  readonly before: number;
  readonly after: number;
  /** Least recently used first; `bytes`: all that it held, alone or with others. */
  readonly removed: readonly { readonly room: string; readonly id: string; readonly title: string; readonly bytes: number }[];
  /** What had to stay although there is still too much: each with why. */
  readonly kept: readonly { readonly room: string; readonly id: string; readonly title: string; readonly bytes: number; readonly why: string }[];
}

/**
 * Removes what was used least recently until everything takes at most `maxSize`. Fails (class `locked`) while another process does the same.
 */
export async function keepBound(options: BoundOptions): Promise<BoundReport> {
  const { cache, maxSize, rooms, signal, fs = realFs } = options;
  const lock = await acquireLock(join(cache, 'gc.lock'), { command: 'crpm cache gc', what: `the cache ${cache}`, fs });
  try {
    const look = await lookInto(rooms, signal);
    const { goes, before } = choose(look.stocks, maxSize);
    const gone = options.dryRun ? new Set(goes.map(({ room, item }) => `${room}/${item.id}`)) : await removeAll(rooms, goes, signal);
    const isGone = (room: string, item: CacheItem) => gone.has(`${room}/${item.id}`);
    const left = look.stocks.map(({ room, items }) => ({ room, items: items.filter((item) => !isGone(room, item)) }));
    const { before: after } = choose(left, Infinity);
    const tell = (room: string, item: CacheItem) => ({ room, id: item.id, title: item.title, bytes: sizeOf(item) });
    return {
      maxSize, before, after, unseen: look.unseen,
      removed: goes.filter(({ room, item }) => isGone(room, item)).map(({ room, item }) => tell(room, item)),
      kept: after <= maxSize ? [] : left.flatMap(({ room, items }) => items.map((item) => ({ ...tell(room, item), why: item.pinned ?? 'something that stays holds its files too, or somebody is using it' }))),
    };
  } finally {
    lock.release();
  }
}

/** `<room>/<id>` of what is gone. */
async function removeAll(rooms: readonly CacheRoom[], goes: readonly { readonly room: string; readonly item: CacheItem }[], signal: AbortSignal): Promise<ReadonlySet<string>> {
  const gone = new Set<string>();
  for (const room of rooms) {
    const items = goes.filter((chosen) => chosen.room === room.name).map(({ item }) => item);
    if (items.length === 0) continue;
    signal.throwIfAborted();
    for (const id of await room.remove(items, signal)) gone.add(`${room.name}/${id}`);
  }
  return gone;
}
