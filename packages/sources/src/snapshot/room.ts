import { fail, type CacheItem, type CacheRoom } from '@crpm/core';
import { gitComplaint, runGit } from '../git/run-git.js';
import { listRecords, refOf, removeRecord, repositoryOf, withRepository } from './repository.js';

/** The snapshots, each as big as the content that came with it. What a later one shares with one that goes stays for it. */
export function snapshotsRoom(cacheDir: string): CacheRoom {
  const repository = repositoryOf(cacheDir);
  return {
    name: 'snapshots',
    async list() {
      return listRecords(repository).map(({ digest, title, bytes, lastUsed, workspace }): CacheItem => ({ id: digest, title, bytes, lastUsed, workspace }));
    },
    async remove(items, signal) {
      const ids = items.map(({ id }) => id);
      if (ids.length === 0) return [];
      return withRepository(cacheDir, 'crpm cache gc', signal, async () => {
        const git = (args: readonly string[], input?: string) => runGit(args, { cwd: repository, env: { GIT_DIR: repository }, signal, ...(input === undefined ? {} : { input }) });
        for (const id of ids) removeRecord(repository, id);
        await must(git(['update-ref', '--stdin'], ids.map((id) => `delete ${refOf(id)}\n`).join('')));
        // Nobody else writes now, so nothing that is not named can be in use: no time of grace.
        await must(git(['repack', '-a', '-d', '-q', '--window=0']));
        await must(git(['prune', '--expire=now']));
        return ids;
      });
    },
  };

  async function must(running: ReturnType<typeof runGit>): Promise<void> {
    const { code, stderr } = await running;
    if (code !== 0) fail({ class: 'environment', message: `can't tidy up ${repository}: ${gitComplaint(stderr)}`, next: `Delete ${repository}: it holds only snapshots for crpm source export.` });
  }
}
