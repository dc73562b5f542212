import { choose, type Choice } from './choose.js';
import { involve } from './involved.js';
import type { Universe } from './universe.js';
import type { ResolverVersion } from './versions.js';

/** What one call of bazeldnf's `rpmtree --nobest` would put into a tree. */
export type Resolution = Choice | { readonly outcome: 'no-such-package'; readonly request: string };

/** `basesystem`: the RPM that stands for the distribution; it is requested with the others. */
export function resolve(universe: Universe, request: { readonly names: readonly string[]; readonly basesystem: string }, version: ResolverVersion): Resolution {
  const involved = involve(universe, [...request.names, request.basesystem], version);
  return 'unmatched' in involved ? { outcome: 'no-such-package', request: involved.unmatched } : choose(involved, version);
}
