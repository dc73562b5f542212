import type { Config, GraphNode } from '@crpm/core';

import type { ClusterParams, ClusterSyncParams, VerifyClusterParams, VerifyParams } from '../params.js';

/**
 * From KubeVirt's tree to a running virt-launcher, as far as the config asks for it. A cluster comes up beside the builds; what is synced is proven first, and
 * RPMs that images are built from must be served. `repository`: the nodes that serve them; `verify`: what the proof from the tree was asked.
 */
export function clusterNodes({ cluster, basesystems }: Config, repository: readonly string[], verify: VerifyParams): readonly GraphNode[] {
  const { up, sync } = cluster;
  // A cluster runs the images of one stream.
  const running = basesystems.find(({ name }) => name === cluster.basesystem) ?? basesystems[0];
  if (!running) return [];
  const common: ClusterParams = { kubevirt: verify.kubevirt, treesCluster: up || sync, ...(cluster.kubectl === undefined ? {} : { kubectl: cluster.kubectl }) };
  const syncing: ClusterSyncParams = { ...common, stream: running.stream };
  const { arches, packages, published } = verify;
  const proving: VerifyClusterParams = {
    ...common,
    arches,
    packages,
    ...(published === undefined ? {} : { published }),
    streams: [{ basesystem: running.name, stream: running.stream }],
    ...(cluster.vmi === undefined ? {} : { vmi: cluster.vmi }),
    timeout: cluster.timeout,
  };
  const upIds = up ? ['cluster-up'] : [];
  const syncIds = sync ? ['cluster-sync'] : upIds;
  return [
    ...(up ? [{ id: 'cluster-up', kind: 'cluster-up', title: 'a cluster', needs: [], params: common }] : []),
    ...(sync ? [{ id: 'cluster-sync', kind: 'cluster-sync', title: 'KubeVirt in the cluster', needs: [...repository.slice(-1), 'verify', ...upIds], params: syncing }] : []),
    ...(cluster.verify ? [{ id: 'verify-cluster', kind: 'verify-cluster', title: 'proof from a virt-launcher in the cluster', needs: [...repository, 'verify', ...syncIds], params: proving }] : []),
  ];
}
