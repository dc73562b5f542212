import { formatEvr, formatRelation } from '@crpm/rpm';
import type { TreeRequest } from '../deps-script/read.js';
import { list } from '../proof/words.js';
import type { ChosenRpm, Fuel } from './choose.js';
import { compareWithOfficial } from './compare-official.js';
import type { Finding, Foresight, OfficialRpm, OwnRpm, Prospect } from './foresight.js';
import { nameOf, rottenPin } from './pins.js';
import { resolve, type Resolution } from './resolve.js';
import { unmetIn } from './unmet.js';
import { keyOf, satisfies, Universe } from './universe.js';
import { RESOLVERS } from './versions.js';
import { withinOwn } from './within-own.js';

/** For all trees and versions together: a few seconds, whatever the distribution holds. */
const FUEL = 2_000_000;

/** Name of our repository in the model. */
const OWN = 'crpm';

/** What is going to happen when KubeVirt's resolver meets what was built, told before it does. Pure; the more of the distribution it is given, the more it can tell. */
export function foresee(prospect: Prospect): readonly Foresight[] {
  const compared = compareWithOfficial(prospect);
  const alone = withinOwn(prospect);
  // What is wrong by itself would be told a second time, in other words, by each tree.
  if (alone.length > 0 || !prospect.complete) return told([...alone, ...compared]);
  const universe = new Universe([{ name: OWN, rpms: prospect.own }, ...prospect.official], prospect.arch);
  const fuel: Fuel = { left: FUEL };
  return told([...compared, ...oursFirst(prospect).flatMap((tree) => ofTree(prospect, { universe, fuel }, tree).map((finding) => ({ tree: tree.name, ...finding })))]);
}

/** Trees that ask for RPMs of ours before others: should there be too much to look at, it is these that matter. */
function oursFirst({ own, trees }: Prospect): readonly TreeRequest[] {
  const names = new Set(own.map((rpm) => rpm.name));
  const asks = ({ requests }: TreeRequest) => requests.some((request) => names.has(nameOf(request)));
  return [...trees.filter(asks), ...trees.filter((tree) => !asks(tree))];
}

/** Errors first; what happens alike in several trees once. */
function told(findings: readonly Finding[]): readonly Foresight[] {
  const trees = new Map<string, { readonly finding: Finding; readonly names: string[] }>();
  for (const finding of findings) {
    const { severity, hazard, what, next } = finding;
    const key = JSON.stringify([severity, hazard, what, next]);
    const group = trees.get(key) ?? { finding, names: [] };
    trees.set(key, group);
    if (finding.tree !== undefined && !group.names.includes(finding.tree)) group.names.push(finding.tree);
  }
  return [...trees.values()]
    .map(({ finding: { severity, hazard, what, next }, names }) => ({ severity, hazard, message: names.length > 0 ? `${list(names)}: ${what}` : what, next }))
    .sort((a, b) => Number(a.severity === 'warning') - Number(b.severity === 'warning'));
}

type OfTree = Omit<Finding, 'tree'>;

function ofTree(prospect: Prospect, { universe, fuel }: { readonly universe: Universe; readonly fuel: Fuel }, tree: TreeRequest): readonly OfTree[] {
  const request = { names: tree.requests, basesystem: tree.basesystem, ignored: tree.ignored };
  const resolutions = RESOLVERS.map((version) => ({ version: version.name, resolution: resolve(universe, request, version, fuel) }));
  const [first] = resolutions;
  // With too many ways to look at all of them, nothing is certain.
  if (!first || resolutions.some(({ resolution }) => resolution.outcome === 'unknown')) return [];
  if (differs(prospect, resolutions.map(({ resolution }) => resolution))) return [differing(prospect, resolutions)];
  switch (first.resolution.outcome) {
    case 'no-such-package':
      return [rottenPin(prospect, universe, first.resolution.request)];
    case 'no-solution':
      return [noSolution(prospect, tree, universe)];
    case 'unknown':
      return [];
    case 'chosen':
      return ofChosen(prospect, tree, first.resolution.rpms);
  }
}

/** Whether resolutions come to something else for RPMs of ours; what is chance in one of them tells nothing. */
function differs({ own }: Prospect, resolutions: readonly Resolution[]): boolean {
  if (new Set(resolutions.map((one) => (one.outcome === 'no-such-package' ? one.request : one.outcome))).size > 1) return true;
  return own.some(({ name }) => new Set(resolutions.flatMap((one) => picked(name, one))).size > 1);
}

/** What is certain to be taken under a name, as a text to compare; empty where nobody knows. */
function picked(name: string, resolution: Resolution): readonly string[] {
  if (resolution.outcome !== 'chosen') return [];
  const found = resolution.rpms.filter(({ rpm }) => rpm.name === name);
  if (found.some(({ certain }) => !certain) || (found.length === 0 && !resolution.everyWay)) return [];
  return [found.map(({ rpm, repo }) => `${keyOf(rpm)} ${repo}`).sort().join('\n')];
}

