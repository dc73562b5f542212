import type { Labels } from '@crpm/core';
import type { KubeApi } from './api.js';
import { isStatus } from './kube-error.js';
import { metadataOf, runName } from './names.js';
import { apiVersionOf, type ConfigMap, type Lease, type OwnerReference } from './objects.js';
import { untilAnswered } from './until-answered.js';

/** How often a run says that it lives, in milliseconds. */
const RENEW = 15_000;
/** In seconds. A run that has said nothing for so long is dead. */
export const LEASE = 60;

/** The one object that owns all that a run makes, and a Lease that says whether the run lives: with the owner, everything goes. */
export class RunOwner {
  private timer: NodeJS.Timeout | undefined;
  private renewing: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly api: KubeApi,
    readonly name: string,
    readonly reference: OwnerReference,
  ) {}

  /** `data`: what the pods of the run read of it. */
  static async open(api: KubeApi, labels: Labels, data: Readonly<Record<string, string>> = {}): Promise<RunOwner> {
    const name = runName(labels);
    // Of a run, not of one of its nodes.
    const metadata = metadataOf({ ...labels, node: 'run' }, 'run');
    const map = await untilAnswered(() => createOrGet(api, { metadata: { name, ...metadata }, data }));
    const owner = new RunOwner(api, name, referenceTo(map));
    await untilAnswered(() => owner.renew({ name, ...metadata, ownerReferences: [owner.reference] }));
    owner.timer = setInterval(() => {
      owner.renewing = owner.renew({ name, ...metadata, ownerReferences: [owner.reference] }).catch(() => undefined);
    }, RENEW);
    owner.timer.unref();
    return owner;
  }

  /** Removes the owner, and so all of the run. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    // One that is on its way would make the Lease anew.
    await this.renewing;
    await untilAnswered(async () => {
      // By name: a cluster that was away collects what has lost its owner minutes later, and until then the run would seem to live.
      await this.api.delete('leases', this.name);
      await this.api.delete('configmaps', this.name, this.reference);
    });
  }

  private async renew(metadata: Lease['metadata']): Promise<void> {
    const now = `${new Date().toISOString().slice(0, -1)}000Z`;
    const spec = { holderIdentity: `${process.pid}`, leaseDurationSeconds: LEASE, renewTime: now };
    const known = await this.api.get('leases', this.name);
    // One that is left of a run of this name would go with its owner.
    if (known) await this.api.replace('leases', { ...known, metadata: { ...known.metadata, ownerReferences: metadata.ownerReferences }, spec: { ...known.spec, ...spec } } as Lease);
    else await this.api.create('leases', { metadata, spec: { ...spec, acquireTime: now } } as Lease);
  }
}

/** Another process of the same run may have been first, or a call of ours whose answer was lost. */
export async function createOrGet(api: KubeApi, map: ConfigMap): Promise<ConfigMap> {
  for (;;) {
    try {
      return await api.create('configmaps', map);
    } catch (error) {
      if (!isStatus(error, 409)) throw error;
      const known = await api.get('configmaps', map.metadata.name);
      if (known) return known;
    }
  }
}

export function referenceTo({ metadata: { name, uid = '' } }: ConfigMap): OwnerReference {
  return { apiVersion: apiVersionOf('configmaps'), kind: 'ConfigMap', name, uid };
}

/** Whether the run of this Lease said in time that it lives. */
export function isAlive(lease: Lease | undefined, now: number): boolean {
  const renewed = Date.parse(lease?.spec?.renewTime ?? '');
  return !Number.isNaN(renewed) && now - renewed < (lease?.spec?.leaseDurationSeconds ?? LEASE) * 1000;
}
