import { readdirSync } from 'node:fs';
import { fsPath, type BytePath } from '@crpm/archive';

/**
 * Everything below `root/start` but `.git`, relative to `root`, in no order; links are named, not followed. Iterative: trees may be deep.
 * `fail` makes a failure of the file system's error at a folder.
 */
export function walk(root: BytePath, start: BytePath, fail: (folder: BytePath, error: unknown) => never): BytePath[] {
  const found: BytePath[] = [];
  const folders = [start];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const relative = folder;
    const path = folder === '' ? root : `${root}/${folder}`;
    for (const entry of list(path, (error) => fail(relative, error))) {
      if (entry.name === '.git') continue;
      const child = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) folders.push(child);
      else found.push(child);
    }
  }
  return found;
}

function list(path: BytePath, fail: (error: unknown) => never) {
  try {
    return readdirSync(fsPath(path), { withFileTypes: true, encoding: 'latin1' });
  } catch (error) {
    return fail(error);
  }
}
