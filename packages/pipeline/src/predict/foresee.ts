import { compareEvrBazeldnf, formatEvr, formatRelation } from '@crpm/rpm';
import type { TreeRequest } from '../deps-script/read.js';
import type { ChosenRpm } from './choose.js';
import { compareWithOfficial } from './compare-official.js';
import type { Foresight, OfficialRpm, OwnRpm, Prospect } from './foresight.js';
import { resolve, type Resolution } from './resolve.js';
import { keyOf, satisfies, Universe } from './universe.js';
import { RESOLVERS } from './versions.js';

/** Name of our repository in the model. */
const OWN = 'crpm';

/** What is going to happen when KubeVirt's resolver meets what was built, told before it does. Pure; the more of the distribution it is given, the more it can tell. */
export function foresee(prospect: Prospect): readonly Foresight[] {
  const universe = new Universe([{ name: OWN, rpms: prospect.own }, ...prospect.official], prospect.arch);
  const found = [...compareWithOfficial(prospect), ...prospect.trees.flatMap((tree) => ofTree(prospect, universe, tree))];
  return [...new Map(found.map((one) => [one.message, one])).values()];
}

function ofTree(prospect: Prospect, universe: Universe, tree: TreeRequest): readonly Foresight[] {
  const request = { names: tree.requests, basesystem: tree.basesystem, ignored: tree.ignored };
  const resolutions = RESOLVERS.map((version) => ({ version: version.name, resolution: resolve(universe, request, version) }));
  const outcomes = resolutions.map(({ resolution }) => ownPart(prospect, resolution));
  const [first] = resolutions;
  if (!first) return [];
  if (new Set(outcomes).size > 1) return [differing(prospect, tree, resolutions)];
  switch (first.resolution.outcome) {
    case 'no-such-package':
      return [noSuchPackage(universe, tree, first.resolution.request)];
    case 'no-solution':
      return [noSolution(prospect, tree, universe)];
    case 'unknown':
      return [];
    case 'chosen':
      return ofChosen(prospect, tree, first.resolution.rpms);
  }
}

/** What a resolution means for RPMs of ours, as one text to compare. */
function ownPart({ own }: Prospect, resolution: Resolution): string {
  if (resolution.outcome === 'no-such-package') return resolution.request;
  if (resolution.outcome !== 'chosen') return resolution.outcome;
  const names = new Set(own.map((rpm) => rpm.name));
  return resolution.rpms.filter(({ rpm }) => names.has(rpm.name)).map(({ rpm, repo }) => `${keyOf(rpm)} ${repo}`).sort().join('\n');
}

function differing(prospect: Prospect, tree: TreeRequest, resolutions: readonly { readonly version: string; readonly resolution: Resolution }[]): Foresight {
  for (const { resolution } of resolutions) {
    const both = resolution.outcome === 'chosen' ? twoEvrs(prospect, tree, resolution.rpms) : undefined;
    if (both) return both;
  }
  const told = resolutions.map(({ version, resolution }) => `${version}: ${brief(prospect, resolution)}`);
  return {
    severity: 'warning',
    hazard: 'depends-on-version',
    message: `what ${tree.name} gets depends on the version of KubeVirt's resolver: ${told.join('; ')}`,
    next: 'Give the build a version that is its own and newer than the distribution’s (release: stable, a current spec); the proof after rpm-deps tells what was taken.',
  };
}

function brief({ own }: Prospect, resolution: Resolution): string {
  switch (resolution.outcome) {
    case 'no-such-package':
      return `${resolution.request} is not found`;
    case 'no-solution':
      return 'no solution';
    case 'unknown':
      return 'can’t be told';
    case 'chosen': {
      const names = new Set(own.map((rpm) => rpm.name));
      return resolution.rpms.filter(({ rpm, repo }) => repo !== OWN && names.has(rpm.name)).map(({ rpm }) => `official ${keyOf(rpm)}`).join(', ') || 'all ours';
    }
  }
}

function noSuchPackage(universe: Universe, tree: TreeRequest, request: string): Foresight {
  const name = /^(.+?)-\d+:/.exec(request)?.[1] ?? request;
  const versions = universe.candidates.filter(({ rpm }) => rpm.name === name).sort((a, b) => compareEvrBazeldnf(b.rpm, a.rpm));
  const newest = versions[0];
  return {
    severity: 'error',
    hazard: 'not-chosen',
    message: `${tree.name} asks for ${request}, which no repository has${newest ? `; the newest ${name} is ${formatEvr(newest.rpm)}` : ''}`,
    next: newest ? `Set rpmDeps.versions in the config to ${formatEvr(newest.rpm)} for it, if that is the one you want.` : `Look into hack/rpm-deps.sh, where ${name} is asked for.`,
  };
}

