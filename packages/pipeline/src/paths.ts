import { join } from 'node:path';

import type { WorkspacePaths } from '@crpm/core';

import type { PublishedRepo } from './facts.js';

/** The folder of this workspace's generations: `createrepo` publishes there, `serve` answers from there. */
export function repositoryDir(workspace: WorkspacePaths): string {
  return join(workspace.state, 'repo');
}

/** The RPMs that the current generation holds, as a pattern for a shell. */
export function rpmFiles(workspace: WorkspacePaths, repos: readonly Pick<PublishedRepo, 'path'>[]): string {
  const [only, ...others] = repos;
  return join(repositoryDir(workspace), 'current', only && others.length === 0 ? only.path : '*/*', 'by-sha256/*/*.rpm');
}
