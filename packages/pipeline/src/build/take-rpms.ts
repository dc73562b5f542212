import { join } from 'node:path';

import { extractTar } from '@crpm/archive';
import type { NodeContext, Work } from '@crpm/core';

import type { RpmsFact } from '../facts.js';
import type { RpmbuildParams } from '../params.js';
import { collectRpms } from './collect-rpms.js';
import { TOPDIR } from './rpmbuild-command.js';
import { withStaging } from './staging.js';

/** Takes what rpmbuild made out of a work and into the node's output. `here`: how the build went. */
export async function takeBuiltRpms(context: NodeContext, work: Work, params: RpmbuildParams, evr: string, here: NonNullable<RpmsFact['here']>): Promise<RpmsFact> {
  return withStaging(context.workspace, async (staging) => {
    const folder = join(staging, 'RPMS');
    await extractTar(await work.get(`${TOPDIR}/RPMS`), folder);
    const rpms = await collectRpms(folder, context.out, { arch: params.arch, evr, what: params.package });
    return { package: params.package, rpms, ...(Object.keys(here).length > 0 ? { here } : {}) };
  });
}
