import type { Labels, OwnedFilter, OwnedObject } from '@crpm/core';
import type { Surroundings } from './cluster.js';
import { imageRecordName, ownerOf, roleOf, runName, selectorOf } from './names.js';
import type { ConfigMap, KubeObject } from './objects.js';
import { isAlive } from './run-owner.js';
import { removeWork } from './work.js';

type Around = Pick<Surroundings, 'api' | 'images'>;

/** Everything that carries our labels: works, with their Jobs; what owned runs that died; build trees and caches; images. */
export async function listInCluster({ api }: Around, filter: OwnedFilter): Promise<readonly OwnedObject[]> {
  const { workspace } = filter;
  const [maps, claims, leases] = await Promise.all([
    api.list('configmaps', { labels: selectorOf(['run', 'work', 'image'], { workspace }) }),
    api.list('persistentvolumeclaims', { labels: selectorOf(['tree', 'cache'], { workspace }) }),
    api.list('leases', { labels: selectorOf('run', { workspace }) }),
  ]);
  const alive = new Set(leases.items.filter((lease) => isAlive(lease, Date.now())).map(({ metadata }) => metadata.name));
  const owned = (type: OwnedObject['type'], id: string, { metadata }: KubeObject, more: Pick<OwnedObject, 'bytes' | 'resumes'> = {}): OwnedObject[] => {
    // Asked again here: a selector goes by values that may be cut.
    const ours = ownerOf(metadata, filter);
    return ours ? [{ type, id, created: seconds(metadata.creationTimestamp), ...ours, ...more }] : [];
  };
  const ofMap = (map: ConfigMap): OwnedObject[] => {
    switch (roleOf(map.metadata)) {
      case 'run':
        // It is what it owns that is there; by itself it is nothing until nobody renews it.
        return alive.has(map.metadata.name) ? [] : owned('container', map.metadata.name, map, { resumes: true });
      case 'work':
        return owned('container', map.metadata.name, map, { resumes: true });
      case 'image':
        return owned('image', map.data?.['digest'] ?? '', map, filter.sizes ? { bytes: Number(map.data?.['bytes']) } : {});
      default:
        return [];
    }
  };
  return [...maps.items.flatMap(ofMap), ...claims.items.flatMap((claim) => owned('volume', claim.metadata.name, claim))];
}

/** Removes what {@link listInCluster} returned, each looked at again before. */
export async function removeFromCluster(around: Around, objects: readonly OwnedObject[]): Promise<void> {
  const { api, images } = around;
  for (const { type, id } of objects) {
    switch (type) {
      case 'container': {
        const map = await api.get('configmaps', id);
        if (map && ownerOf(map.metadata) && ['run', 'work'].includes(roleOf(map.metadata) ?? '')) await removeWork(around, id, map.metadata.uid);
        break;
      }
      case 'volume': {
        const claim = await api.get('persistentvolumeclaims', id);
        if (claim && ownerOf(claim.metadata)) await api.delete('persistentvolumeclaims', id, claim.metadata.uid === undefined ? {} : { uid: claim.metadata.uid });
        break;
      }
      case 'image': {
        const map = await api.get('configmaps', imageRecordName(id));
        if (!map || !ownerOf(map.metadata) || roleOf(map.metadata) !== 'image') break;
        await images.remove(id);
        await api.delete('configmaps', map.metadata.name, map.metadata.uid === undefined ? {} : { uid: map.metadata.uid });
        break;
      }
      case 'network':
      case 'folder':
        // Of other engines.
        break;
    }
  }
}

function seconds(iso: string | undefined): number {
  const time = Date.parse(iso ?? '');
  return Number.isNaN(time) ? 0 : Math.floor(time / 1000);
}

/** What runs of a workspace left that died: all but the one that goes on, and those that still say that they live. */
export async function removeDeadRuns({ api }: Pick<Surroundings, 'api'>, { workspace, run }: Pick<Labels, 'workspace' | 'run'>): Promise<void> {
  const [{ items }, leases] = await Promise.all([api.list('configmaps', { labels: selectorOf(['run', 'work'], { workspace }) }), api.list('leases', { labels: selectorOf('run', { workspace }) })]);
  const alive = new Set(leases.items.filter((lease) => isAlive(lease, Date.now())).map(({ metadata }) => metadata.name));
  for (const { metadata } of items) {
    const ours = ownerOf(metadata, { workspace });
    if (ours && ours.labels.run !== run && !alive.has(runName(ours.labels))) await removeWork({ api }, metadata.name, metadata.uid);
  }
}
