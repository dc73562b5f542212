import { join } from 'node:path';

import type { InputContext } from '@crpm/core';
import { exportCommit, fetchPinned, findPin, readLockFile } from '@crpm/sources';

import type { SourceParams } from '../params.js';

type DistGit = NonNullable<SourceParams['distGit']>;
type RemoteDistGit = Extract<DistGit, { kind: 'git' }>;

/** A dist-git folder that is there to be read. */
export interface DistGitFolder {
  readonly dir: string;
  /** Of a fetched one. */
  readonly commit?: string;
}

/** The user's folder; or the files of the pinned commit, fetched if need be, in a folder of the workspace. */
export async function distGitFolder(distGit: DistGit, context: InputContext): Promise<DistGitFolder> {
  if (distGit.kind === 'dir') return { dir: distGit.dir };
  const { git: url, branch, lockFile } = distGit;
  const { commit, repository } = await fetchPinned({ url, branch, lockFile, cacheDir: context.workspace.cache, signal: context.signal });
  const dir = join(context.workspace.state, 'dist-git', context.node.id);
  await exportCommit(repository, commit, dir, context.signal);
  return { dir, commit };
}

/** The commit that the lock file names for this branch now. */
export async function pinnedCommit({ git: url, branch, lockFile }: RemoteDistGit): Promise<string | undefined> {
  return findPin(await readLockFile(lockFile), { url, branch })?.commit;
}
