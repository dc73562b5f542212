/**
 * File names are bytes, not text: Linux allows any but NUL and `/`. Here they travel as *byte strings*: JavaScript strings in which each
 * character stands for one byte (latin1). They sort in byte order, fit into JSON, and lose nothing.
 */
export type BytePath = string;

const NON_ASCII = /[^\x00-\x7f]/;
const NEEDS_QUOTES = /[\x00-\x1f\x7f"\\]/;

/** The bytes of a name that the rest of crpm holds as ordinary text (UTF-8). */
export function bytesOf(text: string): BytePath {
  return NON_ASCII.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text;
}

/** What `node:fs` takes. Plain ASCII stays a string, which is several times cheaper than a Buffer. */
export function fsPath(path: BytePath): string | Buffer {
  return NON_ASCII.test(path) ? Buffer.from(path, 'latin1') : path;
}

/** For people: as text where it is valid UTF-8 without oddities, else in double quotes with escapes, as git prints it. */
export function printable(path: BytePath): string {
  const bytes = Buffer.from(path, 'latin1');
  const text = bytes.toString('utf8');
  if (!Buffer.from(text, 'utf8').equals(bytes)) return `"${escape(path, NON_ASCII)}"`;
  return NEEDS_QUOTES.test(text) ? `"${escape(text)}"` : text;
}

function escape(text: string, also?: RegExp): string {
  let result = '';
  for (const char of text) {
    if (char === '"' || char === '\\') result += `\\${char}`;
    else if (char === '\n') result += '\\n';
    else if (char === '\t') result += '\\t';
    else if (NEEDS_QUOTES.test(char) || also?.test(char)) result += `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`;
    else result += char;
  }
  return result;
}
