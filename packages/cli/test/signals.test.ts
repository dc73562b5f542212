import type { FailureError } from '@crpm/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { listenForStop, type Stop } from '../src/signals.js';
import { recordedIo } from './io.js';

let now = 0;
let left: number | undefined;
let runs = true;
let stop: Stop;
const { io, err } = recordedIo();

/** As if the signal had come `ms` after the one before. */
function send(name: NodeJS.Signals, ms: number): void {
  now += ms;
  process.emit(name, name);
}

beforeEach(() => {
  now = 0;
  left = undefined;
  runs = true;
  stop = listenForStop(io, { runs: () => runs, now: () => now, leave: (code) => (left = code) });
});
afterEach(() => {
  stop.dispose();
});

test('the first signal cancels, the second kills, the third leaves at once', () => {
  send('SIGINT', 0);
  expect(stop.signal.aborted).toBe(true);
  expect((stop.signal.reason as FailureError).failure).toEqual({ class: 'cancelled', message: 'stopped by SIGINT' });
  expect(stop.kill.aborted).toBe(false);
  send('SIGINT', 1000);
  expect(stop.kill.aborted).toBe(true);
  expect(left).toBeUndefined();
  send('SIGINT', 1000);
  expect(left).toBe(130);
});

test('a Ctrl-C that npx passes on once more counts once', () => {
  send('SIGINT', 0);
  send('SIGINT', 20);
  expect(stop.kill.aborted).toBe(false);
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 143],
] as const)('%s makes the exit code %d, whatever follows', (name, code) => {
  expect(stop.code()).toBeUndefined();
  send(name, 0);
  send('SIGINT', 1000);
  expect(stop.code()).toBe(code);
});

test('it says what another signal would do', () => {
  send('SIGTERM', 0);
  expect(err()).toContain('stopping (SIGTERM); once more kills what still runs, a third time leaves at once');
});

test('where nothing runs it only ends the line of the ^C', () => {
  const before = err();
  runs = false;
  send('SIGINT', 0);
  expect(stop.signal.aborted).toBe(true);
  expect(err().slice(before.length)).toBe('\n');
});
