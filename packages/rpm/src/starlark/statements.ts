import { remember } from './remember.js';
import { tokens, type Span } from './tokens.js';

/**
 * What stands at the outermost level of a text: its statements with all their lines, and its comment lines one by one, each up to the end of its line.
 * Between them are only blanks and line ends. Throws a `FailureError` at a string without an end.
 */
export const statementsOf = remember((text, file): readonly Span[] => {
  const spans: { start: number; end: number }[] = [];
  const inner = brackets(text, file);
  let at = 0;
  for (let start = 0, next = 0; start < text.length; start = next) {
    const lineEnd = text.indexOf('\n', start);
    next = lineEnd < 0 ? text.length : lineEnd + 1;
    const line = text.slice(start, next).trimEnd();
    if (line === '') continue;
    while ((inner[at]?.end ?? Infinity) <= start) at++;
    const goesOn = (inner[at]?.start ?? Infinity) < start || /^\s/.test(line);
    const last = spans.at(-1);
    if (goesOn && last) last.end = start + line.length;
    else spans.push({ start, end: start + line.length });
  }
  return spans;
});

/** The outermost brackets, and the strings outside of any: a line that begins in one goes on with a statement. */
function brackets(text: string, file: string): readonly Span[] {
  const found: Span[] = [];
  let depth = 0;
  let open = 0;
  for (const { kind, start, end } of tokens(text, file)) {
    if (kind === 'open' && depth++ === 0) open = start;
    if (kind === 'close' && depth > 0 && --depth === 0) found.push({ start: open, end });
    if (kind === 'string' && depth === 0) found.push({ start, end });
  }
  return depth > 0 ? [...found, { start: open, end: text.length }] : found;
}
