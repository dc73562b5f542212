import { tokens, type Token, type Word } from './words.js';

/** As much of a shell script as decides which RPMs are asked for. */
export type Statement =
  | { readonly kind: 'command'; readonly words: readonly Word[] }
  /** The last command of the condition decides; `&&` and `||` are in it. */
  | { readonly kind: 'if'; readonly branches: readonly { readonly condition: readonly Statement[]; readonly body: readonly Statement[] }[]; readonly otherwise: readonly Statement[] }
  | { readonly kind: 'and' | 'or'; readonly left: Statement; readonly right: Statement }
  | { readonly kind: 'function'; readonly name: string; readonly body: readonly Statement[] }
  | { readonly kind: 'group'; readonly body: readonly Statement[] };

/** What this does not read: then nothing can be said of what the script would do. */
export class Unreadable extends Error {}

/** Words that would make a script do more than is understood here. */
const BEYOND = new Set(['for', 'while', 'until', 'case', 'select', 'eval', 'trap']);

/** Throws {@link Unreadable} for loops, `case` and whatever does not fit together. */
export function statements(script: string): readonly Statement[] {
  const parser = new Parser(tokens(script));
  const result = parser.list(() => false);
  if (!parser.atEnd) throw new Unreadable('it does not fit together');
  return result;
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(all: readonly Token[]) {
    this.#tokens = all;
  }

  get atEnd(): boolean {
    return this.#at >= this.#tokens.length;
  }

  /** Statements up to a token that `ends`, which is left. */
  list(ends: () => boolean): readonly Statement[] {
    const result: Statement[] = [];
    while (!this.atEnd && !ends()) {
      if (this.#isOperator('\n') || this.#isOperator(';') || this.#isOperator('&')) this.#at++;
      else result.push(this.#chain());
    }
    return result;
  }

  #chain(): Statement {
    let left = this.#pipeline();
    while (this.#isOperator('&&') || this.#isOperator('||')) {
      const kind = this.#isOperator('&&') ? 'and' : 'or';
      this.#at++;
      this.#skipLines();
      left = { kind, left, right: this.#pipeline() };
    }
    return left;
  }

  /** Of a pipeline only the first command counts: nothing that is asked for comes through a pipe. */
  #pipeline(): Statement {
    const first = this.#statement();
    while (this.#isOperator('|')) {
      this.#at++;
      this.#skipLines();
      this.#statement();
    }
    return first;
  }

  #statement(): Statement {
    if (this.#isOperator('{')) return { kind: 'group', body: this.#braced() };
    if (this.#isOperator('(')) {
      this.#at++;
      const body = this.list(() => this.#isOperator(')'));
      this.#expectOperator(')');
      return { kind: 'group', body };
    }
    const keyword = this.#plainWord();
    if (keyword === 'if') return this.#if();
    if (keyword !== undefined && BEYOND.has(keyword)) throw new Unreadable(`it has a ${keyword}`);
    return this.#command();
  }

  #if(): Statement {
    const branches: { condition: readonly Statement[]; body: readonly Statement[] }[] = [];
    do {
      this.#at++;
      const condition = this.list(() => this.#plainWord() === 'then');
      this.#expectWord('then');
      const body = this.list(() => ['elif', 'else', 'fi'].includes(this.#plainWord() ?? ''));
      branches.push({ condition, body });
    } while (this.#plainWord() === 'elif');
    let otherwise: readonly Statement[] = [];
    if (this.#plainWord() === 'else') {
      this.#at++;
      otherwise = this.list(() => this.#plainWord() === 'fi');
    }
    this.#expectWord('fi');
    return { kind: 'if', branches, otherwise };
  }

  #command(): Statement {
    const words: Word[] = [];
    if (this.#plainWord() === 'function') this.#at++;
    for (let token = this.#tokens[this.#at]; token?.kind === 'word'; token = this.#tokens[this.#at]) {
      words.push(token.word);
      this.#at++;
      if (words.length !== 1 || !this.#isOperator('(')) continue;
      this.#at++;
      this.#expectOperator(')');
      this.#skipLines();
      return { kind: 'function', name: textOf(words[0] ?? []) ?? '', body: this.#braced() };
    }
    if (words.length === 0) throw new Unreadable('it does not fit together');
    return { kind: 'command', words };
  }

  #braced(): readonly Statement[] {
    this.#expectOperator('{');
    const body = this.list(() => this.#isOperator('}'));
    this.#expectOperator('}');
    return body;
  }

  #skipLines(): void {
    while (this.#isOperator('\n')) this.#at++;
  }

  #isOperator(text: string): boolean {
    const token = this.#tokens[this.#at];
    return token?.kind === 'operator' && token.text === text;
  }

  #expectOperator(text: string): void {
    if (!this.#isOperator(text)) throw new Unreadable(`it lacks a ${text}`);
    this.#at++;
  }

  #expectWord(text: string): void {
    if (this.#plainWord() !== text) throw new Unreadable(`it lacks a ${text}`);
    this.#at++;
  }

  #plainWord(): string | undefined {
    const token = this.#tokens[this.#at];
    return token?.kind === 'word' ? textOf(token.word) : undefined;
  }
}

/** The text of a word without quotes and expansions. */
function textOf(word: Word): string | undefined {
  const [part, ...more] = word;
  return part?.kind === 'text' && !part.quoted && more.length === 0 ? part.text : undefined;
}
