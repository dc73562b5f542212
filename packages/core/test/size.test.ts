import { expect, test } from 'vitest';
import { formatSize, parseSize } from '../src/index.js';

test.each([['0', 0], ['4096', 4096], ['20GiB', 20 * 1024 ** 3], ['1TiB', 1024 ** 4], ['0GiB', 0]])('%s is %d bytes', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

test.each(['', 'GiB', '20GB', '20 GiB', '-1', '1.5GiB', '1e3', '007', '999999999999999TiB', '0x10'])('%j is no size', (text) => {
  expect(parseSize(text)).toBeUndefined();
});

test.each([[0, '0 B'], [1023, '1023 B'], [1024, '1.0 KiB'], [2.44 * 1024 ** 3, '2.4 GiB'], [812 * 1024 ** 2, '812 MiB'], [5000 * 1024 ** 4, '5000 TiB']])('%d bytes read as %s', (bytes, text) => {
  expect(formatSize(bytes)).toBe(text);
});
