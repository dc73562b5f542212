import type { CustomRpm, Evidence } from './evidence.js';
import { takeSnapshot, type Snapshot } from './snapshot.js';
import { endsAs, scopeName, treesOfScript, type TreeScope } from './trees.js';

/** The evidence, read once: what every check looks at. */
export interface Case {
  readonly evidence: Evidence;
  readonly before: Snapshot;
  readonly after: Snapshot;
  /** Each architecture of each stream, with the trees to judge; each tree is there before or after. */
  readonly scopes: readonly Scope[];
  /** All of these trees. */
  readonly judged: ReadonlySet<string>;
  /** RPMs of the streams and architectures of this run. */
  readonly custom: readonly CustomRpm[];
}

export interface Scope extends TreeScope {
  readonly trees: readonly string[];
}

export function openCase(evidence: Evidence): Case {
  const before = takeSnapshot(evidence.before, evidence.custom);
  const after = takeSnapshot(evidence.after, evidence.custom);
  const present = [...new Set([...before.trees.keys(), ...after.trees.keys()])].sort();
  const scopes = scopesOf(evidence).map((scope) => ({ ...scope, trees: treesToJudge(evidence, scope, present) }));
  return {
    evidence,
    before,
    after,
    scopes,
    judged: new Set(scopes.flatMap(({ trees }) => trees)),
    custom: evidence.custom.filter((rpm) => scopes.some((scope) => isIn(rpm, scope)) && !/^(?:no)?src$/.test(rpm.arch)),
  };
}

export function scopesOf({ streams, arches }: Pick<Evidence, 'streams' | 'arches'>): readonly TreeScope[] {
  return streams.flatMap((stream) => arches.map((arch) => ({ arch, stream })));
}

/** Those the script names; where it names none that exist (it can't be followed), those whose names end right. */
function treesToJudge(evidence: Evidence, scope: TreeScope, present: readonly string[]): readonly string[] {
  const named = new Set(evidence.trees ?? (evidence.script === undefined ? [] : treesOfScript(evidence.script, scope)));
  const judged = present.filter((name) => named.has(name) && (evidence.trees === undefined || endsAs(name, scope)));
  return judged.length > 0 ? judged : present.filter((name) => endsAs(name, scope));
}

/** Whether an RPM is served to one architecture of one stream. */
export function isIn(rpm: CustomRpm, { arch, stream }: TreeScope): boolean {
  return rpm.forArch === arch && rpm.forStream === stream;
}

/** The trees that an RPM can be in. */
export function treesFor(of: Case, rpm: CustomRpm): readonly string[] {
  return of.scopes.find((scope) => isIn(rpm, scope))?.trees ?? [];
}

/** The architecture, and the stream where there are several: `x86_64`, `x86_64_cs10`. */
export function wordFor(of: Case, scope: TreeScope): string {
  return of.evidence.streams.length > 1 ? scopeName(scope) : scope.arch;
}

export function scopeOf({ forArch, forStream }: CustomRpm): TreeScope {
  return { arch: forArch, stream: forStream };
}
