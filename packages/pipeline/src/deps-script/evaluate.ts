import { unreachable } from '@crpm/core';
import { Unreadable, type Statement } from './statements.js';
import type { Word } from './words.js';

/** Stands for what only a running shell would know, in texts where it was put together with others. */
const UNKNOWN = '\0';

/** How deep functions may call each other. */
const DEPTH = 20;

/** Called with every command that is neither an assignment nor a function of the script; words that can't be told have a NUL in them. */
export type CommandSink = (argv: readonly string[]) => void;

/**
 * Follows a script with nothing but its variables: assignments, conditions on them, functions. Commands are told, never run; a condition that hangs on anything else counts as
 * not met where it is a program (`command -v bazeldnf`), and as {@link Unreadable} where it is a comparison of what can't be told.
 */
export function evaluate(script: readonly Statement[], environment: Readonly<Record<string, string>>, sink: CommandSink): ReadonlyMap<string, string> {
  const shell = new Shell(environment, sink);
  shell.runAll(script, []);
  return shell.variables;
}

class Shell {
  readonly variables: Map<string, string>;
  readonly #functions = new Map<string, readonly Statement[]>();
  readonly #sink: CommandSink;
  #depth = 0;

  constructor(environment: Readonly<Record<string, string>>, sink: CommandSink) {
    this.variables = new Map(Object.entries(environment));
    this.#sink = sink;
  }

  /** Whether the last one succeeded. `parameters`: `$1` and so on, changed by `shift`. */
  runAll(list: readonly Statement[], parameters: string[]): boolean {
    let success = true;
    for (const statement of list) success = this.#run(statement, parameters);
    return success;
  }

  #run(statement: Statement, parameters: string[]): boolean {
    switch (statement.kind) {
      case 'command':
        return this.#command(statement.words, parameters);
      case 'and':
        return this.#run(statement.left, parameters) && this.#run(statement.right, parameters);
      case 'or':
        return this.#run(statement.left, parameters) || this.#run(statement.right, parameters);
      case 'group':
        return this.runAll(statement.body, parameters);
      case 'function':
        this.#functions.set(statement.name, statement.body);
        return true;
      case 'if': {
        const taken = statement.branches.find(({ condition }) => this.runAll(condition, parameters));
        return this.runAll(taken ? taken.body : statement.otherwise, parameters);
      }
      default:
        return unreachable(statement);
    }
  }

  #command(words: readonly Word[], parameters: string[]): boolean {
    let at = 0;
    for (let word = words[at]; word && this.#assign(word, parameters); word = words[at]) at++;
    const argv = words.slice(at).flatMap((word) => this.#expand(word, parameters));
    const [name, ...rest] = argv;
    switch (name) {
      case undefined:
        return true;
      case 'local':
      case 'export':
      case 'readonly':
      case 'declare':
        for (const word of words.slice(at + 1)) this.#assign(word, parameters);
        return true;
      case 'shift':
        parameters.shift();
        return true;
      case '!':
        return !this.#command(words.slice(at + 1), parameters);
      case '[':
      case '[[':
      case 'test':
        return test(name === 'test' ? rest : rest.slice(0, -1));
      case 'true':
      case ':':
        return true;
      default:
        return this.#call(name, rest);
    }
  }

  #call(name: string, rest: string[]): boolean {
    const body = this.#functions.get(name);
    if (!body) {
      this.#sink([name, ...rest]);
      return false;
    }
    if (++this.#depth > DEPTH) throw new Unreadable('its functions call each other without end');
    const success = this.runAll(body, rest);
    this.#depth--;
    return success;
  }

  #assign(word: Word, parameters: readonly string[]): boolean {
    const [first, ...others] = word;
    const [head, name, add] = first?.kind === 'text' && !first.quoted ? (/^([A-Za-z_]\w*)(\+?)=/.exec(first.text) ?? []) : [];
    if (first?.kind !== 'text' || head === undefined || name === undefined) return false;
    const value = this.#join([{ ...first, text: first.text.slice(head.length) }, ...others], parameters);
    this.variables.set(name, add === '+' ? (this.variables.get(name) ?? '') + value : value);
    return true;
  }

  /** A word as the shell would pass it on: unquoted expansions are split at blanks. */
  #expand(word: Word, parameters: readonly string[]): string[] {
    const result: string[] = [];
    let current: string | undefined;
    for (const part of word) {
      if (part.kind === 'variable' && (part.name === '@' || part.name === '*')) {
        result.push(...(current === undefined ? [] : [current]), ...parameters);
        current = undefined;
        continue;
      }
      const text = this.#join([part], parameters);
      if (part.quoted || part.kind === 'text') {
        current = (current ?? '') + text;
        continue;
      }
      const pieces = text.split(/[ \t\n]+/);
      for (const [index, piece] of pieces.entries()) {
        if (index > 0 && current !== undefined) {
          result.push(current);
          current = undefined;
        }
        if (piece !== '') current = (current ?? '') + piece;
      }
    }
    return current === undefined ? result : [...result, current];
  }

  #join(word: Word, parameters: readonly string[]): string {
    return word
      .map((part): string => {
        if (part.kind === 'text') return part.text;
        if (part.kind === 'unknown') return UNKNOWN;
        const value = /^\d+$/.test(part.name) ? parameters[Number(part.name) - 1] : /^\w+$/.test(part.name) ? this.variables.get(part.name) : UNKNOWN;
        const useFallback = part.fallback && (value === undefined || (part.whenEmpty === true && value === ''));
        return useFallback && part.fallback ? this.#join(part.fallback, parameters) : (value ?? '');
      })
      .join('');
  }
}

/** `[ … ]`. Throws {@link Unreadable} where it compares what can't be told. */
function test(argv: readonly string[]): boolean {
  const or = argv.findIndex((word) => word === '||' || word === '-o');
  if (or >= 0) return test(argv.slice(0, or)) || test(argv.slice(or + 1));
  const and = argv.findIndex((word) => word === '&&' || word === '-a');
  if (and >= 0) return test(argv.slice(0, and)) && test(argv.slice(and + 1));
  if (argv.some((word) => word.includes(UNKNOWN))) throw new Unreadable('a condition hangs on what a program answers');
  const [first = '', second, third] = argv;
  if (first === '!') return !test(argv.slice(1));
  if (second === '=' || second === '==') return first === third;
  if (second === '!=') return first !== third;
  if (first === '-z' && argv.length <= 2) return (second ?? '') === '';
  if (first === '-n' && argv.length <= 2) return (second ?? '') !== '';
  if (argv.length <= 1) return first !== '';
  // Files and numbers: whatever they say, it is not what RPMs are asked for.
  return false;
}
