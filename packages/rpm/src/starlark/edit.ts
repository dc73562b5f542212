import type { Call } from './rules.js';
import type { Span } from './tokens.js';

/** Replaces a range of characters by a text. */
export interface Edit extends Span {
  readonly text: string;
}

/** Applies edits, given in any order, none overlapping; every other character stays as it is. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const edit of [...edits].sort((a, b) => a.start - b.start)) {
    if (edit.start < at) throw new Error(`edits overlap at ${edit.start}`);
    parts.push(text.slice(at, edit.start), edit.text);
    at = edit.end;
  }
  parts.push(text.slice(at));
  return parts.join('');
}

/** A string as buildifier writes it. */
export function quote(value: string): string {
  return `"${value.replace(/["\\]/g, '\\$&').replace(/\n/g, '\\n')}"`;
}

/** A list as buildifier writes it in an argument of a rule: one item a line. */
export function quoteList(items: readonly string[]): string {
  return `[\n${items.map((item) => `        ${quote(item)},\n`).join('')}    ]`;
}

/**
 * The text with these calls cut out, each with its comment lines above and the blank lines around it. Two files that differ only in the
 * order, number and content of such rules have the same rest, wherever in the file the rules stand.
 */
export function withoutCalls(text: string, calls: readonly Call[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const call of [...calls].sort((a, b) => a.lead - b.lead)) {
    parts.push(text.slice(at, call.lead).replace(/(?<![^\n])(?:[ \t\r]*\n)+$/, ''));
    const lineEnd = text.indexOf('\n', call.end);
    // What follows a rule on its own line (a comment) is not the rule's, and stays.
    const onLine = text.slice(call.end, lineEnd < 0 ? text.length : lineEnd);
    at = /^[ \t\r]*$/.test(onLine) ? (lineEnd < 0 ? text.length : lineEnd + 1) : call.end;
  }
  parts.push(text.slice(at));
  const rest = parts.join('');
  return calls.length === 0 ? rest : rest.replace(/^(?:[ \t\r]*\n)+/, '');
}
