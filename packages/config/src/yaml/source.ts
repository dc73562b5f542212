import { isUtf8 } from 'node:buffer';
import { err, ok, type Diagnostic, type Location, type Result } from '@crpm/core';

/** A config file is small; anything beyond is a mistake or an attack. Bytes. */
export const MAX_BYTES = 1024 * 1024;

/** The text of a config file, and the name that diagnostics call it by. */
export interface SourceText {
  /** Relative to the working directory where it is below it, else absolute. */
  readonly file: string;
  /** Without a byte order mark, so that columns count what an editor shows. */
  readonly text: string;
  /** Offset of each line's first character. Lines end as YAML's do: LF, CRLF or CR. */
  readonly lineStarts: readonly number[];
}

/** Prepares text for {@link locate}. */
export function toSource(file: string, text: string): SourceText {
  const lineStarts = [0];
  for (const match of text.matchAll(/\r\n|\r|\n/g)) lineStarts.push(match.index + match[0].length);
  return { file, text, lineStarts };
}

/** Decodes UTF-8; anything else is a diagnostic that says what the bytes seem to be. */
export function decodeSource(file: string, bytes: Buffer): Result<SourceText, Diagnostic> {
  const first: Location = { file, line: 1, column: 1, length: 1, source: '' };
  if (bytes.length > MAX_BYTES) {
    return err({ severity: 'error', message: `the file has more than ${MAX_BYTES} bytes, which no config needs`, location: first });
  }
  if (looksLikeUtf16(bytes)) {
    return err({ severity: 'error', message: 'the file is UTF-16; save it as UTF-8', location: first });
  }
  const decoded = bytes.toString('utf8');
  const source = toSource(file, decoded.startsWith('\ufeff') ? decoded.slice(1) : decoded);
  if (isUtf8(bytes)) return ok(source);
  const at = source.text.indexOf('\ufffd');
  return err({ severity: 'error', message: 'the file is not UTF-8 from here on; save it as UTF-8', location: locate(source, at, at + 1) });
}

/** A byte order mark, or ASCII with a zero byte on one side. */
function looksLikeUtf16(bytes: Buffer): boolean {
  const [a, b] = bytes;
  if (a === undefined || b === undefined) return false;
  return (a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff) || (a === 0) !== (b === 0);
}

/** The place of the characters `start` to `end` (exclusive, may lie on a later line). */
export function locate({ file, text, lineStarts }: SourceText, start: number, end: number): Location {
  const line = lineOf(lineStarts, start);
  const lineStart = lineStarts[line - 1] ?? 0;
  const rest = text.slice(lineStart).search(/[\r\n]/);
  const lineEnd = rest === -1 ? text.length : lineStart + rest;
  const column = Math.min(start, lineEnd) - lineStart + 1;
  return {
    file,
    line,
    column,
    length: Math.max(1, Math.min(end, lineEnd) - start),
    // A config may come from a stranger: no escape sequence of it reaches the terminal.
    source: text.slice(lineStart, lineEnd).replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]/g, '\ufffd'),
  };
}

/** The last line that starts at or before an offset, counted from 1. */
function lineOf(lineStarts: readonly number[], offset: number): number {
  let low = 0;
  let high = lineStarts.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((lineStarts[middle] ?? 0) <= offset) low = middle;
    else high = middle;
  }
  return low + 1;
}
