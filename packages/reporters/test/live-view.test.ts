import { expect, test, vi } from 'vitest';
import { LiveModel } from '../src/live-model.js';
import { openScreen } from '../src/live-screen.js';
import { keyHelp, logPage, press, type View } from '../src/live-view.js';
import { failingRun, Recorded } from './events.js';

const UP = '\u001b[A';
const DOWN = '\u001b[B';
const ESCAPE = '\u001b';

function modelAt(events: number): LiveModel {
  const model = new LiveModel(() => 0);
  for (const event of failingRun.slice(0, events)) model.take(event);
  return model;
}
const typed = (model: LiveModel, ...keys: readonly string[]): View => keys.reduce<View>((view, key) => press(view, key, [...model.nodes.values()]), { open: false });

test('l opens the log of the node that runs, Escape goes back, and once more lets go of it', () => {
  const model = modelAt(8);
  expect(typed(model, 'l')).toEqual({ chosen: 'a.rpmbuild', open: true });
  expect(typed(model, 'l', ESCAPE)).toEqual({ chosen: 'a.rpmbuild', open: false });
  expect(typed(model, 'l', 'l')).toEqual({ chosen: 'a.rpmbuild', open: false });
  expect(typed(model, 'l', ESCAPE, ESCAPE)).toEqual({ open: false });
  expect(typed(modelAt(2), 'l')).toEqual({ open: false });
});

test('arrows choose among nodes that have begun, also while a log is open, and stay at the ends', () => {
  const model = modelAt(8);
  model.take({ type: 'node-line', at: 9, node: 'a.source', text: 'reading' });
  expect(typed(model, UP)).toEqual({ chosen: 'a.rpmbuild', open: false });
  expect(typed(model, UP, UP)).toEqual({ chosen: 'a.source', open: false });
  expect(typed(model, UP, UP, UP)).toEqual({ chosen: 'a.source', open: false });
  expect(typed(model, 'l', 'k')).toEqual({ chosen: 'a.source', open: true });
  expect(typed(model, 'l', 'k', DOWN, DOWN)).toEqual({ chosen: 'a.rpmbuild', open: true });
});

test('several keys may come at once, and unknown ones do nothing', () => {
  const model = modelAt(8);
  expect(typed(model, `x${UP}\r${ESCAPE}`)).toEqual({ chosen: 'a.rpmbuild', open: false });
  expect(typed(model, '\u0007é1')).toEqual({ open: false });
  expect([keyHelp({ open: false }), keyHelp({ open: true })]).toEqual(['↑↓ choose · l log · Ctrl-C stop', '↑↓ other node · Esc back · Ctrl-C stop']);
});

test('a page has the last lines of the log, and no more than fits the screen', () => {
  const model = modelAt(7);
  const node = [...model.nodes.values()].find(({ id }) => id === 'a.rpmbuild');
  if (!node) throw new Error('no such node');
  expect(logPage(model, node, { rows: 24, columns: 80 })).toEqual(['a.rpmbuild  0.0s', 'nothing yet']);
  for (let line = 1; line <= 1000; line++) model.take({ type: 'node-line', at: 9, node: 'a.rpmbuild', text: `\u001b[2J${String(line)} ${'x'.repeat(100)}` });
  const page = logPage(model, node, { rows: 10, columns: 20 });
  expect(page).toEqual(['a.rpmbuild  0.0s', ...[994, 995, 996, 997, 998, 999, 1000].map((line) => `${String(line)} ${'x'.repeat(18 - String(line).length - 1)}…`)]);
  expect(node.lines.length).toBeLessThanOrEqual(400);
});

test('what is typed shows on the screen, and the terminal is given back when it closes', async () => {
  const model = modelAt(8);
  const stream = new Recorded(true);
  let hear: (keys: string) => void = () => undefined;
  const close = vi.fn();
  const screen = await openScreen(model, stream, { onType: (listener) => (hear = listener), close });
  expect(stream.text).toContain('l log · Ctrl-C stop');
  const before = stream.text.length;
  hear('l');
  expect(stream.text.slice(before)).toContain('main.c:1: error');
  expect(stream.text.slice(before)).toContain('Esc back');
  expect(stream.text.slice(before)).not.toContain('createrepo');
  await screen.close();
  expect(close).toHaveBeenCalledOnce();
});
