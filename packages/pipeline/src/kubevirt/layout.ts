import { statementsOf } from '@crpm/rpm';
import { rulesByKey, type Rule } from './rules.js';
import type { YieldedPath } from './yielded-files.js';

/** One statement or comment line of a file, with what stands before it: all of them in order are the file. */
export interface Piece {
  /** Of a rule its key; of anything else its text, however it is laid out. */
  readonly key: string;
  readonly rule?: Rule;
  /** Blanks and line ends before it. */
  readonly gap: string;
  /** Of a rule the comment lines right above it, which move with it when bazeldnf sorts. */
  readonly lead: string;
  readonly body: string;
  /** Of a rule what follows it on its last line. */
  readonly rest: string;
}

/** Pieces by their ids, in the order of the file. Pieces that stayed have the same id at all times: a rule its key. */
export type Version = ReadonlyMap<string, Piece>;

/** One file at three times: before crpm's first run, as it was written, and now. */
export interface Times<T> {
  readonly before: T;
  readonly written: T;
  readonly now: T;
}

/** The beginning and the end of a file, as pieces without a text. */
export const START = 'start of the file';
export const END = 'end of the file';

/** A file in pieces, {@link START} and {@link END} among them. Of several rules with one key all but the last count as other statements. */
export function layoutOf(path: YieldedPath, text: string): readonly Piece[] {
  const rules = new Map([...rulesByKey(path, text).values()].map((rule) => [rule.start, rule]));
  const spans = statementsOf(text, path);
  const pieces: Piece[] = [{ key: START, gap: '', lead: '', body: '', rest: '' }];
  let at = 0;
  let comments = 0;
  for (const [index, { start, end }] of spans.entries()) {
    const rule = rules.get(start);
    const isComment = /^#[^\n]*$/.test(text.slice(start, end));
    const touches = /^[ \t\r]*\n$/.test(text.slice(at, start));
    if (!rule) {
      comments = isComment ? (touches ? comments : 0) + 1 : 0;
      pieces.push({ key: spaceless(text.slice(start, end)), gap: text.slice(at, start), lead: '', body: text.slice(start, end), rest: '' });
    } else {
      const above = touches && comments > 0 ? pieces.splice(-comments) : [];
      const lead = above.length > 0 ? text.slice(spans[index - above.length]?.start, start) : '';
      pieces.push({ key: rule.key, rule, gap: above[0]?.gap ?? text.slice(at, start), lead, body: rule.text, rest: text.slice(rule.end, end) });
      comments = 0;
    }
    at = end;
  }
  return [...pieces, { key: END, gap: text.slice(at), lead: '', body: '', rest: '' }];
}

function spaceless(text: string): string {
  return text.replace(/\s+/g, '').replace(/,(?=[)\]}])/g, '');
}
