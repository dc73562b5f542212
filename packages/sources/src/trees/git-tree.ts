import { exportCommit } from '../git/export-commit.js';
import { fetchPinned, pinOf, type PinnedOptions } from '../git/pinned.js';
import { withoutSecret } from '../git/remote.js';
import { makeTree, storedTree } from './tree-store.js';

export interface GitTree {
  /** Absolute folder in the cache; shared, not to be written to. */
  readonly dir: string;
  readonly commit: string;
}

/** The files of the commit that a ref of a remote repository is pinned to, fetched if need be: of a tree that is there, nothing else is. Fails as `fetchPinned` and `exportCommit` do. */
export async function gitTree(options: PinnedOptions): Promise<GitTree> {
  const { cacheDir, url, ref, signal } = options;
  const pinned = await pinOf(options);
  const stored = pinned === undefined ? undefined : storedTree(cacheDir, `git-${pinned}`);
  if (pinned !== undefined && stored) return { dir: stored.dir, commit: pinned };
  const { commit, repository } = await fetchPinned(options);
  const title = `${withoutSecret(url)} ${ref === commit ? commit : `${ref} (${commit.slice(0, 12)})`}`;
  const dir = await makeTree(cacheDir, `git-${commit}`, { title, signal, fill: (into) => exportCommit(repository, commit, into, signal) });
  return { dir, commit };
}
