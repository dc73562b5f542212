import { formatEvr, sourceName } from '@crpm/rpm';
import { namesNotMade } from './asked-for.js';
import { isIn, type Case } from './case.js';
import type { Complaint } from './evidence.js';
import type { Member } from './snapshot.js';
import { list } from './words.js';

/**
 * No tree may hold an RPM of a source package of ours that we did not build: half of a package from here and half from there crashes at run time.
 * What belongs to a source package the distribution's metadata tells; where it is not at hand, RPMs that had the very EVR which ours had before.
 */
export function judgeSourcePackages(of: Case): readonly Complaint[] {
  const belongs = sourcePackageFinder(of);
  const found = new Map<string, { member: Member; source: string; trees: string[] }>();
  for (const scope of of.scopes) {
    const built = new Set(of.custom.filter((rpm) => isIn(rpm, scope)).map((rpm) => rpm.name));
    // These are told by judgeAskedFor.
    const told = namesNotMade(of, scope);
    for (const tree of scope.trees) {
      for (const member of of.after.trees.get(tree)?.members ?? []) {
        if (built.has(member.name) || told.has(member.name) || of.evidence.allowOfficial.includes(member.name)) continue;
        const source = belongs(member);
        if (source === undefined) continue;
        const entry = found.get(member.ruleName);
        if (entry) entry.trees.push(tree);
        else found.set(member.ruleName, { member, source, trees: [tree] });
      }
    }
  }
  return [...found.values()].map(({ member, source, trees }) => ({
    check: 'not-built',
    message: `${list(trees)}: ${member.name} ${member.evr} is an official RPM of ${source}, beside RPMs of ${source} that were built`,
    next: `Build that RPM too (was it left out by a --without?), or allow it: rpmDeps.allowOfficial: [${member.name}].`,
  }));
}

/** Tells which of our source packages an RPM belongs to, if any. */
function sourcePackageFinder(of: Case): (member: Member) => string | undefined {
  const ours = new Map(of.custom.map((rpm) => [rpm.name, sourceName(rpm.sourcerpm) ?? rpm.package]));
  const ourSources = new Set(ours.values());
  const known = new Map<string, string>();
  for (const { name, evr, sourcerpm } of of.evidence.official) {
    const source = sourceName(sourcerpm);
    if (source === undefined) continue;
    known.set(name, source);
    known.set(`${name} ${evr}`, source);
  }
  const ownEvrs = new Set(of.custom.map((rpm) => formatEvr(rpm)));
  /** EVR that RPMs of ours had in the files before → their source package. */
  const formerEvrs = new Map<string, string>();
  const formerMembers = new Map<string, Set<string>>();
  for (const tree of of.judged) {
    for (const { name, evr } of of.before.trees.get(tree)?.members ?? []) {
      const source = ours.get(name);
      if (source !== undefined && evr !== '' && !ownEvrs.has(evr)) formerEvrs.set(evr, source);
      formerMembers.set(name, (formerMembers.get(name) ?? new Set()).add(evr));
    }
  }
  return ({ name, evr }) => {
    const source = known.get(`${name} ${evr}`) ?? known.get(name);
    if (source !== undefined) return ourSources.has(source) ? source : undefined;
    const evrs = [evr, ...(formerMembers.get(name) ?? [])];
    return evrs.map((former) => formerEvrs.get(former)).find((found) => found !== undefined);
  };
}
