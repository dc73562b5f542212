import { fail, type InputContext, type NodeContext } from '@crpm/core';
import type { ClusterParams } from '../params.js';
import type { Env } from '../serve/cri.js';
import { chooseKubectl } from './choose-kubectl.js';
import { identify, otherCluster, type ClusterIdentity } from './identity.js';
import { openKubectl, type Kubectl } from './kubectl.js';

export interface ClusterKindOptions {
  /** The user's environment: `KUBECONFIG`, `KUBEVIRT_PROVIDER`, and what login plugins need. */
  readonly env: Env;
  /** Only say what a run would do: then nothing is executed, kubectl neither. */
  readonly planning: boolean;
}

/** The kubectl of the config, and the cluster that answers it, both told in the log. Fails with class `environment` where none answers. */
export async function openCluster(params: ClusterParams, env: Env, { report, signal }: NodeContext): Promise<{ readonly kubectl: Kubectl; readonly identity: ClusterIdentity }> {
  const chosen = chooseKubectl(wishOf(params), env);
  const kubectl = openKubectl(chosen, env);
  const context = await kubectl.ask(['config', 'current-context'], { signal });
  report.line(`crpm: the cluster is asked with ${chosen.name} (${chosen.why})${context.ok ? `, context ${context.out.trim().slice(0, 200)}` : ''}`);
  const identity = await identify(kubectl, signal);
  if (!identity) {
    fail({
      class: 'environment',
      message: `no cluster answers ${chosen.name}`,
      next: params.treesCluster ? 'Bring it up: make cluster-up in the KubeVirt tree, or cluster.up: true in the config.' : 'Bring it up (make cluster-up in the KubeVirt tree), or set KUBECONFIG to the cluster that is meant.',
      lines: (await kubectl.ask(['get', 'namespace', 'kube-system'], { signal })).said,
    });
  }
  return { kubectl, identity };
}

/** The cluster behind the config's kubectl, if one answers. */
export async function findCluster(params: ClusterParams, env: Env, signal: AbortSignal): Promise<ClusterIdentity | undefined> {
  return identify(openKubectl(chooseKubectl(wishOf(params), env), env), signal);
}

/** Why a result that was made in the cluster `then` no longer holds. */
export async function staleCluster(params: ClusterParams, { env, planning }: ClusterKindOptions, then: ClusterIdentity | undefined, { signal }: InputContext): Promise<string | undefined> {
  if (planning) return 'whether the cluster is still the same one is asked when it runs';
  return then ? otherCluster(then, await findCluster(params, env, signal)) : 'nobody knows in which cluster it was made';
}

function wishOf({ kubevirt, kubectl, treesCluster }: ClusterParams): Parameters<typeof chooseKubectl>[0] {
  return { kubevirt, treesCluster, ...(kubectl === undefined ? {} : { given: kubectl }) };
}
