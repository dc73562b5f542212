import { compareEvrBazeldnf, formatEvr, sameEvr, type Evr, type Relation } from '@crpm/rpm';
import type { Finding, Hazard, OfficialRpm, OwnRpm, Prospect } from './foresight.js';
import { requirementsOf, satisfies } from './universe.js';
import { reached } from './within-own.js';

/** What the versions alone tell: one finding per package and hazard, naming the first of its RPMs. */
export function compareWithOfficial(prospect: Prospect): readonly Finding[] {
  const { own, official } = prospect;
  const theirs = groupedBy(official.flatMap(({ rpms }) => rpms), ({ name }) => name);
  const ours = groupedBy(own, ({ name }) => name);
  const isExposed = exposure(prospect, theirs);
  const sorted = own.filter((rpm) => !prospect.compared?.includes(rpm.package)).sort((a, b) => (a.name < b.name ? -1 : 1));
  return [...groupedBy(sorted, (rpm) => rpm.package)].flatMap(([name, rpms]) => [
    ...first(name, rpms, (rpm) => theirs.get(rpm.name)?.find((other) => sameEvr(rpm, other)), equal),
    ...first(name, rpms, (rpm) => [...(theirs.get(rpm.name) ?? []), ...(ours.get(rpm.name) ?? [])].find((other) => isBeginning(rpm, other)), clash),
    ...first(name, rpms.filter(isExposed), (rpm) => newerThan(rpm, theirs.get(rpm.name) ?? []), older),
  ]);
}

/**
 * Tells of an RPM whether a tree may come to its name without asking for our version: by a bare name, by a require that the official one meets too, or in a way that
 * is not known here, where the tree has the official one now.
 */
function exposure({ own, trees, complete }: Prospect, theirs: ReadonlyMap<string, readonly OfficialRpm[]>): (rpm: OwnRpm) => boolean {
  const requests = trees.flatMap((tree) => tree.requests);
  const led = reached(own, requests);
  return (rpm) => {
    const official = theirs.get(rpm.name) ?? [];
    const eitherWill = (wanted: Relation) => satisfies(rpm, wanted) && official.some((other) => satisfies(other, wanted));
    return requests.includes(rpm.name) || led.some((other) => requirementsOf(other).some(eitherWill)) || (!complete && !led.includes(rpm));
  };
}

interface Compared {
  readonly hazard: Hazard;
  readonly what: string;
  readonly next: string;
}

type Words = (subject: string, other: string) => Compared;

/** The finding about the first RPM for which there is an `other` one, and how many more there are. */
function first(pkg: string, rpms: readonly OwnRpm[], other: (rpm: OwnRpm) => Evr | undefined, words: Words): readonly Finding[] {
  const found = rpms.flatMap((rpm) => {
    const one = other(rpm);
    return one ? [{ rpm, one }] : [];
  });
  const [hit, ...more] = found;
  if (!hit) return [];
  const subject = `${hit.rpm.name} ${formatEvr(hit.rpm)} of ${pkg}${more.length === 0 ? '' : ` (and ${String(more.length)} more)`}`;
  return [{ severity: 'warning', ...words(subject, formatEvr(hit.one)) }];
}

function equal(subject: string): Compared {
  return {
    hazard: 'equal-evr',
    what: `${subject} has the very version of the distribution's: which of the two KubeVirt takes depends on the version of its resolver`,
    next: 'Set release: stable or unique in the config, so that the build has a version of its own.',
  };
}

function clash(subject: string, other: string): Compared {
  return {
    hazard: 'prefix-clash',
    what: `${subject} is the beginning of ${other}: KubeVirt's resolver takes a version for the beginning of one, so that it may take that other RPM`,
    next: 'Set release: stable or unique in the config, and have one build of each RPM: then no version is the beginning of another.',
  };
}

function older(subject: string, other: string): Compared {
  return {
    hazard: 'older-than-official',
    what: `${subject} is older than the distribution's ${other}, and not everything that leads to it asks for a version: there the distribution's is taken`,
    next: 'Build from a spec that is as new as the distribution’s.',
  };
}

function isBeginning(rpm: Evr, other: Evr): boolean {
  return !sameEvr(rpm, other) && formatEvr(other).startsWith(formatEvr(rpm));
}

function newerThan(rpm: OwnRpm, official: readonly OfficialRpm[]): OfficialRpm | undefined {
  const [newest] = [...official].sort((a, b) => compareEvrBazeldnf(b, a));
  return newest && compareEvrBazeldnf(rpm, newest) < 0 ? newest : undefined;
}

export function groupedBy<T>(list: readonly T[], keyOf: (one: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const one of list) {
    const group = groups.get(keyOf(one));
    if (group) group.push(one);
    else groups.set(keyOf(one), [one]);
  }
  return groups;
}
