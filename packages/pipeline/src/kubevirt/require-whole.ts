import { fail, FailureError } from '@crpm/core';
import { statementsOf } from '@crpm/rpm';
import { rulesByKey, rulesOf, sameRule, type Rules } from './rules.js';
import type { TakenBack } from './take-back.js';
import { ownRules, type UndoRecord } from './undo.js';
import { YIELDED, type Yielded, type YieldedPath } from './yielded-files.js';

/** Fails with class `bug` unless the files that a revert made are Starlark, hold just the rules that they should, and all statements of the user's. */
export function requireWhole(record: UndoRecord, current: Yielded, { files, kept }: Pick<TakenBack, 'files' | 'kept'>): void {
  for (const path of YIELDED) {
    const wrong = whatIsWrong(path, files[path], expected(path, record, current, kept), current[path]);
    if (wrong === undefined) continue;
    fail({ class: 'bug', message: `the revert made a ${path} in which ${wrong}; nothing was written`, next: `Take ${path} back with git checkout instead.` });
  }
}

function expected(path: YieldedPath, record: UndoRecord, current: Yielded, kept: readonly string[]): Rules {
  const rules = new Map(rulesByKey(path, current[path]));
  for (const { key, before } of ownRules(path, record, current)) {
    if (kept.includes(key)) continue;
    if (before) rules.set(key, before);
    else rules.delete(key);
  }
  return rules;
}

function whatIsWrong(path: YieldedPath, text: string, wanted: Rules, current: string): string | undefined {
  let rules;
  try {
    rules = rulesByKey(path, text);
  } catch (error) {
    if (error instanceof FailureError) return `a bracket or a string does not close (${error.failure.message})`;
    throw error;
  }
  const key = [...new Set([...rules.keys(), ...wanted.keys()])].find((one) => !sameRule(rules.get(one), wanted.get(one)));
  if (key !== undefined) return `the rule ${key} is not what it should be`;
  const theirs = statements(path, current);
  let at = 0;
  for (const one of statements(path, text)) if (one === theirs[at]) at++;
  return at < theirs.length ? `this is missing: ${theirs[at] ?? ''}` : undefined;
}

/** All that is neither a rule nor a comment, in order, however it is laid out. */
function statements(path: YieldedPath, text: string): readonly string[] {
  const rules = new Set(rulesOf(path, text).map(({ start }) => start));
  return statementsOf(text, path).filter(({ start }) => !rules.has(start) && text[start] !== '#').map(({ start, end }) => text.slice(start, end).replace(/\s+/g, ' '));
}
