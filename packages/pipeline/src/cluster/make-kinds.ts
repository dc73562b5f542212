import { fail, type Json, type NodeContext, type NodeKind } from '@crpm/core';
import { acquireLock, hashText } from '@crpm/state';
import { OutputTail } from '../build/telling-lines.js';
import type { ClusterFact } from '../kubevirt/facts.js';
import { howItEnded } from '../how-it-ended.js';
import { lockBuilder } from '../kubevirt/builder.js';
import { exemptLoopback } from '../kubevirt/environment.js';
import { treeState } from '../kubevirt/tree-state.js';
import { readYielded } from '../kubevirt/yielded-files.js';
import type { ClusterSyncParams, ClusterUpParams } from '../params.js';
import { runInGroup } from '../run-in-group.js';
import type { Env } from '../serve/cri.js';
import { findCluster, openCluster, staleCluster, type ClusterKindOptions } from './cluster.js';

/** What of the user's environment decides which images go where. */
const SYNC_VARIABLES = ['KUBEVIRT_PROVIDER', 'DOCKER_PREFIX', 'DOCKER_TAG', 'IMAGE_PREFIX'] as const;

/** KubeVirt's `make cluster-up`, where no cluster answers yet. */
export function clusterUpKind(options: ClusterKindOptions): NodeKind<ClusterUpParams> {
  return {
    name: 'cluster-up',
    version: 1,
    weight: 'light',
    inputs: () => Promise.resolve([{ name: 'env/KUBEVIRT_PROVIDER', value: options.env['KUBEVIRT_PROVIDER'] ?? '' }]),
    async run(params, context): Promise<Json> {
      if (await findCluster(params, options.env, context.signal)) context.report.line('crpm: a cluster answers already');
      else await make('cluster-up', params.kubevirt, options.env, context);
      await openCluster(params, options.env, context);
      return {};
    },
    async stale(params, _output, { signal }) {
      if (options.planning) return 'whether a cluster answers is asked when it runs';
      return (await findCluster(params, options.env, signal)) ? undefined : 'no cluster answers';
    },
  };
}

/**
 * KubeVirt's `make cluster-sync` for one stream, in the user's own tree and as if they had typed it: KubeVirt's images are built from what WORKSPACE names, and KubeVirt is
 * installed from them. Nobody else's rpm-deps or make may have the tree or the builder's volume meanwhile.
 */
export function clusterSyncKind(options: ClusterKindOptions): NodeKind<ClusterSyncParams> {
  return {
    name: 'cluster-sync',
    version: 1,
    weight: 'light',
    inputs(params) {
      const files = readYielded(params.kubevirt);
      return Promise.resolve([
        { name: 'kubevirt/WORKSPACE', value: hashText(files.WORKSPACE) },
        { name: 'kubevirt/rpm/BUILD.bazel', value: hashText(files['rpm/BUILD.bazel']) },
        ...SYNC_VARIABLES.map((name) => ({ name: `env/${name}`, value: options.env[name] ?? '' })),
      ]);
    },
    async run(params, context): Promise<Json> {
      const { workspace, signal, report } = context;
      const tree = treeState(workspace, params.kubevirt);
      const lock = await acquireLock(tree.lock, { command: `cluster-sync of ${workspace.id}`, what: `the KubeVirt tree ${tree.dir}` });
      try {
        const builder = await lockBuilder(workspace, options.env, signal, { report });
        try {
          await make('cluster-sync', params.kubevirt, { ...options.env, KUBEVIRT_CENTOS_STREAM_VERSION: String(params.stream) }, context);
        } finally {
          await builder.release(signal.aborted ? 'cancelled' : undefined);
        }
      } finally {
        lock.release();
      }
      const { identity } = await openCluster(params, options.env, context);
      const fact: ClusterFact = { stream: params.stream, here: { identity } };
      return fact as unknown as Json;
    },
    stale: (params, output, context) => staleCluster(params, options, (output.data as unknown as ClusterFact).here?.identity, context),
  };
}

/** One of KubeVirt's own targets, in the user's tree. Fails with class `build` if it ends with other than 0. */
async function make(target: string, kubevirt: string, env: Env, { report, signal }: NodeContext): Promise<void> {
  report.status(`make ${target}`);
  const output = new OutputTail();
  const line = (text: string) => {
    output.line(text);
    report.line(text);
  };
  const result = await runInGroup(['make', target], { cwd: kubevirt, env: exemptLoopback(env), signal, line });
  signal.throwIfAborted();
  if (result.failed) fail({ class: 'build', message: `KubeVirt's make ${target} ${howItEnded(result, 'make')}`, next: `Try make ${target} in ${kubevirt} yourself.`, lines: output.telling() });
}
