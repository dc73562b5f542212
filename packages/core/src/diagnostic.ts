import { wrap } from './wrap.js';

/** A place in a text file. `line` and `column` count from 1; `length` is in characters of that line. */
export interface Location {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly length: number;
  /** The whole source line, without its end. */
  readonly source: string;
}

/** One complaint about what the user wrote. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  /** What is wrong, what is allowed, `did you mean …`; one line. */
  readonly message: string;
  readonly location?: Location;
  /** Keys and indexes from the root of the config to what it is about, from those who have no text: the place is found later. */
  readonly path?: ConfigPath;
  /** What was written, and what may have been meant. */
  readonly suggestion?: { readonly word: string; readonly among: readonly string[] };
}

export type ConfigPath = readonly (string | number)[];

/** Of a longer line (JSON in one line) only the part around the mark is shown. */
const MAX_WIDTH = 160;

/** `file:line:column: error: message`, then the source line with a mark under it. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  return diagnosticWithin(diagnostic, undefined);
}

/** The same for a terminal so many columns wide: the message is broken between words, of the source line the part around the mark is shown. */
export function diagnosticWithin({ location, severity, message }: Diagnostic, width: number | undefined): string {
  const prose = (text: string) => wrap(text, { width, first: 0, indent: 2 });
  if (!location) return prose(`${severity}: ${message}`);
  const { file, line, column, length } = location;
  const gutter = String(line);
  const room = width === undefined ? MAX_WIDTH : Math.min(MAX_WIDTH, width - gutter.length - 4);
  const from = location.source.length <= room ? 0 : Math.max(0, Math.min(column - 1 - Math.floor(room / 4), location.source.length - room));
  const source = location.source.slice(from, from + room);
  // Tabs are kept in the lead so that the mark stands under the right character at any tab width.
  const lead = source.slice(0, column - 1 - from).replace(/[^\t]/g, ' ');
  const mark = '^'.repeat(Math.max(1, Math.min(length, source.length - column + 1 + from)));
  return [
    prose(`${file}:${line}:${column}: ${severity}: ${message}`),
    ` ${gutter} | ${source}`,
    ` ${' '.repeat(gutter.length)} | ${lead}${mark}`,
  ].join('\n');
}
