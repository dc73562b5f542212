import { atHand } from '@crpm/core';
import { columnsOf, cutToColumns, padToColumns } from './columns.js';
import { wrap } from './wrap.js';

/** No column gets narrower than this to fit a terminal. */
const NARROWEST = 8;
/** The last column is broken within itself as long as there is room for a few words; with less, it goes below its row. */
const ROOM_FOR_WORDS = 24;
const BELOW = 4;

/**
 * Text in columns, two spaces apart, no space at the ends of lines. Cells must be free of colours. `width`: of a terminal; the widest of the columns `cut` are cut until the table fits, with
 * … where something is missing. A last column that is not among them is broken between its words; `below`: it goes
 * below its row before anything is cut for it.
 */
export function formatTable(table: readonly (readonly string[])[], width?: number, cut: readonly number[] = [], { below = false }: { readonly below?: boolean } = {}): string {
  const rows = table.map((row) => row.map(atHand));
  const widths: number[] = [];
  for (const row of rows) for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, columnsOf(cell));
  // A column that nobody fills is none.
  while (widths.at(-1) === 0) widths.pop();
  const last = widths.length - 1;
  const wraps = width !== undefined && !cut.includes(last);
  // What has no room beside its row is no reason to cut.
  const hangs = below ? (widths[last] ?? 0) + 2 : Math.max(0, (widths[last] ?? 0) - ROOM_FOR_WORDS);
  if (width !== undefined) shrink(widths, wraps ? width + hangs : width, cut);
  const before = widths.slice(0, last).reduce((sum, one) => sum + one + 2, 0);
  return rows
    .map((all) => {
      const row = all.slice(0, widths.length);
      const cells = row.map((cell, index) => (wraps && index === last ? cell : padToColumns(cutToColumns(cell, widths[index] ?? 0), widths[index] ?? 0)));
      return wraps && row.length === widths.length ? withLast(cells, before, width) : cells.join('  ').trimEnd();
    })
    .join('\n');
}

function withLast(cells: readonly string[], before: number, width: number): string {
  const lead = cells.slice(0, -1).map((cell) => `${cell}  `).join('');
  const text = cells.at(-1) ?? '';
  if (text === '' || width - before >= ROOM_FOR_WORDS || before + columnsOf(text) <= width) return `${lead}${wrap(text, { width, first: before, indent: before })}`.trimEnd();
  return `${lead.trimEnd()}\n${' '.repeat(BELOW)}${wrap(text, { width, first: BELOW, indent: BELOW })}`;
}

function shrink(widths: number[], width: number, cut: readonly number[]): void {
  let over = widths.reduce((sum, one) => sum + one + 2, -2) - width;
  while (over > 0) {
    const widest = Math.max(...cut.map((column) => widths[column] ?? 0));
    const column = cut.find((one) => widths[one] === widest);
    if (widest <= NARROWEST || column === undefined) return;
    widths[column] = widest - 1;
    over--;
  }
}
