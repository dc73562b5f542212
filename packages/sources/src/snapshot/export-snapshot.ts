import { existsSync } from 'node:fs';
import { runGit } from '../git/run-git.js';
import { exportCommit } from '../git/export-commit.js';
import { repositoryOf } from './repository.js';

/** Whether a snapshot can be had: it may have been thrown away when the cache grew too big. */
export async function hasSnapshot(cacheDir: string, commit: string, signal?: AbortSignal): Promise<boolean> {
  const repository = repositoryOf(cacheDir);
  if (!existsSync(repository)) return false;
  const found = await runGit(['rev-list', '--objects', '--max-count=1', '--quiet', commit], { cwd: repository, env: { GIT_DIR: repository }, signal });
  return found.code === 0;
}

/** Writes the tree of a snapshot into `dir`, which is replaced as a whole. Fails as {@link exportCommit} does. */
export function exportSnapshot(cacheDir: string, commit: string, dir: string, signal?: AbortSignal): Promise<void> {
  return exportCommit(repositoryOf(cacheDir), commit, dir, signal);
}
