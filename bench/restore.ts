import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Store } from '@crpm/state';
import { CACHE } from './support/cache.js';
import { compared, type Bench } from './support/bench.js';
import { inTurn, runAll } from './support/measure.js';

const FILES = 32;
const FILE_BYTES = 32 * 1024 * 1024;

/** The store hashes what it gives out and links it; cp does neither. */
export const restore: Bench = {
  name: 'restore',
  title: '1 GiB of RPMs out of the store ÷ cp -r --reflink=auto',
  async run({ rounds }) {
    mkdirSync(CACHE, { recursive: true });
    const folder = mkdtempSync(join(CACHE, 'restore-'));
    try {
      const rpms = join(folder, 'rpms');
      const digests = fill(rpms);
      const store = new Store(join(folder, 'cache'));
      for (const [name, digest] of digests) await store.add(join(rpms, name), digest);
      const target = join(folder, 'target');
      const [ours, cp] = await inTurn(
        [
          { name: 'store', round: () => emptied(target, () => restoreAll(store, digests, target)) },
          { name: 'cp', round: () => emptied(target, () => runAll([{ argv: ['cp', '-r', '--reflink=auto', `${rpms}/.`, target] }])) },
        ],
        Math.min(rounds, 7),
        1,
      );
      return [compared('1 GiB of RPMs out of the store ÷ cp -r --reflink=auto', ours!, cp!)];
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/** Names and digests of files that nothing compresses. */
function fill(folder: string): ReadonlyMap<string, string> {
  mkdirSync(folder);
  const digests = new Map<string, string>();
  for (let index = 0; index < FILES; index++) {
    const content = randomBytes(FILE_BYTES);
    writeFileSync(join(folder, `${index}.rpm`), content);
    digests.set(`${index}.rpm`, createHash('sha256').update(content).digest('hex'));
  }
  return digests;
}

async function restoreAll(store: Store, digests: ReadonlyMap<string, string>, target: string): Promise<void> {
  for (const [name, digest] of digests) {
    const hit = await store.restore(digest, join(target, name));
    if (hit !== 'restored') throw new Error(`${name} is ${hit}`);
  }
}

/** Milliseconds that `work` takes in an empty folder. */
async function emptied(target: string, work: () => Promise<void> | void): Promise<number> {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target);
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}
