import { setTimeout as delay } from 'node:timers/promises';
import type { KubeApi } from './api.js';
import { isPassing, isStatus } from './kube-error.js';
import type { Kinds, Resource } from './objects.js';

/** All is listed anew so often, in milliseconds: nothing follows from an event that did not come. */
const RELIST = 30_000;
/** How long a cluster may be away, in milliseconds, until what is waited for is given up. */
export const OUTAGE = 180_000;
const LONGEST_PAUSE = 5_000;

/** Objects of one kind as the cluster has them, kept up to date by a watch; a watch that ends, for whatever reason, is followed by a list. */
export class Mirror<R extends Resource> {
  private items = new Map<string, Kinds[R]>();
  private readonly stopped = new AbortController();
  private readonly loop: Promise<void>;
  private broken: unknown;

  /** `changed` is called after every change, and when {@link failure} becomes something. */
  constructor(
    private readonly api: KubeApi,
    private readonly resource: R,
    private readonly labels: string,
    private readonly changed: () => void,
    private readonly relist = RELIST,
    private readonly outage = OUTAGE,
  ) {
    this.loop = this.run();
  }

  get(name: string): Kinds[R] | undefined {
    return this.items.get(name);
  }

  values(): Iterable<Kinds[R]> {
    return this.items.values();
  }

  /** Why nothing new is to be heard: the cluster is away for too long, or refuses. */
  get failure(): unknown {
    return this.broken;
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    await this.loop;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopped;
    let pause = 100;
    let away: number | undefined;
    while (!signal.aborted) {
      try {
        const { items, resourceVersion } = await this.api.list(this.resource, { labels: this.labels });
        this.items = new Map(items.map((item) => [item.metadata.name, item]));
        this.broken = away = undefined;
        this.changed();
        const heard = await this.watch(resourceVersion, signal);
        pause = heard ? 100 : Math.min(pause * 2, LONGEST_PAUSE);
      } catch (error) {
        if (signal.aborted) return;
        // 410: what the watch was to go on from is forgotten.
        if (!isStatus(error, 410)) {
          away ??= Date.now();
          // A refusal may be a token that is being renewed; it is asked again, not for long.
          if (!isPassing(error) || Date.now() - away > this.outage) {
            this.broken = error;
            this.changed();
          }
        }
        pause = Math.min(pause * 2, LONGEST_PAUSE);
      }
      await delay(pause, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Until the watch ends or it is time to list again; says whether anything came. */
  private async watch(resourceVersion: string, stop: AbortSignal): Promise<boolean> {
    const until = AbortSignal.timeout(this.relist);
    let heard = false;
    try {
      for await (const { type, object } of this.api.watch(this.resource, { labels: this.labels, resourceVersion, signal: AbortSignal.any([stop, until]) })) {
        heard = true;
        if (type === 'BOOKMARK') continue;
        if (type === 'DELETED') this.items.delete(object.metadata.name);
        else this.items.set(object.metadata.name, object);
        this.changed();
      }
    } catch (error) {
      if (!until.aborted && !isPassing(error)) throw error;
    }
    return heard || until.aborted;
  }
}
