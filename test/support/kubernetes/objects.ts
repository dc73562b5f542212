import { Registry, type RegistryOptions } from '@crpm/oci';
import type { Job } from '@crpm/engines/kubernetes/objects';
import { testRootfs } from '../image.js';
import type { TestCluster } from './cluster.js';
import { pushRootfs } from './push-image.js';

/** Puts the tests' build image into the cluster's registry, or another; its reference. */
export async function pushBase({ registry: own }: TestCluster, host = own, options: RegistryOptions = { insecure: true }): Promise<string> {
  const registry = new Registry(host, options);
  await pushRootfs(registry.repository('base'), 'test', await testRootfs());
  registry.close();
  return `${host}/base:test`;
}

/** Of the graph, that a Job works for. */
export const nodeOf = ({ metadata }: Job): string => metadata.annotations?.['dev.crpm.node'] ?? '';

/** Id of the workspace, with whose it is behind a dot. */
export const workspaceOf = ({ metadata }: Job): string => metadata.annotations?.['dev.crpm.workspace'] ?? '';

export async function jobsIn(cluster: TestCluster): Promise<readonly Job[]> {
  return (await cluster.call<{ items: Job[] }>('GET', '/apis/batch/v1/namespaces/default/jobs')).items;
}

/** What crpm has in the cluster, but for the records of images, which outlive runs: `jobs/crpm-…`. */
export async function leftInCluster(cluster: TestCluster): Promise<readonly string[]> {
  const paths = ['/apis/batch/v1/namespaces/default/jobs', '/api/v1/namespaces/default/pods', '/apis/coordination.k8s.io/v1/namespaces/default/leases', '/api/v1/namespaces/default/configmaps', '/api/v1/namespaces/default/secrets'];
  const lists = await Promise.all(paths.map((path) => cluster.call<{ items: Job[] }>('GET', `${path}?labelSelector=${encodeURIComponent('app.kubernetes.io/managed-by=crpm,dev.crpm/role!=image')}`)));
  return lists.flatMap(({ items }, i) => items.map(({ metadata }) => `${paths[i]!.split('/').at(-1)!}/${metadata.name}`));
}

/** Notes every Job that is created while something is done, however soon it goes. */
export async function jobsMadeDuring<T>(cluster: TestCluster, action: () => Promise<T>): Promise<{ readonly made: readonly Job[]; readonly result: T }> {
  const api = await cluster.api();
  const stop = new AbortController();
  const made = new Map<string, Job>();
  const { items, resourceVersion } = await api.list('jobs');
  const before = new Set(items.map(({ metadata }) => metadata.uid));
  const watching = (async () => {
    for (let version = resourceVersion; !stop.signal.aborted; ) {
      for await (const { type, object } of api.watch('jobs', { resourceVersion: version, signal: stop.signal })) {
        version = object.metadata.resourceVersion ?? version;
        if (type === 'ADDED' && !before.has(object.metadata.uid)) made.set(object.metadata.uid ?? '', object);
      }
    }
  })().catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
  });
  try {
    const result = await action();
    // What was made last is told by then.
    const end = (await api.list('jobs')).items;
    for (const job of end) if (!before.has(job.metadata.uid)) made.set(job.metadata.uid ?? '', job);
    return { made: [...made.values()], result };
  } finally {
    stop.abort();
    await watching;
    api.close();
  }
}
