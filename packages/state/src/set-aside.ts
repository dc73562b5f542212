import { basename, dirname, join } from 'node:path';
import { errorCode, type Fs } from './fs.js';
import { temporaryName } from './owner.js';

/** Where damaged things of a store are kept for a look. */
export function badFolderOf(store: string): string {
  return join(store, 'bad');
}

/** Out of the way, but kept: a damaged entry is a sign of a damaged disk, or of somebody who writes into the store. Gone already is fine. */
export function setAside(fs: Fs, path: string, badFolder: string): void {
  const bad = join(badFolder, temporaryName(basename(path)));
  fs.mkdir(dirname(bad), 0o700);
  try {
    fs.rename(path, bad);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}
