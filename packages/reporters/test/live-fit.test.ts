import { expect, test } from 'vitest';
import { fitRows } from '../src/live-fit.js';

const DONE = ['\u001b[32m✔\u001b[39m a  ran 1s', '✔ b  fresh', '✔ c  ran 2s'];
const BUSY = ['⠙ d  3s', '  › compiling', '◼ e', '3 of 5 done'];

test('what fits stays as it is', () => {
  expect(fitRows([...DONE, ...BUSY], 7)).toEqual([...DONE, ...BUSY]);
});

test('nodes that are done give way, the first ones first, to a line that counts them', () => {
  expect(fitRows([...DONE, ...BUSY], 6)).toEqual(['✔ 2 more', DONE[2], ...BUSY]);
  expect(fitRows([...DONE, ...BUSY], 5)).toEqual(['✔ 3 more', ...BUSY]);
});

test('a node that was chosen stays', () => {
  expect(fitRows(['✔ ▸ a  ran 1s', ...DONE.slice(1), ...BUSY], 6)).toEqual(['✔ 2 more', '✔ ▸ a  ran 1s', ...BUSY]);
});

test('a node that failed stays, and of what still is too much the end', () => {
  expect(fitRows(['✖ a  failed', ...DONE, ...BUSY], 6)).toEqual(['✔ 3 more', '✖ a  failed', ...BUSY]);
  expect(fitRows([...DONE, ...BUSY], 3)).toEqual(BUSY.slice(1));
});
