import type { Arch } from '@crpm/core';
import type { CustomRpm, Evidence } from './evidence.js';
import { takeSnapshot, type Snapshot } from './snapshot.js';
import { endsAs, treesOfScript } from './trees.js';

/** The evidence, read once: what every check looks at. */
export interface Case {
  readonly evidence: Evidence;
  readonly before: Snapshot;
  readonly after: Snapshot;
  /** Trees to judge, by architecture; each is there before or after. */
  readonly trees: ReadonlyMap<Arch, readonly string[]>;
  /** All of them. */
  readonly judged: ReadonlySet<string>;
  /** RPMs of the architectures of this run. */
  readonly custom: readonly CustomRpm[];
}

export function openCase(evidence: Evidence): Case {
  const before = takeSnapshot(evidence.before, evidence.custom);
  const after = takeSnapshot(evidence.after, evidence.custom);
  const present = [...new Set([...before.trees.keys(), ...after.trees.keys()])].sort();
  const trees = new Map(evidence.arches.map((arch) => [arch, treesToJudge(evidence, arch, present)]));
  return {
    evidence,
    before,
    after,
    trees,
    judged: new Set([...trees.values()].flat()),
    custom: evidence.custom.filter((rpm) => evidence.arches.includes(rpm.forArch) && !/^(?:no)?src$/.test(rpm.arch)),
  };
}

/** Those the script names; where it names none that exist (a loop that can't be read), those whose names end right. */
function treesToJudge(evidence: Evidence, arch: Arch, present: readonly string[]): readonly string[] {
  const scope = { arch, stream: evidence.stream };
  const named = new Set(evidence.trees ?? (evidence.script === undefined ? [] : treesOfScript(evidence.script, scope)));
  const judged = present.filter((name) => named.has(name));
  return judged.length > 0 ? judged : present.filter((name) => endsAs(name, scope));
}

/** The trees that an RPM can be in. */
export function treesFor(of: Case, rpm: CustomRpm): readonly string[] {
  return of.trees.get(rpm.forArch) ?? [];
}
