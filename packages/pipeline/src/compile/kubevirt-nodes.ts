import type { Config, GraphNode } from '@crpm/core';

import type { CreaterepoParams, RpmDepsParams, ServeParams, VerifyParams } from '../params.js';
import { indexPlace } from './base-nodes.js';
import { clusterNodes } from './cluster-nodes.js';
import { placeId } from './ids.js';
import { pinnedPackage, streamParams } from './kubevirt-params.js';
import { outlookNodes } from './outlook-nodes.js';

/** From RPMs to an address: `createrepo` and `serve`. */
export function repositoryNodes(config: Config, rpms: readonly string[]): readonly GraphNode[] {
  if (config.serve.mode === 'published') return [];
  const place = indexPlace(config);
  const createrepo: CreaterepoParams = { streams: config.basesystems.map(({ name, stream }) => ({ basesystem: name, stream })), arches: config.arches };
  const serve: ServeParams = { ...config.serve };
  return [
    { id: 'createrepo', kind: 'createrepo', title: 'repository', needs: [placeId(config, 'base', place), ...rpms], params: createrepo },
    { id: 'serve', kind: 'serve', title: 'repository server', needs: ['createrepo'], params: serve },
  ];
}

/** What KubeVirt makes of it: `rpm-deps` and `verify`. One node each, because all streams and architectures write the same two files. */
export function kubevirtNodes(config: Config): readonly GraphNode[] {
  const { kubevirt, basesystems, rpmDeps, serve } = config;
  if (!kubevirt || config.packages.length === 0) return [];
  const common = {
    kubevirt: kubevirt.dir,
    arches: config.arches,
    packages: config.packages.map(pinnedPackage),
    ...(serve.mode === 'published' ? { published: serve.baseUrl } : {}),
  };
  const deps: RpmDepsParams = {
    ...common,
    streams: basesystems.map((basesystem) => streamParams(config, basesystem)),
    mode: rpmDeps.mode,
    crossArchEmulation: rpmDeps.crossArchEmulation,
    allowOfficial: rpmDeps.allowOfficial,
  };
  const verify: VerifyParams = { ...common, streams: basesystems.map(({ name, stream }) => ({ basesystem: name, stream })), allowOfficial: rpmDeps.allowOfficial };
  const repository = serve.mode === 'published' ? [] : ['createrepo', 'serve'];
  const outlook = outlookNodes(config);
  return [
    ...outlook,
    { id: 'rpm-deps', kind: 'rpm-deps', title: `rpm-deps of ${kubevirt.dir}`, needs: [...repository, ...outlook.map(({ id }) => id)], params: deps },
    { id: 'verify', kind: 'verify', title: 'proof that KubeVirt took the build', needs: [...repository, 'rpm-deps'], params: verify },
    ...clusterNodes(config, repository, verify),
  ];
}
