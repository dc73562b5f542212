/** No column gets narrower than this to fit a terminal. */
const NARROWEST = 8;

/**
 * Text in columns, two spaces apart, no space at the ends of lines. Cells must be free of colours. `width`: of a terminal; the widest columns are cut until the table fits, with … where something is
 * missing.
 */
export function formatTable(rows: readonly (readonly string[])[], width?: number): string {
  const widths: number[] = [];
  for (const row of rows) for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length);
  if (width !== undefined) shrink(widths, width);
  return rows.map((row) => row.map((cell, index) => fitted(cell, widths[index] ?? 0).padEnd(widths[index] ?? 0)).join('  ').trimEnd()).join('\n');
}

function shrink(widths: number[], width: number): void {
  let over = widths.reduce((sum, one) => sum + one + 2, -2) - width;
  while (over > 0) {
    const widest = Math.max(...widths);
    if (widest <= NARROWEST) return;
    widths[widths.indexOf(widest)] = widest - 1;
    over--;
  }
}

function fitted(cell: string, width: number): string {
  return cell.length > width ? `${cell.slice(0, Math.max(0, width - 1))}…` : cell;
}
