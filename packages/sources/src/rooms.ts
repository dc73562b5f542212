import { existsSync, lstatSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { CacheItem, CacheRoom } from '@crpm/core';
import { errorCode, readLock } from '@crpm/state';
import { mirrorsDir } from './git/mirror.js';
import { snapshotsRoom } from './snapshot/room.js';
import { listFiles, removeFile } from './files/kept-file.js';
import { listTrees, removeTree, type TreeKey } from './trees/tree-store.js';

/** What sources leave in the cache: mirrors of git, trees of commits and archives, files by their digest, snapshots. All of it can be had again, but for snapshots of trees that changed since. */
export function sourcesRooms(cacheDir: string): readonly CacheRoom[] {
  return [mirrorsRoom(cacheDir), treesRoom(cacheDir), filesRoom(cacheDir), snapshotsRoom(cacheDir)];
}

function mirrorsRoom(cacheDir: string): CacheRoom {
  const home = mirrorsDir(cacheDir);
  const item = (id: string): CacheItem => {
    const dir = join(home, id);
    const url = readOrEmpty(join(dir, 'crpm-url')) || id;
    const used = readLock(`${dir}.lock`) !== undefined;
    return { id, title: `mirror of ${url}`, bytes: sizeOf(dir), lastUsed: statSync(dir).mtimeMs, ...(used && { pinned: 'a run fetches into it' }) };
  };
  return {
    name: 'git',
    async list() {
      return existsSync(home) ? readdirSync(home).filter((name) => name.endsWith('.git')).map(item) : [];
    },
    async remove(items) {
      const free = items.filter(({ id }) => readLock(join(home, `${id}.lock`)) === undefined).map(({ id }) => id);
      for (const id of free) rmSync(join(home, id), { recursive: true, force: true });
      return free;
    },
  };
}

function treesRoom(cacheDir: string): CacheRoom {
  return {
    name: 'trees',
    async list() {
      return listTrees(cacheDir).map(({ key, title, bytes, lastUsed }) => ({ id: key, title, bytes, lastUsed }));
    },
    async remove(items) {
      for (const { id } of items) removeTree(cacheDir, id as TreeKey);
      return items.map(({ id }) => id);
    },
  };
}

function filesRoom(cacheDir: string): CacheRoom {
  return {
    name: 'files',
    async list() {
      return listFiles(cacheDir);
    },
    async remove(items) {
      for (const { id } of items) removeFile(cacheDir, id);
      return items.map(({ id }) => id);
    },
  };
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return '';
    throw error;
  }
}

/** Names in a bare repository are plain text. */
function sizeOf(dir: string): number {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' }).reduce((sum, name) => sum + (lstatSync(join(dir, name), { throwIfNoEntry: false })?.size ?? 0), 0);
}
