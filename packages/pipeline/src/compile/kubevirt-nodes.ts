import type { Config, GraphNode } from '@crpm/core';

import type { CreaterepoParams, PinnedPackage, RpmDepsParams, ServeParams, VerifyParams } from '../params.js';
import { archId } from './ids.js';

/** From RPMs to an address: `createrepo` and `serve`. */
export function repositoryNodes(config: Config, rpms: readonly string[]): readonly GraphNode[] {
  if (config.serve.mode === 'published') return [];
  const [arch] = config.arches;
  if (arch === undefined) throw new Error('a config has at least one architecture');
  const createrepo: CreaterepoParams = { basesystem: config.basesystem.name, arches: config.arches };
  const serve: ServeParams = { ...config.serve };
  return [
    // Repodata is the same whatever machine writes it, so one base image is enough.
    { id: 'createrepo', kind: 'createrepo', title: 'repository', needs: [archId(config, 'base', arch), ...rpms], params: createrepo },
    { id: 'serve', kind: 'serve', title: 'repository server', needs: ['createrepo'], params: serve },
  ];
}

/** What KubeVirt makes of it: `rpm-deps` and `verify`. One node each, because all architectures write the same two files. */
export function kubevirtNodes(config: Config): readonly GraphNode[] {
  const { kubevirt, basesystem, rpmDeps, serve } = config;
  if (!kubevirt || config.packages.length === 0) return [];
  const common = {
    kubevirt: kubevirt.dir,
    basesystem: basesystem.name,
    stream: basesystem.stream,
    arches: config.arches,
    packages: config.packages.map(pinned),
    ...(serve.mode === 'published' ? { published: serve.baseUrl } : {}),
  };
  const deps: RpmDepsParams = {
    ...common,
    kubevirtBasesystem: rpmDeps.basesystem ?? basesystem.kubevirtBasesystem,
    mode: rpmDeps.mode,
    versions: rpmDeps.versions,
    crossArchEmulation: rpmDeps.crossArchEmulation,
    allowOfficial: rpmDeps.allowOfficial,
  };
  const verify: VerifyParams = { ...common, allowOfficial: rpmDeps.allowOfficial };
  const repository = serve.mode === 'published' ? [] : ['createrepo', 'serve'];
  return [
    { id: 'rpm-deps', kind: 'rpm-deps', title: `rpm-deps of ${kubevirt.dir}`, needs: repository, params: deps },
    { id: 'verify', kind: 'verify', title: 'proof that KubeVirt took the build', needs: [...repository, 'rpm-deps'], params: verify },
  ];
}

function pinned({ name, pin }: Config['packages'][number]): PinnedPackage {
  return { name, ...(pin ? { pin: { variable: pin.variable, rpms: pin.rpms } } : {}) };
}
