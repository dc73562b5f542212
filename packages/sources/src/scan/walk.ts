import { readdirSync } from 'node:fs';
import { fsPath, type BytePath } from '@crpm/archive';

export interface Walked {
  /** All but folders; links are named, not followed. */
  readonly paths: readonly BytePath[];
  /** `start` and every folder below it. */
  readonly folders: readonly BytePath[];
}

/**
 * Everything below `root/start` but `.git`, relative to `root`, in no order. Iterative: trees may be deep.
 * `fail` makes a failure of the file system's error at a folder.
 */
export function walk(root: BytePath, start: BytePath, fail: (folder: BytePath, error: unknown) => never): Walked {
  const paths: BytePath[] = [];
  const folders: BytePath[] = [];
  const left = [start];
  for (let folder = left.pop(); folder !== undefined; folder = left.pop()) {
    const relative = folder;
    folders.push(folder);
    for (const entry of list(folder === '' ? root : `${root}/${folder}`, (error) => fail(relative, error))) {
      if (entry.name === '.git') continue;
      const child = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) left.push(child);
      else paths.push(child);
    }
  }
  return { paths, folders };
}

function list(path: BytePath, fail: (error: unknown) => never) {
  try {
    return readdirSync(fsPath(path), { withFileTypes: true, encoding: 'latin1' });
  } catch (error) {
    return fail(error);
  }
}
