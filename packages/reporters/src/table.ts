/** No column gets narrower than this to fit a terminal. */
const NARROWEST = 8;

/**
 * Text in columns, two spaces apart, no space at the ends of lines. Cells must be free of colours. `width`: of a terminal; the widest of the columns `cut` (default: any) are cut until the table fits, with
 * … where something is missing.
 */
export function formatTable(rows: readonly (readonly string[])[], width?: number, cut?: readonly number[]): string {
  const widths: number[] = [];
  for (const row of rows) for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length);
  if (width !== undefined) shrink(widths, width, cut ?? [...widths.keys()]);
  return rows.map((row) => row.map((cell, index) => fitted(cell, widths[index] ?? 0).padEnd(widths[index] ?? 0)).join('  ').trimEnd()).join('\n');
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

function fitted(cell: string, width: number): string {
  return cell.length > width ? `${cell.slice(0, Math.max(0, width - 1))}…` : cell;
}
