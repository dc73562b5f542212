import { foldToColumns } from './columns.js';
import type { LiveModel, LiveNode } from './live-model.js';

/** A place in a log: a line, from 0, and of one that is folded a row. */
export interface Place {
  readonly top: number;
  readonly row: number;
}

/** What of the screen a log has, and whether its lines are folded into that instead of cut. */
export interface Page {
  /** Rows. */
  readonly room: number;
  readonly width: number;
  readonly folded: boolean;
}

/** The place that many rows further down, or up, within what is remembered. */
export function moved(node: LiveNode, page: Page, { top, row }: Place, rows: number): Place {
  if (rows === Infinity) return { top: node.said, row: 0 };
  if (rows === -Infinity) return { top: firstKept(node), row: 0 };
  // A terminal that became wider has fewer rows of a line.
  const from = Math.min(row, rowsOf(node, top, page).length - 1);
  return (rows < 0 ? up : down)(node, page, { top, row: from + rows });
}

function up(node: LiveNode, page: Page, { top, row }: Place): Place {
  if (row >= 0) return { top, row };
  if (top <= firstKept(node)) return { top: firstKept(node), row: 0 };
  return up(node, page, { top: top - 1, row: row + rowsOf(node, top - 1, page).length });
}

function down(node: LiveNode, page: Page, { top, row }: Place): Place {
  const here = rowsOf(node, top, page).length;
  if (top >= node.said) return { top: node.said, row: 0 };
  return row < here ? { top, row } : down(node, page, { top: top + 1, row: row - here });
}

/** From where on the last rows just fill the page. */
export function lastPage(node: LiveNode, page: Page): Place {
  return moved(node, page, { top: node.said, row: 0 }, -page.room);
}

/** A node's log: its title, then as many rows of it as there is room for; without a place the last ones. The whole of it is in its file. */
export function logPage(model: LiveModel, node: LiveNode, page: Page, place?: Place): readonly string[] {
  const { top, row } = place === undefined ? lastPage(node, page) : moved(node, page, { ...place, top: Math.max(firstKept(node), place.top) }, 0);
  const rows: string[] = [];
  let line = top;
  for (; line < node.said && rows.length < page.room + row; line++) rows.push(...rowsOf(node, line, page));
  const where = place === undefined ? '' : `  lines ${top + 1}–${line} of ${node.said}`;
  const nothing = ['waiting', 'running'].includes(node.state) ? 'nothing yet' : 'it wrote nothing';
  return [`${model.title(node)}${where}`, ...(rows.length > 0 ? rows.slice(row, row + page.room) : [nothing])];
}

function rowsOf(node: LiveNode, line: number, { width, folded }: Page): readonly string[] {
  const text = node.lines[line - firstKept(node)] ?? '';
  return folded ? foldToColumns(text, width) : [text];
}

/** The first line that is still remembered. */
function firstKept({ said, lines }: LiveNode): number {
  return said - lines.length;
}
