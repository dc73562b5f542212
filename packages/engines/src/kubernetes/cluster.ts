import type { Labels } from '@crpm/core';
import { findCredentials } from '@crpm/oci/credentials';
import { authoritiesNamedFor } from '@crpm/oci/trust';
import { surroundings } from '../docker/connect.js';
import type { KubeApi } from './api.js';
import { closeAll } from './close-all.js';
import { ClusterRun } from './cluster-run.js';
import { ImageStore } from './image-store.js';
import { Jobs, type JobsOptions } from './jobs.js';
import { isStatus } from './kube-error.js';
import { metadataOf, runName } from './names.js';
import type { KubeObject } from './objects.js';
import { removeDeadRuns } from './owned.js';
import { CA_FILE } from './places.js';
import type { Place } from './registry.js';
import { untilAnswered } from './until-answered.js';

/** What the parts of an engine share. */
export interface Surroundings {
  readonly api: KubeApi;
  readonly place: Place;
  readonly images: ImageStore;
  readonly jobs: Jobs;
  /** For what is spooled before it is sent; absolute. */
  readonly folder: string;
  run(labels: Labels): Promise<ClusterRun>;
  /** Which work of this node this is, counted from 0: the same in a run that repeats another. */
  ordinal(labels: Labels): number;
  /** Name of the Secret with what pods tell the registry, if they need one. */
  secret(labels: Labels): Promise<string | undefined>;
  /** Name of the ConfigMap with the authorities of the registry's certificate, where this machine was told of some. */
  authorities(labels: Labels): Promise<string | undefined>;
}

/** Variables of the wrapper. */
export function wrapperVariables({ place }: Surroundings, path: string, out: string): Readonly<Record<string, string>> {
  return { CRPM_BLOBS: `${place.origin}/v2/${place.path}/blobs`, CRPM_ORIGIN: place.origin, CRPM_REPOSITORY: place.path, CRPM_PATH: path, CRPM_OUT: out };
}

/** Opens runs as they are needed, and closes them all. */
export class ClusterSurroundings implements Surroundings {
  readonly images: ImageStore;
  readonly jobs: Jobs;
  private readonly runs = new Map<string, Promise<ClusterRun>>();
  private readonly secrets = new Map<string, Promise<string | undefined>>();
  private readonly counts = new Map<string, number>();
  /** PEM. What every image trusts needs no telling. */
  private readonly named: string;

  constructor(
    readonly api: KubeApi,
    readonly place: Place,
    jobs: Omit<JobsOptions, 'api'>,
    readonly folder: string,
    private readonly env: NodeJS.ProcessEnv,
  ) {
    this.images = new ImageStore(place.repository);
    this.jobs = new Jobs({ api, ...jobs });
    this.named = place.origin.startsWith('https:') ? authoritiesNamedFor(place.host, env).join('\n') : '';
  }

  run(labels: Labels): Promise<ClusterRun> {
    return once(this.runs, runName(labels), () => ClusterRun.open(this.api, labels, this.named === '' ? {} : { [CA_FILE]: this.named }));
  }

  ordinal({ workspace, node }: Labels): number {
    const key = `${workspace}/${node}`;
    const count = this.counts.get(key) ?? 0;
    this.counts.set(key, count + 1);
    return count;
  }

  secret(labels: Labels): Promise<string | undefined> {
    return once(this.secrets, runName(labels), () => this.makeSecret(labels));
  }

  async authorities(labels: Labels): Promise<string | undefined> {
    return this.named === '' ? undefined : (await this.run(labels)).owner.name;
  }

  async close(): Promise<void> {
    try {
      await closeAll([...this.runs.values()].map((opening) => async () => {
        const run = await opening.catch(() => undefined);
        await run?.close();
        // What could have been taken up was, or is of no use.
        if (run) await removeDeadRuns(this, run.labels);
      }));
    } finally {
      this.place.registry.close();
      this.api.close();
    }
  }

  private async makeSecret(labels: Labels): Promise<string | undefined> {
    const credentials = await findCredentials(this.place.host, surroundings(this.env), () => undefined);
    if (!credentials || !('password' in credentials)) return undefined;
    const { owner } = await this.run(labels);
    const name = owner.name;
    const text = `user = "${[credentials.username, credentials.password].join(':').replace(/[\\"]/g, '\\$&')}"\n`;
    const secret = { metadata: { name, ...metadataOf({ ...labels, node: 'run' }, 'run'), ownerReferences: [owner.reference] }, type: 'Opaque', data: { curl: Buffer.from(text).toString('base64') } } as KubeObject;
    try {
      await untilAnswered(() => this.api.create('secrets', secret));
    } catch (error) {
      if (!isStatus(error, 409)) throw error;
    }
    return name;
  }
}

/** A failed attempt is no answer: the next one asks again. */
function once<T>(known: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  let found = known.get(key);
  if (!found) {
    found = make();
    known.set(key, found);
    found.catch(() => known.delete(key));
  }
  return found;
}
