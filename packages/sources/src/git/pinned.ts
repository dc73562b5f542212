import { changeLockFile, findPin, readLockFile, withPins } from '../lock-file.js';
import { fetchGit, isCommit, type Fetched, type FetchOptions } from './fetch.js';

export interface PinnedOptions extends Omit<FetchOptions, 'commit'> {
  /** Absolute path of the lock file beside the config. */
  readonly lockFile: string;
}

/** The commit that a ref is pinned to in the lock file; the first time, what it stands for now, which is written there. A commit needs no pin. */
export async function fetchPinned({ lockFile, ...options }: PinnedOptions): Promise<Fetched> {
  const commit = await pinOf({ lockFile, ...options });
  if (commit !== undefined) return fetchGit({ ...options, commit });
  const fetched = await fetchGit(options);
  const { url, ref } = options;
  const pins = await changeLockFile(lockFile, (before) => (findPin(before, options) ? before : withPins(before, { git: [{ url, ref, commit: fetched.commit }] })));
  const first = findPin(pins, options)?.commit ?? fetched.commit;
  return first === fetched.commit ? fetched : fetchGit({ ...options, commit: first });
}

/** The commit that a ref stands for without asking anybody; nothing where nobody asked yet. */
export async function pinOf({ url, ref, lockFile }: PinnedOptions): Promise<string | undefined> {
  return isCommit(ref) ? ref : findPin(await readLockFile(lockFile), { url, ref })?.commit;
}
