import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { inItsLetters } from '../src/live-console.js';

const ROWS = ['\u001b[32m✔\u001b[39m base  ran 0.2s', '⠹ ▸ build  3.0s', '  › compiling …', '✖ other', '◼ waits', '0 of 5 done  ↑↓ choose · l log'];

test('on the Linux console marks are letters that its fonts have, as wide as the others', () => {
  const shown = inItsLetters(ROWS, 'linux');
  expect(shown).toEqual(['\u001b[32m√\u001b[39m base  ran 0.2s', '| ► build  3.0s', '  > compiling ~', 'x other', '■ waits', '0 of 5 done  ↑↓ choose · l log']);
  expect(shown.map((row) => stringWidth(row))).toEqual(ROWS.map((row) => stringWidth(row)));
});

test('elsewhere nothing is another', () => {
  expect(inItsLetters(ROWS, 'xterm-256color')).toEqual(ROWS);
  expect(inItsLetters(ROWS, undefined)).toEqual(ROWS);
});
