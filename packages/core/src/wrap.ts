import { atHand } from './at-hand.js';

export interface Wrapping {
  /** Columns that a line may fill. Absent: nothing is broken. */
  readonly width?: number | undefined;
  /** Columns that are taken on the first line. */
  readonly first: number;
  /** Columns that stay free on the others. */
  readonly indent: number;
  /** Paths stay absolute and commands as they are: whoever reads it will be elsewhere. */
  readonly elsewhere?: true;
  /** Columns that a text without colours takes; default: one for each of its UTF-16 units. */
  readonly columnsOf?: (text: string) => number;
}

/** A text of one line, coloured or not, as it is to be typed from where the reader is, and broken between its words. Spaces at its beginning stay. A word that is longer than a line stays whole: it is a path, which somebody will copy. */
export function wrap(words: string, { width, first, indent, columnsOf = ({ length }) => length, elsewhere }: Wrapping): string {
  const text = elsewhere ? words : atHand(words);
  if (width === undefined) return text;
  const columns = (part: string) => columnsOf(part.replace(/\u001b\[\d+m/g, ''));
  const lines: string[] = [];
  const [lead = ''] = /^ */.exec(text) ?? [];
  const [start = '', ...rest] = text.slice(lead.length).split(' ');
  let line = lead + start;
  let taken = first;
  for (const word of rest) {
    if (taken + columns(line) + 1 + columns(word) > width) {
      lines.push(line);
      line = word;
      taken = indent;
    } else {
      line += ` ${word}`;
    }
  }
  return [...lines, line].join(`\n${' '.repeat(indent)}`);
}
