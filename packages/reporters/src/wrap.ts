import type { Screen } from './reporter.js';

/** Columns that prose may fill: those of a terminal. Elsewhere a line stays one, for whoever searches it. */
export function widthOf({ isTTY, columns }: Screen): number | undefined {
  return isTTY === true && columns !== undefined && columns >= 40 ? columns : undefined;
}

export interface Wrapping {
  /** Absent: nothing is broken. */
  readonly width?: number | undefined;
  /** Columns that are taken on the first line. */
  readonly first: number;
  /** Columns that stay free on the others. */
  readonly indent: number;
}

/** A text of one line, broken between its words. A word that is longer than a line stays whole: it is a path, which somebody will copy. */
export function wrap(text: string, { width, first, indent }: Wrapping): string {
  if (width === undefined) return text;
  const lines: string[] = [];
  let line = '';
  let taken = first;
  for (const word of text.split(' ')) {
    if (line !== '' && taken + line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
      taken = indent;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].join(`\n${' '.repeat(indent)}`);
}