function differing(prospect: Prospect, resolutions: readonly { readonly version: string; readonly resolution: Resolution }[]): OfTree {
  for (const { resolution } of resolutions) {
    const both = resolution.outcome === 'chosen' ? twoEvrs(prospect, resolution.rpms) : undefined;
    if (both) return both;
  }
  const each = resolutions.map(({ version, resolution }) => `${version}: ${brief(prospect, resolution)}`);
  return {
    severity: 'warning',
    hazard: 'depends-on-version',
    what: `what it gets depends on the version of KubeVirt's resolver: ${each.join('; ')}`,
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

/** Names the first requirement that nothing meets, for that is nearly always why. Of RPMs that are not built yet others may still bring it. */
function noSolution(prospect: Prospect, { requests }: TreeRequest, universe: Universe): OfTree {
  const severity = prospect.ownFrom === 'built' ? 'error' : 'warning';
  const unmet = unmetIn(universe, requests);
  const common = { severity, hazard: 'not-chosen' } as const;
  if (!unmet) return { ...common, what: 'has no solution: what it asks for can’t be installed together', next: 'Build all RPMs of the package from one spec, and as new as the distribution’s.' };
  const { rpm, wanted, newest } = unmet;
  return {
    ...common,
    what: `has no solution: ${keyOf(rpm)} requires ${formatRelation(wanted)}, which no repository has${newest ? `; the newest ${newest.name} is ${formatEvr(newest)}` : ''}`,
    next: prospect.own.includes(rpm as OwnRpm) ? 'Build what is missing too, or correct the requirement in the spec.' : `It is the distribution’s own: its mirror is being updated, or ${nameOf(rpm.name)} must be built here too.`,
  };
}

function ofChosen({ own, allowOfficial }: Prospect, tree: TreeRequest, chosen: readonly ChosenRpm[]): readonly OfTree[] {
  const names = new Map(own.map((rpm) => [rpm.name, rpm]));
  const sources = new Map(own.map((rpm) => [rpm.source, rpm]));
  const certain = chosen.filter((one) => one.certain && one.repo !== OWN && !allowOfficial.includes(one.rpm.name));
  return certain.flatMap(({ rpm }): readonly OfTree[] => {
    const ours = names.get(rpm.name);
    if (ours) return [leftBehind(tree, ours, rpm)];
    const source = (rpm as OfficialRpm).source;
    const sibling = source === undefined ? undefined : sources.get(source);
    return sibling ? [officialSibling(sibling, rpm)] : [];
  });
}

/** A name that a tree would have twice: some resolvers allow that, the others then find no solution. */
function twoEvrs({ own }: Prospect, chosen: readonly ChosenRpm[]): OfTree | undefined {
  for (const ours of own) {
    const same = chosen.filter(({ rpm, certain }) => certain && rpm.name === ours.name);
    const theirs = same.find(({ repo }) => repo !== OWN);
    if (same.length < 2 || !theirs) continue;
    const wanting = chosen.find(({ rpm, repo }) => repo !== OWN && rpm.requires.some((wanted) => wanted.name === ours.name && !satisfies(ours, wanted)));
    return {
      severity: 'warning',
      hazard: 'two-evrs',
      what: `gets ${ours.name} twice or not at all, ours and the distribution's ${formatEvr(theirs.rpm)}${wanting ? `: ${keyOf(wanting.rpm)} wants that one exactly` : ''}`,
      next: `Build ${wanting?.rpm.name ?? 'all RPMs of the package'} too: do not leave it out of ${ours.package}.`,
    };
  }
  return undefined;
}

function leftBehind(tree: TreeRequest, ours: OwnRpm, theirs: OfficialRpm): OfTree {
  // `swtpm-tools-0:1-1` is no request for swtpm.
  const pinned = tree.requests.some((request) => request !== ours.name && nameOf(request) === ours.name);
  return {
    severity: pinned ? 'error' : 'warning',
    hazard: pinned ? 'not-chosen' : 'left-behind',
    what: `takes the distribution's ${keyOf(theirs)} and not ours, ${formatEvr(ours)}${pinned ? '' : ', for nothing asks for our version of it'}`,
    next: `Make the build newer than ${formatEvr(theirs)}: a current spec, and release: stable.`,
  };
}

function officialSibling(ours: OwnRpm, theirs: OfficialRpm): OfTree {
  return {
    severity: 'warning',
    hazard: 'official-sibling',
    what: `takes ${keyOf(theirs)} of the distribution, which comes from the same source as ${ours.name} and was not built here`,
    next: `Build it too, or allow it: rpmDeps.allowOfficial: [${theirs.name}].`,
  };
}
