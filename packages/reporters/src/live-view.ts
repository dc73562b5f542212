import { lastPage, moved, type Page } from './live-log.js';
import type { LiveNode } from './live-model.js';

/** What the live view shows: all nodes, or the log of the chosen one. */
export interface View {
  /** Id of a node. */
  readonly chosen?: string;
  readonly open: boolean;
  /** The line of the log that is shown first, from 0; absent: the last lines, as they come. */
  readonly top?: number;
  /** Of a folded line the row that is shown first, from 0. */
  readonly row?: number;
  /** Lines of a log that are wider than the screen are folded; else they are cut. */
  readonly folded?: boolean;
}

/** What of the screen a log has. */
export type Room = Omit<Page, 'folded'>;

/** Keys as a terminal sends them: control sequences in both of their modes, known or not; Escape alone; everything else a character. */
const KEY = /\u001b\[[0-?]*[ -/]*[@-~]|\u001bO[@-~]|[^]/g;
const UP = new Set(['\u001b[A', '\u001bOA', 'k']);
const DOWN = new Set(['\u001b[B', '\u001bOB', 'j']);
const LEFT = new Set(['\u001b[D', '\u001bOD']);
const RIGHT = new Set(['\u001b[C', '\u001bOC']);
const PAGE_UP = new Set(['\u001b[5~', 'b']);
const PAGE_DOWN = new Set(['\u001b[6~', ' ']);
const START = new Set(['\u001b[H', '\u001bOH', '\u001b[1~', 'g']);
const END = new Set(['\u001b[F', '\u001bOF', '\u001b[4~', 'G']);
const OPEN = new Set(['l', '\r', '\n']);
const BACK = new Set(['\u001b', 'q', 'l']);
const FOLD = 'w';

/** What becomes of the view by what was typed. */
export function press(view: View, typed: string, nodes: readonly LiveNode[], room: Room): View {
  return (typed.match(KEY) ?? []).reduce((before, key) => (before.open ? pressInLog : pressInList)(before, key, nodes, room), view);
}

function pressInList(view: View, key: string, nodes: readonly LiveNode[]): View {
  if (UP.has(key) || DOWN.has(key)) return choose(view, UP.has(key) ? -1 : 1, nodes);
  if (key === '\u001b') return { open: false, ...lasting(view) };
  const chosen = view.chosen ?? talking(nodes);
  return OPEN.has(key) && chosen !== undefined ? { chosen, open: true, ...lasting(view) } : view;
}

function pressInLog(view: View, key: string, nodes: readonly LiveNode[], room: Room): View {
  const { chosen, open, top, row = 0, folded = false } = view;
  const here = { ...(chosen === undefined ? {} : { chosen }), open, ...lasting(view) };
  if (BACK.has(key)) return { ...here, open: false };
  if (LEFT.has(key) || RIGHT.has(key)) return choose(view, LEFT.has(key) ? -1 : 1, nodes);
  if (key === FOLD) return { ...(chosen === undefined ? {} : { chosen }), open, ...(top === undefined ? {} : { top }), ...(folded ? {} : { folded: true }) };
  const node = nodes.find(({ id }) => id === chosen);
  const step = stepOf(key, room.room);
  if (!node || step === 0) return view;
  const page = { ...room, folded };
  const last = lastPage(node, page);
  const next = moved(node, page, top === undefined ? last : { top, row }, step);
  if (next.top > last.top || (next.top === last.top && next.row >= last.row)) return here;
  return { ...here, top: next.top, ...(next.row > 0 ? { row: next.row } : {}) };
}

/** What stays of a view when another node or none is chosen. */
function lasting({ folded }: View): Pick<View, 'folded'> {
  return folded ? { folded } : {};
}

/** Rows that a key goes down in a log. */
function stepOf(key: string, room: number): number {
  if (UP.has(key)) return -1;
  if (DOWN.has(key)) return 1;
  if (PAGE_UP.has(key)) return -room;
  if (PAGE_DOWN.has(key)) return room;
  return START.has(key) ? -Infinity : END.has(key) ? Infinity : 0;
}

/** The node that has begun before or behind the chosen one. */
function choose(view: View, step: 1 | -1, nodes: readonly LiveNode[]): View {
  const chosen = neighbour(view.chosen, step, nodes);
  return chosen === undefined || chosen === view.chosen ? view : { chosen, open: view.open, ...lasting(view) };
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

/** What the keys do, for the last line; where there is no room for all of it, less. */
export function keyHelp({ open, folded }: View): readonly string[] {
  const lines = folded ? 'w cut lines' : 'w whole lines';
  return open ? [`↑↓ scroll · ←→ other node · ${lines} · Esc back · Ctrl-C stop`, `${lines} · Esc back · Ctrl-C stop`, `${lines} · Esc back`, 'Esc back'] : ['↑↓ choose · l log · Ctrl-C stop', 'l log'];
}
