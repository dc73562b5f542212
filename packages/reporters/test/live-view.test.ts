import { expect, test, vi } from 'vitest';
import { LiveModel } from '../src/live-model.js';
import { openScreen } from '../src/live-screen.js';
import { logPage } from '../src/live-log.js';
import { keyHelp, press, type Room, type View } from '../src/live-view.js';
import type { Terminal } from '../src/index.js';
import { failingRun, Recorded } from './events.js';

const UP = '\u001b[A';
const DOWN = '\u001b[B';
const RIGHT = '\u001b[C';
const LEFT = '\u001b[D';
const PAGE_UP = '\u001b[5~';
const PAGE_DOWN = '\u001b[6~';
const ESCAPE = '\u001b';

const ROOM: Room = { room: 10, width: 40 };
const cut = (room: number) => ({ room, width: 40, folded: false });

function modelAt(events: number): LiveModel {
  const model = new LiveModel(() => 0);
  for (const event of failingRun.slice(0, events)) model.take(event);
  return model;
}
const typed = (model: LiveModel, ...keys: readonly string[]): View => keys.reduce<View>((view, key) => press(view, key, [...model.nodes.values()], ROOM), { open: false });

test('l opens the log of the node that runs, Escape goes back, and once more lets go of it', () => {
  const model = modelAt(8);
  expect(typed(model, 'l')).toEqual({ chosen: 'a.rpmbuild', open: true });
  expect(typed(model, 'l', ESCAPE)).toEqual({ chosen: 'a.rpmbuild', open: false });
  expect(typed(model, 'l', 'l')).toEqual({ chosen: 'a.rpmbuild', open: false });
  expect(typed(model, 'l', ESCAPE, ESCAPE)).toEqual({ open: false });
  expect(typed(modelAt(2), 'l')).toEqual({ open: false });
});

test('arrows choose among nodes that have begun, those to the side while a log is open, and stay at the ends', () => {
  const model = modelAt(8);
  model.take({ type: 'node-line', at: 9, node: 'a.source', text: 'reading' });
  expect(typed(model, UP)).toEqual({ chosen: 'a.rpmbuild', open: false });
  expect(typed(model, UP, UP)).toEqual({ chosen: 'a.source', open: false });
  expect(typed(model, UP, UP, UP)).toEqual({ chosen: 'a.source', open: false });
  expect(typed(model, 'l', LEFT)).toEqual({ chosen: 'a.source', open: true });
  expect(typed(model, 'l', LEFT, RIGHT, '\u001bOC')).toEqual({ chosen: 'a.rpmbuild', open: true });
});

test('several keys may come at once, and unknown ones do nothing', () => {
  const model = modelAt(8);
  expect(typed(model, `x${UP}\r${ESCAPE}`)).toEqual({ chosen: 'a.rpmbuild', open: false });
  expect(typed(model, '\u0007é1')).toEqual({ open: false });
  expect(typed(model, 'l\u001b[1;5D\u001b[3~\u001bOP')).toEqual({ chosen: 'a.rpmbuild', open: true });
});

function talkative(lines: number) {
  const model = modelAt(7);
  const node = model.nodes.get('a.rpmbuild');
  if (!node) throw new Error('no such node');
  const say = (from: number, to: number) => {
    for (let line = from; line <= to; line++) model.take({ type: 'node-line', at: 9, node: 'a.rpmbuild', text: `\u001b[2J${String(line)}` });
  };
  say(1, lines);
  return { model, node, say };
}

test('help becomes shorter where there is less room', () => {
  for (const helps of [keyHelp({ open: false }), keyHelp({ open: true })]) expect(helps.map(({ length }) => length)).toEqual(helps.map(({ length }) => length).sort((a, b) => b - a));
  expect([keyHelp({ open: false })[0], keyHelp({ open: true })[0]]).toEqual(['↑↓ choose · l log · Ctrl-C stop', '↑↓ scroll · ←→ other node · w whole lines · Esc back · Ctrl-C stop']);
  expect([keyHelp({ open: false }).at(-1), keyHelp({ open: true }).at(-1)]).toEqual(['l log', 'Esc back']);
});

test('a page has the last lines of the log, and no more than there is room for', () => {
  const { model, node, say } = talkative(0);
  expect(logPage(model, node, cut(7))).toEqual(['a.rpmbuild  0.0s', 'nothing yet']);
  say(1, 10_000);
  expect(logPage(model, node, cut(3))).toEqual(['a.rpmbuild  0.0s', '9998', '9999', '10000']);
  expect(node.lines.length).toBeLessThanOrEqual(2000);
});

