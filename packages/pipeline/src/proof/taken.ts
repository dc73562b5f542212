import { formatEvr } from '@crpm/rpm';
import { sameAddress } from './address.js';
import { judgeAnswer } from './answers.js';
import { scopeOf, treesFor, wordFor, type Case } from './case.js';
import type { Complaint, CustomRpm, ProofRow } from './evidence.js';
import { membersNamed, type Member } from './snapshot.js';
import { scopeName } from './trees.js';
import { count, list } from './words.js';

/** What one RPM of ours came to. */
export interface Judgement {
  readonly row: ProofRow;
  readonly complaints: readonly Complaint[];
}

/**
 * Whether KubeVirt took one RPM. Needed is what stands in a tree now (what a tree requires is in it), what stood in it before, and what the script asks
 * for by version. In each tree that holds the name it must be these bytes and no other RPM of that name, and its address must give them.
 */
export function judgeRpm(of: Case, rpm: CustomRpm): Judgement {
  const evr = formatEvr(rpm);
  const taken: string[] = [];
  /** tree → what is in it besides, or instead. */
  const beside = new Map<string, readonly Member[]>();
  const instead = new Map<string, readonly Member[]>();
  const lost: string[] = [];
  for (const tree of treesFor(of, rpm)) {
    const members = membersNamed(of.after, tree, rpm.name);
    const others = members.filter((member) => member.rule?.sha256 !== rpm.sha256);
    if (others.length < members.length) taken.push(tree);
    if (others.length > 0) (others.length < members.length ? beside : instead).set(tree, others);
    // A tree that is gone altogether is one complaint of its own, not one for each RPM.
    if (members.length === 0 && of.after.trees.has(tree) && membersNamed(of.before, tree, rpm.name).length > 0) lost.push(tree);
  }

  const mayStay = of.evidence.allowOfficial.includes(rpm.name);
  const asked = of.evidence.pinned[scopeName(scopeOf(rpm))]?.includes(rpm.name) ?? false;
  const complaints = [
    ...(mayStay ? [] : [...byMember(instead)].map(([member, trees]) => takenInstead(rpm, evr, member, trees))),
    ...[...byMember(beside)].map(([member, trees]) => standsBeside(rpm, evr, member, trees)),
    ...(lost.length > 0 && !mayStay ? [leftTheTree(rpm, lost)] : []),
    ...(asked && !mayStay && taken.length + instead.size + lost.length === 0 ? [nowhere(of, rpm)] : []),
    ...wrongAddresses(of, rpm, taken),
    ...(taken.length > 0 ? judgeAnswer(of, rpm) : []),
  ];
  const base = { name: rpm.name, evr, arch: rpm.forArch, rpmArch: rpm.arch, stream: rpm.forStream, package: rpm.package, trees: taken };
  if (complaints.length > 0) return { row: { ...base, verdict: 'not taken', message: inAWord(complaints[0]!) }, complaints }; // not empty
  if (taken.length > 0) return { row: { ...base, verdict: 'taken', message: `in ${count(taken.length, 'tree')}` }, complaints };
  const stays = mayStay && instead.size > 0;
  return { row: { ...base, verdict: 'not needed', message: stays ? 'stays official, as the config allows' : 'no tree asks for it' }, complaints };
}

/** For the table; the complaint itself tells the whole. */
function inAWord(complaint: Complaint): string {
  switch (complaint.check) {
    case 'other-evr':
      return 'another EVR was chosen';
    case 'other-bytes':
      return 'other bytes of the same EVR';
    case 'two-evrs':
      return 'two EVRs in one tree';
    case 'no-rule':
      return 'no rpm() rule';
    case 'address':
      return 'another address';
    case 'answer':
      return 'its address does not give it';
    default:
      return 'in no tree';
  }
}

/** The same RPM in several trees is one finding. */
function byMember(found: ReadonlyMap<string, readonly Member[]>): ReadonlyMap<Member, readonly string[]> {
  const byRule = new Map<string, { member: Member; trees: string[] }>();
  for (const [tree, members] of found) {
    for (const member of members) {
      const entry = byRule.get(member.ruleName);
      if (entry) entry.trees.push(tree);
      else byRule.set(member.ruleName, { member, trees: [tree] });
    }
  }
  return new Map([...byRule.values()].map(({ member, trees }) => [member, trees]));
}

function takenInstead(rpm: CustomRpm, evr: string, member: Member, trees: readonly string[]): Complaint {
  const where = list(trees);
  if (member.rule === undefined) {
    return {
      check: 'no-rule',
      message: `${where}: lists @${member.ruleName}//rpm, and WORKSPACE has no rpm() rule of that name`,
      next: 'Run crpm again: rpm-deps writes both files from the same resolution.',
    };
  }
  if (member.evr === evr) {
    return {
      check: 'other-bytes',
      message: `${where}: ${rpm.name} ${evr} is not the RPM that was built: its sha256 is ${member.rule.sha256}, the build's ${rpm.sha256}; it comes from ${member.rule.urls[0] ?? 'nowhere'}`,
      next: 'crpm run brings in what was built last. If it is another build that has this EVR, give yours one of its own (release.suffix), then run again.',
    };
  }
  return {
    check: 'other-evr',
    message: `${where}: KubeVirt took ${rpm.name} ${member.evr || member.ruleName}, not the ${evr} that was built; it comes from ${member.rule.urls[0] ?? 'nowhere'}`,
    next: `Check that rpm-deps asks for ${rpm.name}-${evr} and that no other build is newer, then run again.`,
  };
}

function standsBeside(rpm: CustomRpm, evr: string, member: Member, trees: readonly string[]): Complaint {
  return {
    check: 'two-evrs',
    message: `${list(trees)}: holds ${rpm.name} twice, ${evr} that was built and ${member.evr || member.ruleName} from ${member.rule?.urls[0] ?? 'nowhere'}`,
    next: 'Some RPM of that tree requires the other EVR exactly: build that RPM too, or leave it out of the tree.',
  };
}

function leftTheTree(rpm: CustomRpm, trees: readonly string[]): Complaint {
  return {
    check: 'not-there',
    message: `${list(trees)}: held ${rpm.name} before and holds none now`,
    next: `Compare the requires of your RPMs with the official ones: nothing in the tree asks for ${rpm.name} any more.`,
  };
}

function nowhere(of: Case, rpm: CustomRpm): Complaint {
  return {
    check: 'not-there',
    message: `no tree of ${wordFor(of, scopeOf(rpm))} holds ${rpm.name}, which hack/rpm-deps.sh asks for by version`,
    next: 'Check that hack/rpm-deps.sh ran for this architecture and stream to its end.',
  };
}

function wrongAddresses(of: Case, rpm: CustomRpm, trees: readonly string[]): readonly Complaint[] {
  const rules = new Map(trees.flatMap((tree) => membersNamed(of.after, tree, rpm.name)).map((member) => [member.ruleName, member.rule]));
  return [...rules].flatMap(([name, rule]): Complaint[] => {
    if (rule === undefined || rule.sha256 !== rpm.sha256) return [];
    // A noarch RPM is served once for each architecture; a rule of either kind is right.
    if (of.evidence.custom.some((same) => same.sha256 === rpm.sha256 && sameAddress(rule.urls[0], same.url))) return [];
    return [
      {
        check: 'address',
        message: `WORKSPACE: ${name} has the right bytes and the wrong address: ${rule.urls[0] ?? 'none'}, and the RPM is served at ${rpm.url}`,
        next: 'Run crpm again: it writes the new address into the rule.',
      },
    ];
  });
}