/** Names the first RPM of ours with a requirement that nothing meets, for that is nearly always why. */
function noSolution({ own }: Prospect, tree: TreeRequest, universe: Universe): Foresight {
  const asked = own.filter((rpm) => tree.requests.some((request) => request === rpm.name || request.startsWith(`${rpm.name}-`)));
  for (const rpm of [...asked, ...own]) {
    for (const wanted of rpm.requires) {
      if (wanted.name.startsWith('(') || universe.providersOf(wanted.name).some((provider) => satisfies(provider.rpm, wanted))) continue;
      return {
        severity: 'error',
        hazard: 'not-chosen',
        message: `${tree.name} has no solution: ${keyOf(rpm)} needs ${formatRelation(wanted)}, which no repository has`,
        next: 'Build what is missing too, or correct the requirement in the spec.',
      };
    }
  }
  return { severity: 'error', hazard: 'not-chosen', message: `${tree.name} has no solution: what it asks for can't be installed together`, next: 'Build all RPMs of the package from one spec, and as new as the distribution’s.' };
}

function ofChosen({ own, allowOfficial }: Prospect, tree: TreeRequest, chosen: readonly ChosenRpm[]): readonly Foresight[] {
  const names = new Map(own.map((rpm) => [rpm.name, rpm]));
  const sources = new Map(own.map((rpm) => [rpm.source, rpm]));
  const certain = chosen.filter((one) => one.certain && one.repo !== OWN && !allowOfficial.includes(one.rpm.name));
  return certain.flatMap(({ rpm }): readonly Foresight[] => {
    const ours = names.get(rpm.name);
    if (ours) return [leftBehind(tree, ours, rpm)];
    const source = (rpm as OfficialRpm).source;
    const sibling = source === undefined ? undefined : sources.get(source);
    return sibling ? [officialSibling(tree, sibling, rpm)] : [];
  });
}

/** A name that a tree would have twice: some resolvers allow that, the others then find no solution. */
function twoEvrs({ own }: Prospect, tree: TreeRequest, chosen: readonly ChosenRpm[]): Foresight | undefined {
  for (const ours of own) {
    const same = chosen.filter(({ rpm }) => rpm.name === ours.name);
    const theirs = same.find(({ repo }) => repo !== OWN);
    if (same.length < 2 || !theirs) continue;
    const wanting = chosen.find(({ rpm, repo }) => repo !== OWN && rpm.requires.some((wanted) => wanted.name === ours.name && !satisfies(ours, wanted)));
    return {
      severity: 'warning',
      hazard: 'two-evrs',
      message: `${tree.name} gets ${ours.name} twice or not at all, ours and the distribution's ${formatEvr(theirs.rpm)}${wanting ? `: ${keyOf(wanting.rpm)} wants that one exactly` : ''}`,
      next: `Build ${wanting?.rpm.name ?? 'all RPMs of the package'} too: do not leave it out of ${ours.package}.`,
    };
  }
  return undefined;
}

function leftBehind(tree: TreeRequest, ours: OwnRpm, theirs: OfficialRpm): Foresight {
  const pinned = tree.requests.some((request) => request.startsWith(`${ours.name}-`));
  return {
    severity: pinned ? 'error' : 'warning',
    hazard: pinned ? 'not-chosen' : 'left-behind',
    message: `${tree.name} takes the distribution's ${keyOf(theirs)} and not ours, ${formatEvr(ours)}${pinned ? '' : ', for nothing asks for a version of it'}`,
    next: `Make the build newer than ${formatEvr(theirs)}: a current spec, and release: stable.`,
  };
}

function officialSibling(tree: TreeRequest, ours: OwnRpm, theirs: OfficialRpm): Foresight {
  return {
    severity: 'warning',
    hazard: 'official-sibling',
    message: `${tree.name} takes ${keyOf(theirs)} of the distribution, which comes from the same source as ${ours.name} and was not built here`,
    next: `Build it too, or allow it: rpmDeps.allowOfficial: [${theirs.name}].`,
  };
}
