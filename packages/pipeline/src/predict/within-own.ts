import { formatEvr, sameEvr, type Relation } from '@crpm/rpm';
import type { Finding, OwnRpm, Prospect } from './foresight.js';
import { keyOf, requirementsOf, satisfies } from './universe.js';

/**
 * What can be told of our RPMs alone: a subpackage in our own version can come from nowhere but our spec. Nothing is said of a version that the distribution
 * has too, for then it may.
 */
export function withinOwn(prospect: Prospect): readonly Finding[] {
  const { own, official } = prospect;
  const theirs = new Set(official.flatMap(({ rpms }) => rpms.map(formatEvr)));
  const ours = own.filter((rpm) => !theirs.has(formatEvr(rpm)));
  return prospect.trees.flatMap(({ name: tree, requests }) => {
    const unmade = requests.flatMap((request) => notMade(prospect, ours, request));
    if (unmade.length > 0) return unmade.map((finding) => ({ tree, ...finding }));
    return reached(own, requests).flatMap((rpm) => {
      const wanted = ours.includes(rpm) ? rpm.requires.find((relation) => isSibling(rpm, relation) && !own.some((other) => provides(other, relation))) : undefined;
      return wanted ? [{ tree, ...lacksSibling(rpm, wanted) }] : [];
    });
  });
}

/** A request in the version of a package of ours, for a name that it does not make. */
function notMade({ own, pins }: Prospect, ours: readonly OwnRpm[], request: string): readonly Omit<Finding, 'tree'>[] {
  const rpm = ours.find((one) => request.endsWith(`-${formatEvr(one)}`));
  if (!rpm) return [];
  const name = request.slice(0, -formatEvr(rpm).length - 1);
  if (own.some((one) => one.name === name)) return [];
  const [variable] = Object.entries(pins).find(([, names]) => names.includes(name)) ?? [];
  return [
    {
      severity: 'error',
      hazard: 'not-chosen',
      what: `asks for ${request}${variable === undefined ? '' : ` (${variable})`}, but ${rpm.package} does not make ${name}`,
      next: `Let the spec make it: it needs a %files section for it, and no build.without or build.defines that leaves it out.`,
    },
  ];
}

function lacksSibling(rpm: OwnRpm, wanted: Relation): Omit<Finding, 'tree'> {
  return {
    severity: 'error',
    hazard: 'not-chosen',
    what: `${keyOf(rpm)} requires ${wanted.name} in its own version, which ${rpm.package} does not make and nobody else has`,
    next: `Build ${wanted.name} too (its %files section makes it; was it left out by a --without?), or drop the require.`,
  };
}

/** RPMs of ours that a tree leads to, by requests and by what those require of ours. */
export function reached(own: readonly OwnRpm[], requests: readonly string[]): readonly OwnRpm[] {
  const found = new Set(own.filter((rpm) => requests.some((request) => request === rpm.name || keyOf(rpm).startsWith(request))));
  // Grows while it is walked.
  for (const rpm of found) {
    for (const wanted of requirementsOf(rpm)) for (const other of own) if (satisfies(other, wanted)) found.add(other);
  }
  return [...found];
}

/** `libvirt-libs = 12.5.0-1.el9.crpm0001` of an RPM that has this version itself; an epoch may be left out. */
function isSibling(rpm: OwnRpm, { op, evr }: Relation): boolean {
  return op === '=' && evr?.release !== undefined && sameEvr({ ...evr, release: evr.release, epoch: rpm.epoch }, rpm);
}

function provides(rpm: OwnRpm, wanted: Relation): boolean {
  // `libvirt-libs(x86-64)`: rpm adds the mark by itself, and a spec does not show it.
  const name = wanted.name.replace(/\([a-z0-9]+-(?:32|64)\)$/, '');
  return rpm.name === name || rpm.provides.some((provided) => provided.name === wanted.name || provided.name === name);
}
