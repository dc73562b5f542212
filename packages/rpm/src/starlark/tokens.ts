import { fail } from '@crpm/core';

/** Half-open range of characters in a text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Token extends Span {
  /** `name`: identifiers, keywords and numbers; `open`, `close`: brackets; `other`: any other single character. */
  readonly kind: 'name' | 'string' | 'open' | 'close' | 'other';
}

/** In order: blanks, comment, string (long ones first, prefixes r and b), name or number, anything else. */
const TOKEN =
  /[ \t\r\n\f\\]+|#[^\n]*|[rb]{0,2}(?:"""(?:[^"\\]|\\[^]|"(?!""))*"""|'''(?:[^'\\]|\\[^]|'(?!''))*'''|"[^"\\\n]*(?:\\[^][^"\\\n]*)*"|'[^'\\\n]*(?:\\[^][^'\\\n]*)*')|[A-Za-z0-9_\u0080-\uffff]+|[^]/y;

const WORD = /[A-Za-z0-9_\u0080-\uffff]/;

/** By the first character of a token and, for strings, which may have a prefix, the last. `skip`: blanks and comments. */
function kindOf(first: string, last: string): Token['kind'] | 'skip' {
  switch (first) {
    case ' ': case '\t': case '\r': case '\n': case '\f': case '\\': case '#':
      return 'skip';
    case '(': case '[': case '{':
      return 'open';
    case ')': case ']': case '}':
      return 'close';
    default:
      if (last === '"' || last === "'") return 'string';
      return WORD.test(first) ? 'name' : 'other';
  }
}

/**
 * Cuts Starlark (the language of WORKSPACE and BUILD.bazel) into tokens, leaving out blanks and comments. It knows just enough to never take
 * a bracket in a string or comment for one. `file` is for messages. Throws a `FailureError` at a string without an end.
 */
export function tokens(text: string, file: string): readonly Token[] {
  const list: Token[] = [];
  const matcher = new RegExp(TOKEN);
  for (let start = 0; start < text.length; start = matcher.lastIndex) {
    matcher.test(text);
    const end = matcher.lastIndex;
    const kind = kindOf(text.charAt(start), text.charAt(end - 1));
    if (kind === 'skip') continue;
    if (kind === 'string' && end - start === 1) malformed(text, start, file, 'a string has no end');
    list.push({ kind, start, end });
  }
  return list;
}

/** The value of a string token. Escapes other than those of quotes, backslash and blanks are rare in these files and kept as they stand. */
export function stringValue(text: string, token: Span): string {
  const [, prefix = '', , body = ''] = /^([rb]*)("""|'''|"|')([^]*)\2$/.exec(text.slice(token.start, token.end)) ?? [];
  if (prefix.includes('r') || !body.includes('\\')) return body;
  return body.replace(/\\(["'\\\nntr])/g, (_, char: string) => ({ n: '\n', t: '\t', r: '\r', '\n': '' })[char] ?? char);
}

/** Throws the failure of a file that is no Starlark. */
export function malformed(text: string, at: number, file: string, what: string): never {
  const line = text.slice(0, at).split('\n').length;
  return fail({ class: 'usage', message: `${file}:${line}: ${what}`, next: `Restore ${file} from git, then run again.` });
}
