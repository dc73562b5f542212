/**
 * In what the versions of bazeldnf differ, as recorded by running them (`test/fixtures/golden/bazeldnf`). KubeVirt's own is a fork whose base lies between the second
 * and the third, so a result is worth something only if it is the same with all of them.
 */
export interface ResolverVersion {
  readonly name: string;
  /** Of several RPMs that a request matches: all of them are candidates and the newest wins, or only the first in the order of the repositories is. */
  readonly request: 'newest' | 'first';
  /** The same EVR in two repositories, requested: which repository's is it? As a dependency it is always the first's. */
  readonly sameEvrRequested: 'first' | 'last';
  /** Whether a tree may end with two EVRs of one name. */
  readonly oneEvrPerName: boolean;
}

export const RESOLVERS: readonly ResolverVersion[] = [
  { name: 'v0.5.9 (2024-01)', request: 'newest', sameEvrRequested: 'last', oneEvrPerName: false },
  { name: '85bebc4 (2024-12)', request: 'first', sameEvrRequested: 'first', oneEvrPerName: false },
  { name: 'v0.99.1 (2025-07)', request: 'newest', sameEvrRequested: 'first', oneEvrPerName: false },
  { name: '955f4b6 (2026-01)', request: 'newest', sameEvrRequested: 'first', oneEvrPerName: true },
];
