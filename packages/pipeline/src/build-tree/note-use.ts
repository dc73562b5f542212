import { usageLog } from '@crpm/state';

import { cacheName } from '../build/ccache.js';
import type { TreeBuild } from './tree-build.js';

/** Notes that a build tree and a compiler cache are in use, by the names that the cache's bound knows them by. Never a reason to fail. */
export async function noteUse({ params, context, buildroot, name }: TreeBuild): Promise<void> {
  const { workspace } = context;
  const used = [`build-trees/${workspace.id}/${name}`, ...(params.ccache ? [`ccache/${cacheName(buildroot.here.image)}`] : [])];
  try {
    await usageLog(workspace.cache).note(used);
  } catch (error) {
    context.report.line(`the use of ${used.join(', ')} can't be noted: ${(error as Error).message}`);
  }
}
