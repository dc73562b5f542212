import type { NodeKind } from '@crpm/core';
import type { NodeRecord } from './history.js';

/** How long a node took when it last ran in the way in which it most likely will next; or that it never did, and how long the other way took. */
export type LastTime = { readonly lastMs: number } | { readonly otherWay: OtherWay };

export interface OtherWay {
  /** In words for people: `incremental`. */
  readonly next: string;
  /** `clean` */
  readonly last: string;
  readonly lastMs: number;
}

/** Nothing of a node that never had a result. */
export function lastTime({ ways }: NodeKind, last: NodeRecord | undefined): LastTime | undefined {
  if (!last || !ways) return last && { lastMs: last.ms };
  const next = ways.next(last.output.data);
  const took = ways.took(last.output.data);
  // Records of old have no times.
  const lastMs = last.times ? last.times[next] : next === took ? last.ms : undefined;
  return lastMs === undefined ? { otherWay: { next, last: took, lastMs: last.ms } } : { lastMs };
}

/** The times by way once a result was made that took `ms`. */
export function timesWith({ ways }: NodeKind, before: NodeRecord | undefined, { data, ms }: { readonly data: NodeRecord['output']['data']; readonly ms: number }): Pick<NodeRecord, 'times'> {
  return ways ? { times: { ...before?.times, [ways.took(data)]: ms } } : {};
}
