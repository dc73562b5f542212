import { dirname, join } from 'node:path';
import { realFs, type Fs } from '../fs.js';
import { addressed, readCurrentGeneration } from '../generations.js';
import { listFolder } from './folder-size.js';

/** Paths below `published/` of a repository, those that hold `by-sha256/<digest>/`, with the hex digest. */
export function listPublished(repoDir: string, fs: Fs = realFs): readonly { readonly path: string; readonly sha256: string }[] {
  const root = join(repoDir, 'published');
  const found: { path: string; sha256: string }[] = [];
  const folders = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const name of listFolder(fs, join(root, folder))) {
      const path = folder === '' ? name : `${folder}/${name}`;
      const sha256 = addressed(path);
      if (sha256 !== undefined) found.push({ path, sha256 });
      else if (fs.lstat(join(root, path))?.type === 'folder') folders.push(path);
    }
  }
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

export interface Release {
  /** How many files went, and how many bytes that gave back: none for what the store, say, still holds. */
  readonly released: number;
  readonly bytes: number;
  /** How many stay. */
  readonly kept: number;
}

/** Takes back published files, but for those of the current generation and those that `isNamed` (hex sha256) says somebody needs. The caller holds the workspace. */
export function releasePublished(repoDir: string, isNamed: (sha256: string) => boolean, fs: Fs = realFs): Release {
  const current = new Set(readCurrentGeneration(repoDir, fs)?.files.map(({ sha256 }) => sha256));
  const published = listPublished(repoDir, fs);
  const going = published.filter(({ sha256 }) => !current.has(sha256) && !isNamed(sha256));
  let bytes = 0;
  for (const { path } of going) {
    const file = join(repoDir, 'published', path);
    const stat = fs.lstat(file);
    if (stat?.links === 1) bytes += stat.size;
    fs.remove(file);
    if (listFolder(fs, dirname(file)).length === 0) fs.remove(dirname(file));
  }
  return { released: going.length, bytes, kept: published.length - going.length };
}
