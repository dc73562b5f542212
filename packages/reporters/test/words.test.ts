import { expect, test } from 'vitest';
import { formatAge, formatDuration, formatTable, wantsColour } from '../src/index.js';

test.each([
  [0, '0.0s'],
  [340, '0.3s'],
  [59_940, '59.9s'],
  [59_960, '1m00s'],
  [185_000, '3m05s'],
  [3_599_600, '1h00m'],
  [7_380_000, '2h03m'],
])('%d ms is %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test.each([
  [1000, '1 second'],
  [150_000, '2 minutes'],
  [7_200_000, '2 hours'],
  [400_000_000, '4 days'],
])('an age of %d ms is %s', (ms, text) => {
  expect(formatAge(ms)).toBe(text);
});

test('NO_COLOR wins over FORCE_COLOR, which wins over the terminal', () => {
  expect(wantsColour({ isTTY: true }, {})).toBe(true);
  expect(wantsColour({ isTTY: false }, {})).toBe(false);
  expect(wantsColour({ isTTY: false }, { FORCE_COLOR: '1' })).toBe(true);
  expect(wantsColour({ isTTY: true }, { NO_COLOR: '1', FORCE_COLOR: '1' })).toBe(false);
  expect(wantsColour({ isTTY: true }, { TERM: 'dumb' })).toBe(false);
});

test('a table has two spaces between columns and none at the ends of lines', () => {
  expect(formatTable([['a', 'bb', ''], ['ccc', '', 'd']])).toBe('a    bb\nccc      d');
});
