import { malformed, stringValue, tokens, type Span, type Token } from './tokens.js';

/** A value given to a rule. Anything but a string or a list of strings is `other`, and only its place is known. */
export type Value = Span &
  (
    | { readonly kind: 'string'; readonly text: string }
    | { readonly kind: 'strings'; readonly items: readonly string[] }
    | { readonly kind: 'other' }
  );

/** A call at the beginning of a line, outside of any bracket: `rpm(name = …, …)`. */
export interface Call extends Span {
  /** `rpm`, `rpmtree`, … */
  readonly rule: string;
  /** Where the comment lines that stand directly above it begin, else {@link Span.start}. They move with the rule when bazeldnf sorts. */
  readonly lead: number;
  /** Arguments given by name; of a name given twice the last. */
  readonly arguments: ReadonlyMap<string, Value>;
}

/**
 * The calls of the wanted rules, in the order of the text. Everything else (loads, other rules, functions, assignments) is passed over.
 * Throws a `FailureError` if brackets or strings do not close.
 */
export function parseCalls(text: string, wanted: ReadonlySet<string>, file: string): readonly Call[] {
  const list = tokens(text, file);
  const calls: Call[] = [];
  for (let i = 0; i < list.length; ) {
    const token = list[i]!; // i < length
    const next = list[i + 1];
    if (token.kind === 'close') malformed(text, token.start, file, `${text[token.start] ?? ''} closes nothing`);
    const isCall = token.kind === 'name' && next?.kind === 'open' && text[next.start] === '(' && startsLine(text, token.start);
    const rule = isCall ? text.slice(token.start, token.end) : '';
    const open = token.kind === 'open' ? i : isCall ? i + 1 : undefined;
    if (open === undefined) {
      i++;
      continue;
    }
    const close = matching(text, list, open, file);
    if (wanted.has(rule)) {
      const inside = list.slice(open + 1, close);
      calls.push({ rule, start: token.start, end: list[close]!.end, lead: leadOf(text, token.start), arguments: namedArguments(text, inside) });
    }
    i = close + 1;
  }
  return calls;
}

function startsLine(text: string, at: number): boolean {
  return at === 0 || text[at - 1] === '\n';
}

/** Start of the block of comment lines that ends right above `at`. */
function leadOf(text: string, at: number): number {
  let lead = at;
  while (lead > 0) {
    const above = text.lastIndexOf('\n', lead - 2) + 1;
    if (text[above] !== '#') break;
    lead = above;
  }
  return lead;
}

/** Index of the bracket that closes the one at `open`. */
function matching(text: string, list: readonly Token[], open: number, file: string): number {
  const closers: string[] = [];
  for (let i = open; i < list.length; i++) {
    const token = list[i]!; // i < length
    const char = text[token.start] ?? '';
    if (token.kind === 'open') closers.push(char === '(' ? ')' : char === '[' ? ']' : '}');
    if (token.kind !== 'close') continue;
    const closer = closers.pop();
    if (char !== closer) malformed(text, token.start, file, `${char} stands where ${closer ?? 'nothing'} is due`);
    if (closers.length === 0) return i;
  }
  return malformed(text, list[open]!.start, file, `${text[list[open]!.start] ?? ''} is never closed`);
}

/** Splits at the commas of the outermost level and keeps what has the form `name = value`. */
function namedArguments(text: string, inside: readonly Token[]): ReadonlyMap<string, Value> {
  const result = new Map<string, Value>();
  for (const part of splitAtCommas(text, inside)) {
    const [name, equals, ...value] = part;
    const first = value[0];
    const last = value.at(-1);
    if (name?.kind !== 'name' || equals === undefined || text[equals.start] !== '=' || !first || !last) continue;
    result.set(text.slice(name.start, name.end), { start: first.start, end: last.end, ...valueOf(text, value) });
  }
  return result;
}

function valueOf(text: string, value: readonly Token[]): { kind: 'string'; text: string } | { kind: 'strings'; items: string[] } | { kind: 'other' } {
  const [first] = value;
  if (first?.kind === 'string' && value.length === 1) return { kind: 'string', text: stringValue(text, first) };
  if (first === undefined || text[first.start] !== '[' || value.at(-1)?.kind !== 'close') return { kind: 'other' };
  const items = splitAtCommas(text, value.slice(1, -1));
  const strings = items.map((item) => (item.length === 1 && item[0]?.kind === 'string' ? stringValue(text, item[0]) : undefined));
  return strings.every((item) => item !== undefined) ? { kind: 'strings', items: strings } : { kind: 'other' };
}

/** The parts between the commas of this level; an empty last one (a comma at the end) is left out. */
function splitAtCommas(text: string, list: readonly Token[]): readonly (readonly Token[])[] {
  const parts: Token[][] = [[]];
  let depth = 0;
  for (const token of list) {
    if (token.kind === 'open') depth++;
    if (token.kind === 'close') depth--;
    if (depth === 0 && text[token.start] === ',' && token.kind === 'other') parts.push([]);
    else parts.at(-1)?.push(token);
  }
  if (parts.at(-1)?.length === 0) parts.pop();
  return parts;
}
