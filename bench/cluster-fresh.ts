import { startCluster } from '../test/support/kubernetes/cluster.js';
import { pushBase } from '../test/support/kubernetes/objects.js';
import { compared, type Bench } from './support/bench.js';
import { freshWorkspace } from './support/fresh-workspace.js';
import { inTurn, runAll } from './support/measure.js';
import { sourceTrees, type Trees } from './support/trees.js';

/** The same two trees, built on this machine and in a cluster that is gone by the time it is measured: nobody is asked. */
export const clusterFresh: Bench = {
  name: 'cluster-fresh',
  title: 'a run that finds all fresh, with engine: kubernetes ÷ on this machine',
  slow: true,
  async run({ rounds }) {
    const trees = await sourceTrees();
    const here = await freshWorkspace(trees, {});
    const inCluster = await builtInCluster(trees);
    const [cluster, host] = await inTurn(
      [
        { name: 'kubernetes', round: () => runAll([inCluster.crpm('run')]) },
        { name: 'host', round: () => runAll([here.crpm('run')]) },
      ],
      rounds,
    );
    return [compared('all fresh, built in a cluster ÷ built on this machine', cluster!, host!)];
  },
};

async function builtInCluster(trees: Trees) {
  const cluster = await startCluster();
  if ('skipped' in cluster) throw new Error(`this bench needs a cluster: ${cluster.skipped}`);
  try {
    return await freshWorkspace(trees, { cluster: { kubeconfig: cluster.kubeconfig, registry: cluster.registry, image: await pushBase(cluster) } });
  } finally {
    await cluster.stop();
  }
}
