import { quote } from '../quote.js';

/** A word of a script that is worked out when the script runs: a variable, by its name. Stands in argument lists until {@link words} writes them. */
export function variable(name: string): string {
  return `\u0000${name}\u0000`;
}

const VARIABLE = /\u0000([A-Za-z_]+)\u0000/;

/** One argument for bash: fixed text quoted, variables between double quotes. */
export function word(text: string): string {
  const parts = text.split(VARIABLE);
  if (parts.length === 1) return quote(text);
  // Odd ones are names.
  return `"${parts.map((part, index) => (index % 2 === 1 ? `\${${part}}` : part.replace(/[\\"$`]/g, '\\$&'))).join('')}"`;
}

export function words(argv: readonly string[]): string {
  return argv.map(word).join(' ');
}

/** A command over several lines: its first words, then an option and its value on each. */
export function command(head: string, argv: readonly string[]): string {
  const lines: string[] = [];
  for (let at = 0; at < argv.length; at++) {
    const one = argv[at] ?? '';
    const value = one.startsWith('--') && !one.includes('=') ? argv[at + 1] : undefined;
    if (value !== undefined && !value.startsWith('-')) at++;
    lines.push(value !== undefined && !value.startsWith('-') ? `${word(one)} ${word(value)}` : word(one));
  }
  return [head, ...lines].join(' \\\n  ');
}

/** A name for shell variables and folders out of a node's id. */
export function plainName(id: string): string {
  return id.replace(/[^A-Za-z0-9]+/g, '_');
}
