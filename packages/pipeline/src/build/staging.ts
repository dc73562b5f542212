import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

import type { WorkspacePaths } from '@crpm/core';
import { linkOrCopy as place, realFs, temporaryName } from '@crpm/state';

/** Lends a temporary folder of the workspace, and removes it whatever happens. Its name says whose it is, so that the next run removes that of a run that was killed. */
export async function withStaging<T>(workspace: WorkspacePaths, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = join(workspace.state, 'tmp', temporaryName('staging'));
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Gives a file that nobody changes in place a second name; copies where the file system has no links. */
export async function linkOrCopy(from: string, to: string): Promise<void> {
  mkdirSync(dirname(to), { recursive: true });
  await place(realFs, from, to);
}
