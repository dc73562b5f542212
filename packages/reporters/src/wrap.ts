import { wrap as wrapBy, type Wrapping } from '@crpm/core';
import { columnsOf } from './columns.js';
import type { Screen } from './reporter.js';

/** Columns that prose may fill: those of a terminal. Elsewhere a line stays one, for whoever searches it. */
export function widthOf({ isTTY, columns }: Screen): number | undefined {
  return isTTY === true && columns !== undefined && columns >= 40 ? columns : undefined;
}

/** {@link wrapBy} by columns of a terminal. */
export function wrap(text: string, wrapping: Wrapping): string {
  return wrapBy(text, { ...wrapping, columnsOf });
}

/** Prose for a screen: on a terminal each of its lines is broken between words, and goes on indented below itself. */
export function prose(text: string, screen: Screen): string {
  const width = widthOf(screen);
  return text
    .split('\n')
    .map((line) => wrap(line, { width, first: 0, indent: 2 + line.length - line.trimStart().length }))
    .join('\n');
}
