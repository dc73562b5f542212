import { join } from 'node:path';
import { errorCode, type Fs } from './fs.js';
import { temporaryName } from './owner.js';

/** Generations kept beside the current one, however old, milliseconds within which all are kept: somebody may still be reading their metadata. */
const KEPT = 5;
const YOUNG = 86_400_000;

/** Removes old generations. The files that they published stay at their addresses. Never worth failing for: the next publication tries again. */
export function pruneGenerations(repoDir: string, current: string, fs: Fs): void {
  const folder = join(repoDir, 'generations');
  try {
    const others = fs.readdir(folder)
      .filter((id) => id !== current && !id.startsWith('.'))
      .map((id) => ({ id, at: Number((fs.lstat(join(folder, id))?.mtime ?? 0n) / 1_000_000n) }))
      .sort((a, b) => b.at - a.at);
    for (const { id, at } of others.slice(KEPT)) {
      if (Date.now() - at < YOUNG) continue;
      // It goes at once, under a name that the next run sweeps if this one dies: half a generation is never to be seen.
      const going = join(folder, temporaryName(`.${id}`));
      fs.rename(join(folder, id), going);
      fs.remove(going);
    }
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
  }
}