test('a log is scrolled by line and by page, stays where it is while lines come, and follows them again at its end', () => {
  const { model, node, say } = talkative(100);
  const page = (view: View) => logPage(model, node, cut(10), view.top === undefined ? undefined : { top: view.top, row: 0 });
  const up = typed(model, 'l', UP, PAGE_UP);
  expect(up).toEqual({ chosen: 'a.rpmbuild', open: true, top: 79 });
  expect(page(up)).toEqual(['a.rpmbuild  0.0s  lines 80–89 of 100', ...[80, 81, 82, 83, 84, 85, 86, 87, 88, 89].map(String)]);
  say(101, 102);
  expect(page(up).slice(0, 2)).toEqual(['a.rpmbuild  0.0s  lines 80–89 of 102', '80']);
  const press10 = (view: View, keys: string) => press(view, keys, [...model.nodes.values()], ROOM);
  expect(press10(up, `${PAGE_DOWN}${DOWN}`).top).toBe(90);
  expect(press10(up, `${PAGE_DOWN}${PAGE_DOWN}`)).toEqual({ chosen: 'a.rpmbuild', open: true });
  expect(press10(up, 'g').top).toBe(0);
  expect(press10(up, `g${PAGE_UP}`).top).toBe(0);
  expect(press10(up, 'gG')).toEqual({ chosen: 'a.rpmbuild', open: true });
  expect(press10(up, ESCAPE)).toEqual({ chosen: 'a.rpmbuild', open: false });
});

test('a log that is shorter than the screen does not scroll, and of lines that are forgotten the first one kept is shown', () => {
  expect(typed(talkative(5).model, 'l', UP, PAGE_UP, 'g')).toEqual({ chosen: 'a.rpmbuild', open: true });
  const { model, node } = talkative(10_000);
  const { top } = typed(model, 'l', 'g');
  expect(top).toBe(10_000 - node.lines.length);
  expect(logPage(model, node, cut(1), { top: 0, row: 0 })).toEqual([`a.rpmbuild  0.0s  lines ${String((top ?? 0) + 1)}–${String((top ?? 0) + 1)} of 10000`, String((top ?? 0) + 1)]);
});

test('w folds lines that are wider than the screen, in whatever node, until it is typed again', () => {
  const { model, node } = talkative(0);
  const say = (text: string) => model.take({ type: 'node-line', at: 9, node: 'a.rpmbuild', text });
  for (const text of ['first', 'x'.repeat(95), '漢字'.repeat(15), 'last']) say(text);
  const folded = typed(model, 'l', 'w');
  expect(folded).toEqual({ chosen: 'a.rpmbuild', open: true, folded: true });
  expect(typed(model, 'l', 'w', ESCAPE, 'l')).toEqual(folded);
  expect(typed(model, 'l', 'w', ESCAPE, ESCAPE)).toEqual({ open: false, folded: true });
  expect(typed(model, 'l', 'w', 'w')).toEqual({ chosen: 'a.rpmbuild', open: true });
  expect(keyHelp(folded)[0]).toContain('w cut lines');
  const page = { room: 10, width: 40, folded: true };
  expect(logPage(model, node, page).slice(1)).toEqual(['first', 'x'.repeat(40), 'x'.repeat(40), 'x'.repeat(15), '漢字'.repeat(10), '漢字'.repeat(5), 'last']);
  expect(logPage(model, node, { ...page, room: 4 }).slice(1)).toEqual(['x'.repeat(15), '漢字'.repeat(10), '漢字'.repeat(5), 'last']);
});

test('folded lines are scrolled by their rows, and a place holds in a terminal of another width', () => {
  const { model, node } = talkative(0);
  for (let line = 1; line <= 20; line++) model.take({ type: 'node-line', at: 9, node: 'a.rpmbuild', text: String(line).padEnd(100, '.') });
  const up = typed(model, 'l', 'w', UP);
  // 60 rows, the last 10 of which are a page.
  expect(up).toEqual({ chosen: 'a.rpmbuild', open: true, folded: true, top: 16, row: 1 });
  const page = { ...ROOM, folded: true };
  expect(logPage(model, node, page, { top: 16, row: 1 }).slice(0, 4)).toEqual(['a.rpmbuild  0.0s  lines 17–20 of 20', '.'.repeat(40), '.'.repeat(20), '18'.padEnd(40, '.')]);
  expect(logPage(model, node, { ...page, width: 200 }, { top: 16, row: 1 })[1]).toBe('17'.padEnd(100, '.'));
  const press10 = (view: View, keys: string) => press(view, keys, [...model.nodes.values()], ROOM);
  expect(press10(up, PAGE_UP)).toEqual({ chosen: 'a.rpmbuild', open: true, folded: true, top: 13 });
  expect(press10(up, `${PAGE_UP}${DOWN}`)).toEqual({ ...up, top: 13, row: 1 });
  expect(press10(up, `g${DOWN}${DOWN}${DOWN}`)).toEqual({ chosen: 'a.rpmbuild', open: true, folded: true, top: 1 });
  expect(press10(up, DOWN)).toEqual({ chosen: 'a.rpmbuild', open: true, folded: true });
  expect(press10(up, 'w')).toEqual({ chosen: 'a.rpmbuild', open: true, top: 16 });
});

