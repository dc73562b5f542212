import { join } from 'node:path';

import type { WorkspacePaths } from '@crpm/core';

/** The folder of this workspace's generations: `createrepo` publishes there, `serve` answers from there. */
export function repositoryDir(workspace: WorkspacePaths): string {
  return join(workspace.state, 'repo');
}
