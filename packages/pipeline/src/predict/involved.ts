import { requirementsOf, type Candidate, type Universe } from './universe.js';
import type { ResolverVersion } from './versions.js';

/** What the resolver works on: a part of the universe that holds every RPM a request may lead to. */
export interface Involved {
  /** By key; of RPMs that share a key, the one that the resolver would take. */
  readonly candidates: ReadonlyMap<string, Candidate>;
  /** The package names that the requests mean, in their order. */
  readonly names: readonly string[];
}

/** A request that no RPM matches: "Package X does not exist". */
export interface Unmatched {
  readonly unmatched: string;
}

/**
 * A request is a prefix of `name-epoch:version-release`, but never ends inside the name: the shortest name that it reaches is meant. What was requested stands
 * for its name: other versions of it are not looked at as dependencies.
 */
export function involve(universe: Universe, requests: readonly string[], version: ResolverVersion): Involved | Unmatched {
  const found = new Map<string, Candidate>();
  const names: string[] = [];
  for (const request of requests) {
    const matches = matchesOf(universe, request);
    const [first] = matches;
    if (!first) return { unmatched: request };
    names.push(first.rpm.name);
    for (const match of version.request === 'first' ? [first] : matches) {
      const { key } = match;
      if (!found.has(key) || version.sameEvrRequested === 'last') found.set(key, match);
    }
  }
  const requested = new Set([...found.values()].map(({ rpm }) => rpm.name));
  const stack = [...found.values()];
  for (let candidate = stack.pop(); candidate; candidate = stack.pop()) {
    for (const { name } of requirementsOf(candidate.rpm)) {
      for (const provider of universe.providersOf(name)) {
        const { key } = provider;
        if (found.has(key) || requested.has(provider.rpm.name)) continue;
        found.set(key, provider);
        stack.push(provider);
      }
    }
  }
  return { candidates: found, names };
}

/** The RPMs that a request may mean. */
export function matchesOf(universe: Universe, request: string): readonly Candidate[] {
  for (let end = 1; end <= request.length; end++) {
    const matches = universe.named(request.slice(0, end)).filter(({ key }) => key.startsWith(request));
    if (matches.length > 0) return matches;
  }
  return [];
}
