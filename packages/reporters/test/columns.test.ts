import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { columnsOf, cutToColumns, foldToColumns, padToColumns } from '../src/columns.js';

test.each([
  ['plain', 'libvirt.rpmbuild', 16],
  ['accents', 'é', 1],
  ['combining marks', 'e\u0301a\u030a\u0327', 2],
  ['wide letters', '漢字 kana カナ', 14],
  ['pictures', '😀x', 3],
  ['a sign shown as a picture', '☁\ufe0f', 2],
  ['a flag', '🇩🇪', 2],
  ['what is not seen', 'a\u200bb\u200d', 2],
  ['box drawing and points', '…│✔', 3],
])('%s', (_what, text, columns) => {
  expect(columnsOf(text)).toBe(columns);
  expect(columnsOf(text)).toBeGreaterThanOrEqual(stringWidth(text));
});

test('a text is cut where its columns end, never within a letter or before its marks', () => {
  expect(cutToColumns('漢字漢字', 8)).toBe('漢字漢字');
  expect(cutToColumns('漢字漢字', 7)).toBe('漢字漢…');
  expect(cutToColumns('漢字漢字', 6)).toBe('漢字…');
  expect(cutToColumns('e\u0301e\u0301e\u0301', 2)).toBe('e\u0301…');
});

test('a text is folded into rows that are no wider', () => {
  expect(foldToColumns('', 4)).toEqual(['']);
  expect(foldToColumns('abcdefgh', 4)).toEqual(['abcd', 'efgh']);
  expect(foldToColumns('a漢字b😀', 3)).toEqual(['a漢', '字b', '😀']);
  expect(foldToColumns('abe\u0301d', 3)).toEqual(['abe\u0301', 'd']);
  expect(foldToColumns('漢', 1)).toEqual(['漢']);
});

test('padding fills up to columns', () => {
  expect(padToColumns('漢', 4)).toBe('漢  ');
  expect(padToColumns('漢字漢', 4)).toBe('漢字漢');
});
