import { existsSync } from 'node:fs';
import { FailureError } from '@crpm/core';
import { printable } from '@crpm/archive';
import { runGit } from '../git/run-git.js';
import { repositoryOf } from './repository.js';

/** A file or link of one snapshot that another one has not, or has otherwise. */
export interface FileChange {
  /** Printable. */
  readonly path: string;
  readonly change: 'changed' | 'new' | 'gone';
}

const CHANGES: Readonly<Record<string, FileChange['change']>> = { A: 'new', D: 'gone' };

/** What became of the files of one snapshot in a later one, in byte order of their paths. Nothing where they can't be compared: one was thrown away, say. */
export async function compareSnapshots(cacheDir: string, before: string, after: string, signal?: AbortSignal): Promise<readonly FileChange[] | undefined> {
  const repository = repositoryOf(cacheDir);
  if (!existsSync(repository)) return undefined;
  try {
    const { code, stdout } = await runGit(['diff-tree', '-r', '-z', '--no-renames', '--name-status', before, after], { cwd: repository, env: { GIT_DIR: repository }, signal });
    return code === 0 ? [...stdout.matchAll(/([A-Z])\0([^\0]*)\0/g)].map(([, status = '', path = '']) => ({ path: printable(path), change: CHANGES[status] ?? 'changed' })) : undefined;
  } catch (error) {
    if (error instanceof FailureError && error.failure.class === 'environment') return undefined;
    throw error;
  }
}
