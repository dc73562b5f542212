import { afterEach, expect, test } from 'vitest';
import { atHand, tellAtHand, tellShorter, wrap } from '../src/index.js';

const COMMANDS = ['run', 'runs', 'logs', 'shell', 'cache'];
afterEach(() => tellAtHand({ command: 'crpm', commands: COMMANDS, cwd: '/' }));

test('what is to be typed begins with what starts crpm here, prose about crpm does not', () => {
  tellAtHand({ command: 'npx crpm', commands: COMMANDS, cwd: '/' });
  expect(atHand('crpm logs a; crpm shell a')).toBe('npx crpm logs a; npx crpm shell a');
  expect(atHand('Start it with `crpm run`, then KUBECONFIG=x crpm cache gc && crpm --help')).toBe('Start it with `npx crpm run`, then KUBECONFIG=x npx crpm cache gc && npx crpm --help');
  expect(atHand('Usage: crpm [options] [command]')).toBe('Usage: npx crpm [options] [command]');
  for (const text of ['this crpm makes it in another way', 'crpm runner', 'bin/crpm run', '@crpm run', 'crpm can run']) expect(atHand(text)).toBe(text);
});

test('paths below the folder that one is in are told from there', () => {
  tellAtHand({ command: 'crpm', commands: COMMANDS, cwd: '/home/u/kv(1)' });
  expect(atHand('/home/u/kv(1)/WORKSPACE names "/home/u/kv(1)/a b"; dir=/home/u/kv(1)/c')).toBe('WORKSPACE names "a b"; dir=c');
  for (const text of ['/home/u/kv(1)', '/home/u/kv(1)/', '/home/u/kv(1)x/a', 'file:///home/u/kv(1)/a', '-I/home/u/kv(1)/a', '/mnt/home/u/kv(1)/a']) expect(atHand(text)).toBe(text);
});

test('a folder with a shorter name is told by it, wherever it lies', () => {
  tellAtHand({ command: 'crpm', commands: COMMANDS, cwd: '/home/u' });
  tellShorter('/home/u/.local/state/crpm/kv-1', 'kv/.crpm');
  expect(atHand('/home/u/.local/state/crpm/kv-1/logs/r/a.log /home/u/.cache/crpm')).toBe('kv/.crpm/logs/r/a.log .cache/crpm');
});

test('text is laid out as it will stand there, and the same again changes nothing', () => {
  tellAtHand({ command: 'npx crpm', commands: COMMANDS, cwd: '/home/u' });
  const once = wrap('make room with crpm cache gc, then crpm run, see /home/u/kv/some/long/path', { width: 24, first: 0, indent: 2 });
  expect(once).toBe('make room with npx crpm\n  cache gc, then npx\n  crpm run, see\n  kv/some/long/path');
  expect(atHand(once)).toBe(once);
});

test('what is read elsewhere keeps its paths', () => {
  tellAtHand({ command: 'npx crpm', commands: COMMANDS, cwd: '/home/u' });
  expect(wrap('you are at /home/u/kv/work', { width: 20, first: 0, indent: 2, elsewhere: true })).toBe('you are at\n  /home/u/kv/work');
});
