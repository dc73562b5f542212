import { readdirSync } from 'node:fs';
import { fsPath, type BytePath } from '@crpm/archive';

/**
 * Everything below `root/start` but `.git`, relative to `root`, in no order; links are named, not followed. Iterative: trees may be deep.
 * Throws the error of the file system, `path` being the folder's.
 */
export function walk(root: BytePath, start: BytePath = ''): BytePath[] {
  const found: BytePath[] = [];
  const folders = [start];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const path = folder === '' ? root : `${root}/${folder}`;
    for (const entry of readdirSync(fsPath(path), { withFileTypes: true, encoding: 'latin1' })) {
      if (entry.name === '.git') continue;
      const child = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) folders.push(child);
      else found.push(child);
    }
  }
  return found;
}
