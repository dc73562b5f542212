import { sameState, type FurtherChange, type stateOf } from './further-files.js';
import type { Rule } from './rules.js';
import { labelsIn, ownRules, withOwnRules, type FurtherUndo, type OwnRule, type UndoRecord } from './undo.js';
import type { Yielded, YieldedPath } from './yielded-files.js';

/** Both files taken back. Rules by their keys. */
export interface TakenBack {
  readonly files: Yielded;
  /** Again as before crpm. */
  readonly restored: readonly string[];
  /** They stay as they are: edited since crpm wrote them, or {@link needed}. */
  readonly kept: readonly string[];
  /** Of those the unedited `rpm` rules: a label that stays in rpm/BUILD.bazel names them. */
  readonly needed: readonly string[];
  /** The way back for what was kept. */
  readonly left: UndoRecord | undefined;
}

/**
 * Takes back what crpm wrote, rule by rule: a rule that still says what crpm wrote says again what it said before; one that was edited since is
 * kept, and so is every RPM of ours that a label still names.
 */
export function takeBack(record: UndoRecord, current: Yielded): TakenBack {
  const trees = ownRules('rpm/BUILD.bazel', record, current);
  const build = withOwnRules('rpm/BUILD.bazel', record, current, choose(trees, (rule) => (isEdited(rule) ? rule.now : rule.before)));
  const labels = labelsIn(build);
  const rpms = ownRules('WORKSPACE', record, current);
  const isNeeded = ({ key, before, state }: OwnRule) => state === 'as written' && !before && labels.has(key.slice('rpm '.length));
  const stays = (rule: OwnRule) => isEdited(rule) || isNeeded(rule);
  const workspace = withOwnRules('WORKSPACE', record, current, choose(rpms, (rule) => (stays(rule) ? rule.now : rule.before)));

  const all = [...trees, ...rpms];
  const kept = keys(all.filter(stays));
  const restored = keys(all.filter((rule) => rule.state === 'as written' && !stays(rule)));
  const left = kept.length > 0 ? recordOf(record, current, { WORKSPACE: rpms, 'rpm/BUILD.bazel': trees }, stays) : undefined;
  return { files: { WORKSPACE: workspace, 'rpm/BUILD.bazel': build }, restored, kept, needed: keys(rpms.filter(isNeeded)), left };
}

/** What was restored is the user's from now on; only what stays is still crpm's. */
function recordOf(record: UndoRecord, current: Yielded, own: Readonly<Record<YieldedPath, readonly OwnRule[]>>, stays: (rule: OwnRule) => boolean): UndoRecord {
  const both = (rule: (own: OwnRule) => Rule | undefined): Yielded => {
    const one = (path: YieldedPath) => withOwnRules(path, record, current, choose(own[path], rule));
    return { WORKSPACE: one('WORKSPACE'), 'rpm/BUILD.bazel': one('rpm/BUILD.bazel') };
  };
  return { before: both((rule) => rule.before), written: both((rule) => (stays(rule) ? rule.written : rule.before)) };
}

/** Further files taken back: those that are as crpm wrote them; the others are kept. */
export interface FurtherTakenBack {
  readonly changes: readonly FurtherChange[];
  readonly kept: readonly FurtherUndo[];
}

/** `now`: what each is now. */
export function takeBackFurther(further: readonly FurtherUndo[], now: (path: string) => ReturnType<typeof stateOf>): FurtherTakenBack {
  const looked = further.map((one) => ({ one, state: now(one.path) })).filter(({ one, state }) => !sameState(state, one.before));
  const own = looked.filter(({ one, state }) => sameState(state, one.written));
  return {
    changes: own.map(({ one: { path, before, written, folders } }) => ({ path, before: written, after: before, folders })),
    kept: looked.filter((each) => !own.includes(each)).map(({ one }) => one),
  };
}

function isEdited({ state }: OwnRule): boolean {
  return state === 'edited';
}

function choose(rules: readonly OwnRule[], rule: (own: OwnRule) => Rule | undefined): ReadonlyMap<string, Rule | undefined> {
  return new Map(rules.map((own) => [own.key, rule(own)]));
}

function keys(rules: readonly OwnRule[]): readonly string[] {
  return rules.map(({ key }) => key);
}
