import { readdirSync, readlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { readHead } from '../tree-record.js';
import { startLook, type Look } from './look.js';
import { asText, cacheFileOf, indexFile } from './names.js';

/** Gives the look by an index that has been started, once. */
export type TakeLook = (index: string) => Look | undefined;

/** More trees than any workspace has. */
const MOST = 8;
/** What was seen longer ago is not the tree as it is: something was waited for, a lock perhaps. */
const LONGEST_MS = 5_000;

/**
 * Starts the looks of a workspace before anything is known of it but what its last run left: so that they go on while the program is loaded. `cwd`: where the
 * command was started; the nearest `.crpm` upwards tells the rest. What turns out not to be wanted was in vain; nothing here fails.
 */
export function startLooks(cwd: string): TakeLook {
  const looks = new Map<string, Look>();
  const begun = performance.now();
  try {
    const folder = join(stateOf(cwd), 'scans');
    for (const name of readdirSync(folder)) {
      const cacheFile = cacheFileOf(join(folder, name));
      if (cacheFile === undefined || looks.size === MOST) continue;
      const { tree, glance } = readHead(join(folder, name));
      if (glance === undefined) continue;
      const index = indexFile(cacheFile, glance.indexSha256);
      looks.set(index, startLook({ tree: asText(tree), index, yielding: true }));
    }
  } catch {
    // No workspace yet, or not whole: the scans see for themselves.
  }
  return (index) => {
    const look = performance.now() - begun < LONGEST_MS ? looks.get(index) : undefined;
    looks.delete(index);
    return look;
  };
}

function stateOf(cwd: string): string {
  for (let folder = cwd; ; folder = dirname(folder)) {
    try {
      return readlinkSync(join(folder, '.crpm'));
    } catch (error) {
      if (folder === dirname(folder)) throw error;
    }
  }
}
