import { stripVTControlCharacters } from 'node:util';

/** Of nodes that ended well, but for the one that a key chose: what may give way first. */
const DONE = /^[\u2714\u221a] (?!\u25b8)/;

/**
 * As many lines as fit on a terminal with so many rows: what is drawn above its top could never be taken back, and would be drawn again with each frame. Nodes that
 * are done give way to a line that counts them, the first ones first; what still is too much is cut at its head.
 */
export function fitRows(lines: readonly string[], rows: number): readonly string[] {
  const over = lines.length - rows;
  if (over <= 0) return lines;
  const done = lines.flatMap((line, index) => (DONE.test(stripVTControlCharacters(line)) ? [index] : []));
  const gone = new Set(done.slice(0, over + 1));
  const rest = lines.filter((_line, index) => !gone.has(index));
  const fitting = gone.size === 0 ? rest : [`✔ ${String(gone.size)} more`, ...rest];
  return fitting.slice(Math.max(0, fitting.length - rows));
}
