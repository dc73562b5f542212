import type { LiveModel, LiveNode } from './live-model.js';

/** What the live view shows: all nodes, or the log of the chosen one. */
export interface View {
  /** Id of a node. */
  readonly chosen?: string;
  readonly open: boolean;
}

/** Keys as a terminal sends them: arrows in both of their modes, Escape alone, everything else a character. */
const KEY = /\u001b(?:\[|O)[A-D]|[^]/g;
const UP = new Set(['\u001b[A', '\u001bOA', 'k']);
const DOWN = new Set(['\u001b[B', '\u001bOB', 'j']);
const OPEN = new Set(['l', '\r', '\n']);
const BACK = new Set(['\u001b', 'q', 'l']);

/** What becomes of the view by what was typed. */
export function press(view: View, typed: string, nodes: readonly LiveNode[]): View {
  return (typed.match(KEY) ?? []).reduce((before, key) => pressOne(before, key, nodes), view);
}

function pressOne(view: View, key: string, nodes: readonly LiveNode[]): View {
  if (UP.has(key) || DOWN.has(key)) {
    const chosen = neighbour(view.chosen, UP.has(key) ? -1 : 1, nodes);
    return chosen === undefined ? view : { ...view, chosen };
  }
  if (view.open) return BACK.has(key) ? { ...view, open: false } : view;
  if (key === '\u001b') return { open: false };
  const chosen = view.chosen ?? talking(nodes);
  return OPEN.has(key) && chosen !== undefined ? { chosen, open: true } : view;
}

/** The next node that has begun, or the first or last one; at the ends it stays. */
function neighbour(chosen: string | undefined, step: 1 | -1, nodes: readonly LiveNode[]): string | undefined {
  const begun = nodes.filter((node) => node.id === chosen || hasLog(node));
  const at = begun.findIndex(({ id }) => id === chosen);
  if (at === -1) return talking(begun) ?? begun.at(step === 1 ? 0 : -1)?.id;
  return begun[at + step]?.id ?? chosen;
}

/** Of those that run, the one that has said most lately. */
function talking(nodes: readonly LiveNode[]): string | undefined {
  const running = nodes.filter(({ state }) => state === 'running').sort((a, b) => b.heard - a.heard);
  return (running[0] ?? nodes.findLast(hasLog))?.id;
}

function hasLog({ state, lines }: LiveNode): boolean {
  return state === 'running' || lines.length > 0;
}

/** What the keys do, for the last line. */
export function keyHelp({ open }: View): string {
  return open ? '↑↓ other node · Esc back · Ctrl-C stop' : '↑↓ choose · l log · Ctrl-C stop';
}

/** The log of a node as far as it goes on a screen, its last lines; the whole of it is in its file. */
export function logPage(model: LiveModel, node: LiveNode, { rows, columns }: { readonly rows: number; readonly columns: number }): readonly string[] {
  const room = Math.max(1, rows - 3);
  const lines = node.lines.slice(-room).map((line) => cut(line, columns));
  return [cut(model.title(node), columns), ...(lines.length > 0 ? lines : [['waiting', 'running'].includes(node.state) ? 'nothing yet' : 'it wrote nothing'])];
}

/** One column is left free: a terminal may wrap behind the last one. */
function cut(line: string, columns: number): string {
  const room = Math.max(1, columns - 1);
  return line.length > room ? `${line.slice(0, room - 1)}…` : line;
}