/** A terminal that a test types at, and takes away. */
function terminal() {
  let hear: (keys: string) => void = () => undefined;
  let leave: () => void = () => undefined;
  let taken: ReturnType<Terminal['take']> = 'anew';
  const close = vi.fn();
  const made: Terminal = {
    take: () => {
      const now = taken;
      if (taken === 'anew') taken = 'still';
      return now;
    },
    typing: true,
    onLeave: (listener) => (leave = listener),
    onType: (listener) => (hear = listener),
    close,
  };
  return { terminal: made, close, type: (keys: string) => hear(keys), leave: () => leave(), becomes: (state: typeof taken) => (taken = state) };
}

test('what is typed shows on the screen, and the terminal is given back when it closes', async () => {
  const stream = new Recorded(true);
  const { terminal: made, type, close } = terminal();
  const screen = await openScreen(modelAt(8), stream, made);
  expect(stream.text).toContain('l log · Ctrl-C stop');
  const drawn = stream.text.length;
  type('l');
  expect(stream.text.slice(drawn)).toContain('main.c:1: error');
  expect(stream.text.slice(drawn)).toContain('Esc back');
  expect(stream.text.slice(drawn)).not.toContain('createrepo');
  screen.close();
  expect(close).toHaveBeenCalledOnce();
  expect(stream.text.endsWith('\u001b[?7h\u001b[?25h\u001b[?1049l')).toBe(true);
});

test('what others write to the terminal shows in the view at once, and is written when it closes', async () => {
  const stream = new Recorded(true);
  const { terminal: made, type } = terminal();
  const screen = await openScreen(modelAt(8), stream, made);
  stream.write('\nstopping (SIGINT)\n');
  const drawn = stream.text.length;
  type('x');
  expect(stream.text.slice(drawn)).toMatch(/\[\d+Hstopping \(SIGINT\)\u001b\[K/);
  screen.close();
  expect(stream.text.endsWith('\u001b[?1049l\nstopping (SIGINT)\n')).toBe(true);
});

test('a terminal that is another’s is not drawn on, but left once, though it was taken away unasked; had again, everything is drawn again', async () => {
  const stream = new Recorded(true);
  const { terminal: made, type, leave, becomes } = terminal();
  becomes('gone');
  const screen = await openScreen(modelAt(8), stream, made);
  expect(stream.text).toBe('');
  becomes('anew');
  type('x');
  expect(stream.text).toContain('a.rpmbuild');
  leave();
  becomes('gone');
  const drawn = stream.text.length;
  type('l');
  expect(stream.text.slice(drawn)).toBe('');
  becomes('anew');
  type('x');
  const again = stream.text.length;
  becomes('gone');
  type('x');
  expect(stream.text.slice(again)).toBe('\u001b[H\u001b[J\u001b[?7h\u001b[?25h\u001b[?1049l');
  becomes('anew');
  type('x');
  expect(stream.text.slice(drawn)).toContain('\u001b[?1049h');
  expect(stream.text.slice(drawn)).toContain('main.c:1: error');
  screen.close();
});

test('with another size all of it is drawn again at once, no higher and no wider', async () => {
  const stream = new Resized();
  const screen = await openScreen(modelAt(8), stream);
  expect(stream.text).toContain('createrepo');
  const drawn = stream.text.length;
  stream.become(4, 12);
  expect(stream.text.slice(drawn).split('\u001b').map((row) => /^\[\d+H(.*)/.exec(row)?.[1]).filter(Boolean)).toEqual(['✔ 2 more', '⠋ a.rpmbui…', '… and 1 mo…', '2 of 4 don…']);
  screen.close();
  stream.become(50, 100);
  expect(stream.text.endsWith('\u001b[?1049l')).toBe(true);
});

/** A screen whose size changes. */
class Resized extends Recorded {
  override rows = 24;
  override columns = 80;
  #listener: (() => void) | undefined;

  on(_event: 'resize', listener: () => void): void {
    this.#listener = listener;
  }

  off(): void {
    this.#listener = undefined;
  }

  become(rows: number, columns: number): void {
    Object.assign(this, { rows, columns });
    this.#listener?.();
  }
}
