import type { PageView } from '../parts/page-view.js';
import { workOf } from './analysis.js';

/** The node that one wants to see first: what failed, else what runs, else what took longest of those that decided how long it all took. */
export function mostTelling({ record, critical, now }: PageView): string | undefined {
  const { nodes } = record;
  const longest = critical.toSorted((one, other) => workOf(other, now) - workOf(one, now))[0];
  return (nodes.find(({ state }) => state === 'failed') ?? nodes.find(({ state }) => state === 'running') ?? longest ?? nodes[0])?.id;
}
