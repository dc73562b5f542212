import truncate from 'cli-truncate';
import stringWidth from 'string-width';

/** Cuts rows to columns of a terminal. Measuring a long row can cost milliseconds, and ten times a second most rows are what they were. */
export class RowCutter {
  #width = 0;
  #cut: ReadonlyMap<string, string> = new Map();

  /** Rows of text and colours, none wider than `width` columns. */
  cut(rows: readonly string[], width: number): readonly string[] {
    const before = width === this.#width ? this.#cut : undefined;
    const cut = new Map(rows.map((row) => [row, before?.get(row) ?? cutOne(row, width)]));
    this.#cut = cut;
    this.#width = width;
    return rows.map((row) => cut.get(row) ?? '');
  }
}

/** What surely is too much goes unmeasured: few characters are more than two units of UTF-16 for each of their columns, and colours are short. */
function cutOne(row: string, width: number): string {
  const most = 2 * width + 40;
  const text = row.length > most ? `${row.slice(0, most)}…` : row;
  const cut = truncate(text, width);
  // Where a wide letter stands across the edge, cli-truncate leaves it.
  return stringWidth(cut) > width ? truncate(text, width - 1) : cut;
}
