/** A piece of a word of a shell script. `quoted`: it is not split at blanks. */
export type Part =
  | { readonly kind: 'text'; readonly text: string; readonly quoted: boolean }
  /** `$NAME`, `${NAME}`, `${NAME:-default}` (`whenEmpty`), `${NAME-default}`, `$1`, `$@`. */
  | { readonly kind: 'variable'; readonly name: string; readonly quoted: boolean; readonly fallback?: Word; readonly whenEmpty?: boolean }
  /** `$(…)`, backquotes, arithmetic, other expansions: what only a shell knows. */
  | { readonly kind: 'unknown'; readonly quoted: boolean };

export type Word = readonly Part[];

export type Token =
  | { readonly kind: 'word'; readonly word: Word }
  /** `\n ; & && | || ( ) { }`, and redirections, which are passed over. */
  | { readonly kind: 'operator'; readonly text: string };

/** Cuts a shell script into words and operators. Comments, line continuations and redirections are gone; here-documents are not known. */
export function tokens(script: string): readonly Token[] {
  return new Lexer(script).all();
}

const BLANK = /[ \t]/;
const OPERATOR = /^(?:&&|\|\||;;|[\n;&|(){}])/;
const REDIRECTION = /^\d*(?:&?>>?|<)(?:&\d|&-)?/;

class Lexer {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text.replaceAll('\\\n', ' ');
  }

  all(): readonly Token[] {
    const result: Token[] = [];
    while (this.#at < this.#text.length) {
      const char = this.#peek();
      if (BLANK.test(char)) this.#at++;
      else if (char === '#') this.#skipLine();
      else if (!this.#operator(result)) result.push({ kind: 'word', word: this.#word('') });
    }
    return result;
  }

  #operator(result: Token[]): boolean {
    const rest = this.#text.slice(this.#at, this.#at + 8);
    const redirection = REDIRECTION.exec(rest)?.[0];
    if (redirection !== undefined) {
      this.#at += redirection.length;
      while (BLANK.test(this.#peek())) this.#at++;
      if (!redirection.includes('&')) this.#word('');
      return true;
    }
    const text = OPERATOR.exec(rest)?.[0];
    // A brace is an operator only on its own: `{}` and `{a,b}` are words.
    const isBrace = text === '{' || text === '}';
    if (text === undefined || (isBrace && !/^.(?:[\s;&|]|$)/.test(rest))) return false;
    this.#at += text.length;
    result.push({ kind: 'operator', text });
    return true;
  }

  /** Up to an unquoted blank, operator, or `end`. */
  #word(end: string): Word {
    const parts: Part[] = [];
    let text = '';
    const flush = (quoted: boolean) => {
      if (text !== '' || quoted) parts.push({ kind: 'text', text, quoted });
      text = '';
    };
    while (this.#at < this.#text.length) {
      const char = this.#peek();
      if (end === '' ? /[\s;&|()<>]/.test(char) : char === end) break;
      this.#at++;
      if (char === '\\') text += this.#next();
      else if (char === "'") {
        flush(false);
        text = this.#until("'");
        flush(true);
      } else if (char === '"') {
        flush(false);
        parts.push(...this.#quoted());
      } else if (char === '$' || char === '`') {
        flush(false);
        parts.push(this.#expansion(char, false));
      } else text += char;
    }
    flush(false);
    return parts;
  }

  #quoted(): Word {
    const parts: Part[] = [];
    let text = '';
    for (;;) {
      const char = this.#next();
      if (char === '' || char === '"') break;
      if (char === '\\' && /["\\$`]/.test(this.#peek())) text += this.#next();
      else if (char === '$' || char === '`') {
        if (text !== '') parts.push({ kind: 'text', text, quoted: true });
        text = '';
        parts.push(this.#expansion(char, true));
      } else text += char;
    }
    // `""` is a word, but `"$@"` without parameters is none.
    return text === '' && parts.length > 0 ? parts : [...parts, { kind: 'text', text, quoted: true }];
  }

  #expansion(char: string, quoted: boolean): Part {
    if (char === '`') {
      this.#until('`');
      return { kind: 'unknown', quoted };
    }
    const next = this.#peek();
    if (next === '(') {
      this.#nested();
      return { kind: 'unknown', quoted };
    }
    if (next === '{') return this.#braced(quoted);
    const name = /^(?:[A-Za-z_]\w*|[0-9@*#?!$-])/.exec(this.#text.slice(this.#at, this.#at + 80))?.[0];
    if (name === undefined) return { kind: 'text', text: '$', quoted };
    this.#at += name.length;
    return { kind: 'variable', name, quoted };
  }

  #braced(quoted: boolean): Part {
    this.#at++;
    const name = /^(?:[A-Za-z_]\w*|\d+|[@*])/.exec(this.#text.slice(this.#at))?.[0] ?? '';
    this.#at += name.length;
    const operator = /^:?-|^\}/.exec(this.#text.slice(this.#at, this.#at + 2))?.[0];
    if (name === '' || operator === undefined) {
      this.#word('}');
      this.#at++;
      return { kind: 'unknown', quoted };
    }
    this.#at += operator.length;
    if (operator === '}') return { kind: 'variable', name, quoted };
    const fallback = this.#word('}');
    this.#at++;
    return { kind: 'variable', name, quoted, fallback, whenEmpty: operator === ':-' };
  }

  /** Passes over `(…)`, quotes and brackets inside it included. */
  #nested(): void {
    let depth = 0;
    do {
      const char = this.#next();
      if (char === '(') depth++;
      else if (char === ')') depth--;
      else if (char === "'") this.#until("'");
      else if (char === '"') this.#quoted();
    } while (depth > 0 && this.#at < this.#text.length);
  }

  #until(end: string): string {
    const found = this.#text.indexOf(end, this.#at);
    const stop = found < 0 ? this.#text.length : found;
    const text = this.#text.slice(this.#at, stop);
    this.#at = stop + 1;
    return text;
  }

  #skipLine(): void {
    while (this.#at < this.#text.length && this.#peek() !== '\n') this.#at++;
  }

  #peek(): string {
    return this.#text[this.#at] ?? '';
  }

  #next(): string {
    return this.#text[this.#at++] ?? '';
  }
}
