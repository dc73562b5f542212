import type { Kubectl } from './kubectl.js';

/** Which cluster answers, and which installation of KubeVirt runs in it: both have ids that are new whenever they are made anew. */
export interface ClusterIdentity {
  /** uid of the namespace kube-system. */
  readonly cluster: string;
  /** uids and generations of the KubeVirt objects, or `none`. KubeVirt's cluster-sync makes new ones each time. */
  readonly kubevirt: string;
}

const UID = /^[0-9a-f-]{8,64}$/;

/** Nothing where no cluster answers. */
export async function identify(kubectl: Kubectl, signal: AbortSignal, timeoutMs = 30_000): Promise<ClusterIdentity | undefined> {
  const options = { signal, timeoutMs };
  const space = await kubectl.ask(['get', 'namespace', 'kube-system', '--output', 'jsonpath={.metadata.uid}'], options);
  const cluster = space.out.trim();
  if (!space.ok || !UID.test(cluster)) return undefined;
  const installed = await kubectl.ask(['get', 'kubevirts.kubevirt.io', '--all-namespaces', '--output', 'jsonpath={range .items[*]}{.metadata.uid}/{.metadata.generation} {end}'], options);
  const found = installed.out.trim();
  return { cluster, kubevirt: installed.ok && /^[0-9a-f\-/ ]{8,4000}$/.test(found) ? found : 'none' };
}

/** Why a result that was made with `then` says nothing of `now`; nothing where it does. */
export function otherCluster(then: ClusterIdentity, now: ClusterIdentity | undefined): string | undefined {
  if (now === undefined) return 'no cluster answers';
  if (then.cluster !== now.cluster) return 'it is another cluster than the last time';
  return then.kubevirt === now.kubevirt ? undefined : 'KubeVirt in the cluster was installed anew, or removed, since';
}
