import { FailureError, type EngineConfig } from '@crpm/core';
import { findCredentials } from '@crpm/oci/credentials';
import { surroundings } from '../docker/connect.js';
import { missingAccess, printAccess, printRole, rulesFor } from './access.js';
import { HttpApi } from './http-api.js';
import { findCluster } from './kubeconfig.js';
import { offeredKubeconfig } from './kubevirtci.js';
import { findRegistry, openPlace } from './registry.js';

/** One thing that was looked at. */
export interface ClusterFinding {
  readonly state: 'ok' | 'warning' | 'error';
  readonly what: string;
  readonly detail: string;
  readonly next?: string;
}

/** How long the cluster may take to answer somebody who waits, in milliseconds. */
const PATIENCE = 10_000;

/**
 * What a run in the cluster would need, each by itself: kubeconfig, API server, rights, registry, storage. Changes nothing.
 * @param kubevirt absolute folder of the KubeVirt tree
 */
export async function examineCluster(config: EngineConfig, env: NodeJS.ProcessEnv, signal: AbortSignal, kubevirt?: string): Promise<readonly ClusterFinding[]> {
  const options = config.kubernetes ?? {};
  const findings: ClusterFinding[] = [];
  const note = async (what: string, look: () => Promise<Omit<ClusterFinding, 'what'>>): Promise<boolean> => {
    try {
      const found = await look();
      findings.push({ what, ...found });
      return found.state !== 'error';
    } catch (error) {
      if (!(error instanceof FailureError)) throw error;
      const { message, next } = error.failure;
      findings.push({ state: 'error', what, detail: message, ...(next === undefined ? {} : { next }) });
      return false;
    }
  };
  let api: HttpApi | undefined;
  await note('cluster', async () => {
    const cluster = await findCluster(options, env, offeredKubeconfig(kubevirt, env));
    const opened = new HttpApi(cluster, PATIENCE);
    api = opened;
    return { state: 'ok', detail: `Kubernetes ${await opened.version()} at ${cluster.server} (context ${cluster.context}, namespace ${cluster.namespace})` };
  });
  const asked = api;
  const registry = () => findRegistry({ options, env, kubevirt, server: asked?.server });
  if (asked && findings[0]?.state === 'ok') {
    await note('rights', async () => {
      // kubevirtci's knows no users.
      const host = options.registry === undefined ? undefined : openPlace(await registry(), env, () => undefined).host;
      const rules = rulesFor(options, host !== undefined && (await findCredentials(host, surroundings(env), () => undefined)) !== undefined);
      const missing = await missingAccess(asked, rules);
      if (missing.length === 0) return { state: 'ok', detail: `all that crpm does in the namespace ${asked.namespace} is allowed` };
      return { state: 'error', detail: `in the namespace ${asked.namespace} this user may not: ${missing.map(printAccess).join(', ')}`, next: `Ask the administrator of the cluster for this Role, bound to you:\n${printRole(asked.namespace, rules)}` };
    });
  }
  asked?.close();
  await note('registry', async () => {
    const found = await registry();
    const place = openPlace(found, env, () => undefined);
    try {
      await place.repository.checkPush({ signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]) });
      return { state: 'ok', detail: `${place.name}, by ${found.from}: this machine may push to it; the nodes of the cluster must reach it by that name` };
    } finally {
      place.registry.close();
    }
  });
  findings.push(
    options.storageClass === undefined
      ? { state: 'warning', what: 'storage', detail: 'no engine.storageClass, so nothing keeps build trees: every dev build is a clean one', next: 'Set engine.storageClass to one of the cluster (kubectl get storageclass) for incremental builds.' }
      : { state: 'ok', what: 'storage', detail: `build trees in claims of ${options.storageClass}` },
    { state: 'warning', what: 'network', detail: 'programs of a build have the network of a pod: unlike a container engine, a cluster can’t be told to run them without' },
  );
  return findings;
}
