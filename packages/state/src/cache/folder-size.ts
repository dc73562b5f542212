import { join } from 'node:path';
import type { SharedFile } from '@crpm/core';
import type { FileStat, Fs } from '../fs.js';

/** What files hold alone, and what others may hold too. */
export interface Holding {
  readonly bytes: number;
  readonly shared: readonly SharedFile[];
}

/** Of one file. */
export function holdingOf(stat: FileStat): Holding {
  if (stat.links <= 1) return { bytes: stat.size, shared: [] };
  return { bytes: 0, shared: [{ inode: `${String(stat.dev)}:${String(stat.ino)}`, bytes: stat.size, links: stat.links }] };
}

export function sumHoldings(holdings: readonly Holding[]): Holding {
  return { bytes: holdings.reduce((sum, { bytes }) => sum + bytes, 0), shared: holdings.flatMap(({ shared }) => shared) };
}

/** Of a file, or of all files below a folder. What goes away meanwhile counts nothing. */
export function measure(fs: Fs, path: string): Holding {
  const holdings: Holding[] = [];
  const waiting = [path];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const stat = fs.lstat(next);
    if (stat?.type === 'folder') for (const name of listFolder(fs, next)) waiting.push(join(next, name));
    else if (stat?.type === 'file') holdings.push(holdingOf(stat));
  }
  return sumHoldings(holdings);
}

/** Names in a folder; none where there is no such folder. */
export function listFolder(fs: Fs, folder: string): readonly string[] {
  return fs.lstat(folder)?.type === 'folder' ? fs.readdir(folder) : [];
}

/** Milliseconds since the epoch. */
export function millis(time: bigint): number {
  return Number(time / 1_000_000n);
}
