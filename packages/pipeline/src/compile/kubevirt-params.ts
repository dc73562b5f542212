import { forBasesystem, type Basesystem, type Config } from '@crpm/core';

import type { PinnedPackage, RpmDepsStream } from '../params.js';

/** What KubeVirt's script is told for one base system. */
export function streamParams({ rpmDeps }: Config, basesystem: Basesystem): RpmDepsStream {
  return {
    basesystem: basesystem.name,
    stream: basesystem.stream,
    kubevirtBasesystem: rpmDeps.basesystem ?? basesystem.kubevirtBasesystem,
    versions: forBasesystem(rpmDeps.versions, basesystem) ?? {},
  };
}

/** How KubeVirt knows a package. */
export function pinnedPackage({ name, pin }: Config['packages'][number]): PinnedPackage {
  return { name, ...(pin ? { pin: { ...pin } } : {}) };
}
