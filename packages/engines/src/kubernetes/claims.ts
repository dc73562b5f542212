import { fail, type KubernetesConfig, type WorkOptions } from '@crpm/core';
import { isKept, keptBy, type Kept } from '../kept.js';
import type { KubeApi } from './api.js';
import type { Surroundings } from './cluster.js';
import { isStatus } from './kube-error.js';
import { metadataOf, sharedMetadata } from './names.js';
import type { VolumeClaim } from './objects.js';
import type { Claims } from './work.js';

/** What a build tree of QEMU takes, and as much again. */
const SIZE = '20Gi';

/** The claims for a work's build tree and cache, made where there are none; nothing where no storage class is given. */
export async function openClaims({ api }: Pick<Surroundings, 'api'>, options: WorkOptions, { storageClass, cacheStorageClass, storageSize = SIZE }: KubernetesConfig): Promise<Claims> {
  const { tree, cache } = keptBy(options);
  return {
    ...(tree && storageClass !== undefined ? { tree: await openClaim(api, tree, metadataOf(options.labels, 'tree', tree.labels), { storageClass, mode: 'ReadWriteOnce', size: storageSize }) } : {}),
    ...(cache && cacheStorageClass !== undefined ? { cache: await openClaim(api, cache, sharedMetadata('cache', cache.labels), { storageClass: cacheStorageClass, mode: 'ReadWriteMany', size: storageSize }) } : {}),
  };
}

interface Storage {
  readonly storageClass: string;
  readonly mode: 'ReadWriteOnce' | 'ReadWriteMany';
  readonly size: string;
}

/** A claim of another's that has the name is left alone, and the next name is tried. */
async function openClaim(api: KubeApi, kept: Kept, metadata: Pick<VolumeClaim['metadata'], 'labels' | 'annotations'>, { storageClass, mode, size }: Storage): Promise<string> {
  for (const name of kept.names.map((one) => one.toLowerCase().replace(/[^a-z0-9-]/g, '-'))) {
    const spec = { accessModes: [mode], storageClassName: storageClass, resources: { requests: { storage: size } } };
    try {
      await api.create('persistentvolumeclaims', { metadata: { name, ...metadata }, spec } as VolumeClaim);
      return name;
    } catch (error) {
      if (!isStatus(error, 409)) throw error;
    }
    const known = await api.get('persistentvolumeclaims', name);
    if (known && known.metadata.deletionTimestamp === undefined && isKept(kept, known.metadata.annotations)) return name;
  }
  fail({ class: 'environment', message: `the namespace ${api.namespace} has claims that are not crpm’s under all the names of one that it needs: ${kept.names[0]} and those after it`, next: 'See whose they are (kubectl get pvc), and remove them.' });
}
