import { join } from 'node:path';
import { realFs, type Fs } from '../fs.js';
import { addressed } from '../generations.js';
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
