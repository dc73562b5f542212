import { expect, test } from 'vitest';
import { diagnosticWithin, formatDiagnostic, type Diagnostic } from '../src/index.js';

const at = (source: string, column: number, length: number): Diagnostic => ({
  severity: 'error',
  message: 'wrong',
  location: { file: 'f.yaml', line: 12, column, length, source },
});

test('a diagnostic shows the line, and a mark under the place', () => {
  expect(formatDiagnostic(at('a: bcd', 4, 3))).toBe('f.yaml:12:4: error: wrong\n 12 | a: bcd\n    |    ^^^');
});

test('without a place it is one line', () => {
  expect(formatDiagnostic({ severity: 'warning', message: 'odd' })).toBe('warning: odd');
});

test('tabs stay tabs under the line, so that the mark stands right at any width', () => {
  expect(formatDiagnostic(at('\ta: b', 5, 1))).toBe('f.yaml:12:5: error: wrong\n 12 | \ta: b\n    | \t   ^');
});

test('the mark never leaves the line', () => {
  expect(formatDiagnostic(at('abc', 3, 99)).split('\n')[2]).toBe('    |   ^');
  expect(formatDiagnostic(at('', 1, 0)).split('\n')[2]).toBe('    | ^');
});

test('of a long line only the part around the mark is shown, with the true column', () => {
  const [head, line, mark] = formatDiagnostic(at(`${'a'.repeat(5000)}bbb${'c'.repeat(5000)}`, 5001, 3)).split('\n');
  expect(head).toBe('f.yaml:12:5001: error: wrong');
  expect(line).toHaveLength(' 12 | '.length + 160);
  expect(line?.slice(mark?.indexOf('^'), mark?.length)).toBe('bbb');
});

test('on a terminal the message is broken between words, and of the line the part around the mark is shown', () => {
  const lines = diagnosticWithin({ ...at(`${'a'.repeat(100)} bbb ${'c'.repeat(100)}`, 102, 3), message: 'this is no name of a package that crpm knows' }, 40).split('\n');
  expect(lines.slice(0, 2)).toEqual(['f.yaml:12:102: error: this is no name of', '  a package that crpm knows']);
  expect(lines.every(({ length }) => length <= 40)).toBe(true);
  expect(lines[2]?.slice(lines[3]?.indexOf('^'), (lines[3]?.lastIndexOf('^') ?? 0) + 1)).toBe('bbb');
});
