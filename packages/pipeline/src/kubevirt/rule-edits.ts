import { rulesOf, sameRule, type Rule } from './rules.js';
import type { YieldedPath } from './yielded-files.js';

/** Rules of one file by their keys, in its order. */
export type Rules = ReadonlyMap<string, Rule>;

export function rulesByKey(path: YieldedPath, text: string): Rules {
  return new Map(rulesOf(path, text).map((rule) => [rule.key, rule]));
}

/** The text with these rules, and every other character as it was: a rule that says the same already stays as it is laid out, new ones come last. */
export function withRules(path: YieldedPath, text: string, wanted: Rules): string {
  const present = rulesByKey(path, text);
  const edits: Edit[] = [];
  for (const [key, rule] of present) {
    const replacement = wanted.get(key);
    if (sameRule(rule, replacement)) continue;
    edits.push(replacement ? { start: rule.start, end: rule.end, text: replacement.text } : withLineEnd(text, rule));
  }
  const added = [...wanted].filter(([key]) => !present.has(key)).map(([, rule]) => `\n\n${rule.text}`);
  const last = [...present.values()].at(-1)?.end ?? text.length;
  if (added.length > 0) edits.push({ start: last, end: last, text: added.join('') });
  return apply(text, edits);
}

/** Whether both texts say the same around their rules, however it is laid out. */
export function sameAroundRules(path: YieldedPath, a: string, b: string): boolean {
  return aroundRules(path, a) === aroundRules(path, b);
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

function aroundRules(path: YieldedPath, text: string): string {
  const edits = rulesOf(path, text).map(({ start, end }): Edit => ({ start, end, text: ' ' }));
  return apply(text, edits).replace(/\s+/g, ' ').trim();
}

/** The range of a rule that goes, with the blank line behind it. */
function withLineEnd(text: string, { start, end }: Rule): Edit {
  const blank = /^[ \t]*\n\n?/.exec(text.slice(end))?.[0].length ?? 0;
  return { start, end: end + blank, text: '' };
}

function apply(text: string, edits: readonly Edit[]): string {
  let result = '';
  let at = 0;
  for (const edit of [...edits].sort((a, b) => a.start - b.start || a.end - b.end)) {
    result += text.slice(at, Math.max(at, edit.start)) + edit.text;
    at = Math.max(at, edit.end);
  }
  return result + text.slice(at);
}
