import { readFileSync, rmSync } from 'node:fs';
import { writeFileAtomic } from '@crpm/state';
import { rulesOf, sameRule, type Rule } from './rules.js';
import type { Yielded, YieldedPath } from './yielded-files.js';

/** The way back to a KubeVirt tree as if crpm had never touched it. */
export interface UndoRecord {
  /** Both files before crpm's first run; rules that the user changed since then as the user has them. */
  readonly before: Yielded;
  /** Both files as crpm last wrote them. */
  readonly written: Yielded;
}

/** One file taken back. */
export interface Reverted {
  readonly text: string;
  /** Keys of the rules that are again as before crpm. */
  readonly restored: readonly string[];
  /** Keys of the rules that somebody edited since crpm wrote them: left as they are. */
  readonly kept: readonly string[];
}

/**
 * Takes back what crpm wrote into a file, rule by rule: a rule that still says what crpm wrote says again what it said before; one that was
 * edited since is kept. Files that nobody else touched come back byte for byte.
 */
export function takeBack(path: YieldedPath, before: string, written: string, current: string): Reverted {
  const [old, ours, now] = [before, written, current].map((text) => byKey(rulesOf(path, text))) as [Rules, Rules, Rules];
  const restored: string[] = [];
  const kept: string[] = [];
  const edits: { start: number; end: number; text: string }[] = [];
  const added: Rule[] = [];
  for (const key of new Set([...old.keys(), ...ours.keys()])) {
    const [oldRule, ourRule, rule] = [old.get(key), ours.get(key), now.get(key)];
    if (sameRule(rule, oldRule)) continue;
    if (!sameRule(rule, ourRule)) {
      kept.push(key);
      continue;
    }
    restored.push(key);
    if (!rule && oldRule) added.push(oldRule);
    if (rule) edits.push(oldRule ? { start: rule.start, end: rule.end, text: oldRule.text } : withLineEnd(current, rule));
  }
  if (current === written) return { text: before, restored, kept };
  const last = [...now.values()].at(-1)?.end ?? current.length;
  if (added.length > 0) edits.push({ start: last, end: last, text: added.map((rule) => `\n\n${rule.text}`).join('') });
  return { text: apply(current, edits), restored, kept };
}

/** Both files as they would be had crpm never run: what they hold now, without what crpm last wrote. */
export function withoutOurs(record: UndoRecord | undefined, current: Yielded): Yielded {
  if (!record) return current;
  const one = (path: YieldedPath) => takeBack(path, record.before[path], record.written[path], current[path]).text;
  return { WORKSPACE: one('WORKSPACE'), 'rpm/BUILD.bazel': one('rpm/BUILD.bazel') };
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

type Rules = ReadonlyMap<string, Rule>;

function byKey(rules: readonly Rule[]): Rules {
  return new Map(rules.map((rule) => [rule.key, rule]));
}

/** The range of a rule that goes, with the blank line behind it. */
function withLineEnd(text: string, { start, end }: Rule): { start: number; end: number; text: string } {
  const blank = /^[ \t]*\n\n?/.exec(text.slice(end))?.[0].length ?? 0;
  return { start, end: end + blank, text: '' };
}

function apply(text: string, edits: readonly { start: number; end: number; text: string }[]): string {
  let result = '';
  let at = 0;
  for (const edit of [...edits].sort((a, b) => a.start - b.start || a.end - b.end)) {
    result += text.slice(at, Math.max(at, edit.start)) + edit.text;
    at = Math.max(at, edit.end);
  }
  return result + text.slice(at);
}
