import { formatEvr, ruleNameToNevra, splitBuild, splitWorkspace, type RpmRule } from '@crpm/rpm';
import type { BazelFiles, CustomRpm } from './evidence.js';

/** One RPM in a tree. */
export interface Member {
  /** Name of its `rpm()` rule. */
  readonly ruleName: string;
  readonly name: string;
  /** `0:12.5.0-1.el9`; empty if the rule's name tells none. */
  readonly evr: string;
  /** Absent if WORKSPACE has no such rule. */
  readonly rule?: RpmRule;
}

export interface Tree {
  readonly name: string;
  readonly members: readonly Member[];
  /** Labels of another form than `@<rule>//rpm`. */
  readonly others: readonly string[];
}

/** What WORKSPACE and rpm/BUILD.bazel say together. */
export interface Snapshot {
  readonly trees: ReadonlyMap<string, Tree>;
  readonly rules: ReadonlyMap<string, RpmRule>;
  /** Text of each tar2files rule by its name. */
  readonly tar2files: ReadonlyMap<string, string>;
  readonly outsideWorkspace: string;
  readonly outsideBuild: string;
}

/** Reads both files. Throws a `FailureError` naming file and line for what is no Starlark. */
export function takeSnapshot(files: BazelFiles, custom: readonly CustomRpm[]): Snapshot {
  const workspace = splitWorkspace(files.workspace);
  const { trees, tar2files, outside } = splitBuild(files.build);
  const rules = new Map(workspace.rules.map((rule) => [rule.name, rule]));
  const bySha256 = new Map(custom.map((rpm) => [rpm.sha256, rpm]));
  // An RPM stands in many trees; its name is read once.
  const known = new Map<string, Member>();
  const member = (ruleName: string): Member => {
    const seen = known.get(ruleName);
    if (seen) return seen;
    const read = readMember(ruleName);
    known.set(ruleName, read);
    return read;
  };
  const readMember = (ruleName: string): Member => {
    const rule = rules.get(ruleName);
    // What has our bytes is ours, whatever this version of bazeldnf calls it.
    const ours = rule === undefined ? undefined : bySha256.get(rule.sha256);
    const nevra = ours ?? ruleNameToNevra(ruleName);
    return { ruleName, name: nevra?.name ?? ruleName, evr: nevra === undefined ? '' : formatEvr(nevra), ...(rule === undefined ? {} : { rule }) };
  };
  return {
    trees: new Map(trees.map(({ name, rpms, others }) => [name, { name, members: [...new Set(rpms)].map(member), others }])),
    rules,
    tar2files: new Map(tar2files.map(({ name, text }) => [name, text])),
    outsideWorkspace: workspace.outside,
    outsideBuild: outside,
  };
}

/** The RPMs of a name in a tree; none if there is no such tree. */
export function membersNamed(snapshot: Snapshot, tree: string, name: string): readonly Member[] {
  return snapshot.trees.get(tree)?.members.filter((member) => member.name === name) ?? [];
}
