import { choose, type Choice, type Fuel } from './choose.js';
import { involve } from './involved.js';
import type { Universe } from './universe.js';
import type { ResolverVersion } from './versions.js';

/** What one call of bazeldnf's `rpmtree --nobest` would put into a tree. */
export type Resolution = Choice | { readonly outcome: 'no-such-package'; readonly request: string };

export interface Request {
  /** `qemu-img-17:10.1.0-20.el9`, or a name alone. */
  readonly names: readonly string[];
  /** The RPM that stands for the distribution; it is requested with the others. */
  readonly basesystem: string;
  /** Regular expressions over `name-epoch:version-release`: what matches is looked at, but neither installed nor are its requirements minded. */
  readonly ignored?: readonly string[];
}

export function resolve(universe: Universe, { names, basesystem, ignored = [] }: Request, version: ResolverVersion, fuel?: Fuel): Resolution {
  const involved = involve(universe, [...names, basesystem], version);
  return 'unmatched' in involved ? { outcome: 'no-such-package', request: involved.unmatched } : choose(involved, version, ignored.map((text) => new RegExp(text)), fuel);
}
