import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { RowCutter } from '../src/row-cutter.js';

test.each([
  ['letters', 'x'.repeat(500)],
  ['wide letters', '汉字'.repeat(200)],
  ['pictures of several characters', '👩‍👩‍👧‍👦🇩🇪✈️ '.repeat(50)],
  ['combined letters', 'e\u0301a\u030a\u0327'.repeat(100)],
  ['colours', `\u001b[31m✖\u001b[39m ${'x'.repeat(100)}`],
])('a row of %s is cut to the width, and the same row again gives the same', (_what, row) => {
  const cutter = new RowCutter();
  const [cut = ''] = cutter.cut([row], 40);
  expect(stringWidth(cut)).toBeGreaterThan(30);
  expect(stringWidth(cut)).toBeLessThanOrEqual(40);
  expect(cut).toContain('…');
  expect(cutter.cut([row, 'b'], 40)).toEqual([cut, 'b']);
  expect(cutter.cut([row], 20)).not.toEqual([cut]);
});

test('what fits stays as it is', () => {
  expect(new RowCutter().cut(['', '\u001b[32m✔\u001b[39m a', 'a'.repeat(10)], 10)).toEqual(['', '\u001b[32m✔\u001b[39m a', 'a'.repeat(10)]);
});
