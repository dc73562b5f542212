import { compareEvrBazeldnf, type Relation } from '@crpm/rpm';
import { matchesOf } from './involved.js';
import { requirementsOf, satisfies, type ResolverRpm, type Universe } from './universe.js';

/** A requirement that nothing meets. */
export interface Unmet {
  readonly rpm: ResolverRpm;
  readonly wanted: Relation;
  /** The newest RPM that provides something of that name, in another version. */
  readonly newest?: ResolverRpm;
}

/** The first such requirement on the way from what is asked for, nearest first. */
export function unmetIn(universe: Universe, requests: readonly string[]): Unmet | undefined {
  const seen = new Set(requests.flatMap((request) => matchesOf(universe, request).map(({ rpm }) => rpm)));
  // Grows while it is walked.
  for (const rpm of seen) {
    for (const wanted of requirementsOf(rpm)) {
      const named = universe.providersOf(wanted.name).map((provider) => provider.rpm);
      const meeting = named.filter((other) => satisfies(other, wanted));
      if (meeting.length === 0) {
        const [newest] = [...named].sort((a, b) => compareEvrBazeldnf(b, a));
        return { rpm, wanted, ...(newest ? { newest } : {}) };
      }
      // Where there is a choice, one of them will do.
      if (meeting.length === 1) for (const other of meeting) seen.add(other);
    }
  }
  return undefined;
}
