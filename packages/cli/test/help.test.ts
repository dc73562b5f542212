import { expect, test } from 'vitest';
import { fitHelp } from '../src/help.js';

test('a remark beside an example goes on below itself, prose at its beginning', () => {
  const text = 'Examples:\n  crpm run --only a       that alone, on the results its needs have\n\nOne round goes on at a time, and what was saved meanwhile';
  expect(fitHelp(text, 44)).toBe(
    ['Examples:', '  crpm run --only a       that alone, on the', '                          results its needs', '                          have', '', 'One round goes on at a time, and what was', 'saved meanwhile'].join('\n'),
  );
  expect(fitHelp(text, undefined)).toBe(text);
});
