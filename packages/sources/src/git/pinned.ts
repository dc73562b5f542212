import { fetchGit, type Fetched, type FetchOptions } from './fetch.js';
import { findPin, readLockFile, writeLockFile } from './lock-file.js';

export interface PinnedOptions extends Omit<FetchOptions, 'commit'> {
  /** Absolute path of the lock file beside the config. */
  readonly lockFile: string;
}

/** The commit that a branch is pinned to in the lock file; the first time, what it stands for now, which is written there. */
export async function fetchPinned({ lockFile, ...options }: PinnedOptions): Promise<Fetched> {
  const pin = findPin(await readLockFile(lockFile), options);
  if (pin) return fetchGit({ ...options, commit: pin.commit });
  const fetched = await fetchGit(options);
  const { url, branch } = options;
  const commit = await inTurn(lockFile, async () => {
    const pins = await readLockFile(lockFile);
    const other = findPin(pins, options);
    if (!other) await writeLockFile(lockFile, [...pins, { url, branch, commit: fetched.commit }]);
    return other?.commit ?? fetched.commit;
  });
  return commit === fetched.commit ? fetched : fetchGit({ ...options, commit });
}

/** Two packages fetch at the same time and both add a pin: one reads and writes after the other. Other processes are kept out by the workspace's lock. */
const turns = new Map<string, Promise<unknown>>();

function inTurn<T>(key: string, job: () => Promise<T>): Promise<T> {
  const before = turns.get(key) ?? Promise.resolve();
  const result = before.then(job, job);
  turns.set(key, result);
  return result;
}
