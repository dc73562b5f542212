import { readFileSync, rmSync } from 'node:fs';
import { writeFileAtomic } from '@crpm/state';
import { sameState, type FileState, type FurtherChange } from './further-files.js';
import { withRules } from './rule-edits.js';
import { rulesByKey, sameRule, type Rule, type Rules } from './rules.js';
import type { Yielded, YieldedPath } from './yielded-files.js';

/**
 * The way back to a KubeVirt tree as if crpm had never touched it. Of crpm are the rules in which the two differ: what such a rule said
 * before the first run stays on record for good, however often it is written again.
 */
export interface UndoRecord {
  /** Both files before crpm's first run; rules that are not crpm's as the user has them. */
  readonly before: Yielded;
  /** Both files as crpm last wrote them. A rule that was edited since and that no run wrote again is here as crpm wrote it. */
  readonly written: Yielded;
  /** The same of further files, which KubeVirt's `make` changed besides. Absent: none. */
  readonly further?: readonly FurtherUndo[];
}

/** A further file: `before` crpm's first run on it, and as it was last written. */
export type FurtherUndo = Pick<FurtherChange, 'path' | 'before' | 'folders'> & { readonly written: FileState | null };

/** A rule of crpm's, at three times; absent where the file had none of that key. */
export interface OwnRule {
  readonly key: string;
  readonly before: Rule | undefined;
  readonly written: Rule | undefined;
  readonly now: Rule | undefined;
  readonly state: 'as before' | 'as written' | 'edited';
}

/** The rules of one file that crpm made, changed or removed. */
export function ownRules(path: YieldedPath, record: UndoRecord, current: Yielded): readonly OwnRule[] {
  const [before, written, now] = [record.before, record.written, current].map((files) => rulesByKey(path, files[path])) as [Rules, Rules, Rules];
  return [...new Set([...before.keys(), ...written.keys()])]
    .map((key) => ({ key, before: before.get(key), written: written.get(key), now: now.get(key) }))
    .filter((rule) => !sameRule(rule.before, rule.written))
    .map((rule) => ({ ...rule, state: sameRule(rule.now, rule.before) ? 'as before' : sameRule(rule.now, rule.written) ? 'as written' : 'edited' }));
}

/** One file with these rules in place of crpm's; `undefined` removes one. Whatever nobody else touched comes back byte for byte. */
export function withOwnRules(path: YieldedPath, record: UndoRecord, current: Yielded, own: ReadonlyMap<string, Rule | undefined>): string {
  const now = rulesByKey(path, current[path]);
  const original = rulesByKey(path, record.before[path]);
  const isOriginal = own.size > 0 ? [...own].every(([key, rule]) => sameRule(now.get(key), rule) && sameRule(original.get(key), rule)) : record.before[path] === record.written[path];
  if (isOriginal) return current[path];
  return withRules(path, { before: record.before[path], written: record.written[path], now: current[path] }, replaced(now, own));
}

/** Both files as they would be had crpm never run: what they hold now, without what crpm wrote. */
export function withoutOurs(record: UndoRecord | undefined, current: Yielded): Yielded {
  if (!record) return current;
  const one = (path: YieldedPath) => withOwnRules(path, record, current, new Map(ownRules(path, record, current).map((rule) => [rule.key, originalOf(path, rule, record)])));
  return { WORKSPACE: one('WORKSPACE'), 'rpm/BUILD.bazel': one('rpm/BUILD.bazel') };
}

/** The record for a run that found the files as `current` and leaves them as `after`. */
export function nextUndo(record: UndoRecord | undefined, current: Yielded, after: Yielded, changes: readonly FurtherChange[] = []): UndoRecord {
  const further = nextFurther(record?.further, changes);
  const more = further.length > 0 ? { further } : {};
  if (!record) return { before: current, written: after, ...more };
  const one = (path: YieldedPath) => {
    const made = rulesByKey(path, after[path]);
    const own = ownRules(path, record, current);
    const stillEdited = (rule: OwnRule) => rule.state === 'edited' && sameRule(rule.now, made.get(rule.key));
    return {
      before: withOwnRules(path, record, current, new Map(own.map((rule) => [rule.key, stillEdited(rule) ? rule.before : originalOf(path, rule, record)]))),
      written: withRules(path, { before: after[path], written: after[path], now: after[path] }, replaced(made, new Map(own.filter(stillEdited).map((rule) => [rule.key, rule.written])))),
    };
  };
  const [workspace, build] = [one('WORKSPACE'), one('rpm/BUILD.bazel')];
  return { before: { WORKSPACE: workspace.before, 'rpm/BUILD.bazel': build.before }, written: { WORKSPACE: workspace.written, 'rpm/BUILD.bazel': build.written }, ...more };
}

/** A file that still was as crpm last wrote it keeps its way back; what somebody else made of it is theirs. */
function nextFurther(known: readonly FurtherUndo[] = [], changes: readonly FurtherChange[]): readonly FurtherUndo[] {
  const all = new Map(known.map((one) => [one.path, one]));
  for (const { path, before, after, folders } of changes) {
    const old = all.get(path);
    all.set(path, old && sameState(old.written, before) ? { ...old, written: after } : { path, before, written: after, folders });
  }
  return [...all.values()].filter(({ before, written }) => !sameState(before, written));
}

/** Nothing if crpm never wrote into the tree, or a revert took all of it back. */
export function readUndo(file: string): UndoRecord | undefined {
  let text;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
  return JSON.parse(text) as UndoRecord;
}

export function writeUndo(file: string, record: UndoRecord | undefined): void {
  if (record) writeFileAtomic(file, JSON.stringify(record), { mode: 0o600 });
  else rmSync(file, { force: true });
}

/** Names of the `rpm()` rules that the labels in a text name. */
export function labelsIn(text: string): ReadonlySet<string> {
  return new Set([...text.matchAll(/@@?([^/"'\s]+)\/\/rpm(?::rpm)?["']/g)].map(([, name]) => name ?? ''));
}

/**
 * What goes back in place of a rule of crpm's. A rule that somebody gave contents of their own, with nothing of ours in it (another branch, say),
 * is their state of it.
 */
function originalOf(path: YieldedPath, { before, written, now, state }: OwnRule, record: UndoRecord): Rule | undefined {
  return state === 'edited' && now && !holdsOurs(path, { before, written, now }, record) ? now : before;
}

function holdsOurs(path: YieldedPath, { before, written, now }: { before: Rule | undefined; written: Rule | undefined; now: Rule }, record: UndoRecord): boolean {
  if (path === 'WORKSPACE') return written !== undefined && (before === undefined || addresses(written).some((address) => now.text.includes(address)));
  const ours = ownRules('WORKSPACE', record, record.written).filter((rule) => !rule.before);
  const labels = labelsIn(now.text);
  return ours.some(({ key }) => labels.has(key.slice('rpm '.length)));
}

function addresses({ text }: Rule): readonly string[] {
  return [...text.matchAll(/["'](\w+:\/\/[^"']+)["']/g)].map(([, address]) => address ?? '');
}

function replaced(rules: Rules, own: ReadonlyMap<string, Rule | undefined>): Rules {
  const result = new Map(rules);
  for (const [key, rule] of own) {
    if (rule) result.set(key, rule);
    else result.delete(key);
  }
  return result;
}
