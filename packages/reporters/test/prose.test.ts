import { expect, test } from 'vitest';
import { palette, prose } from '../src/index.js';

const TEXT = 'error: there is no node no.such; the nodes are: base, qemu.source, qemu.buildroot';
const terminal = { write: () => undefined, isTTY: true, columns: 50 };

test('on a terminal prose is broken between words, and goes on below itself', () => {
  expect(prose(TEXT, terminal)).toBe('error: there is no node no.such; the nodes are:\n  base, qemu.source, qemu.buildroot');
});

test('each line stands for itself, with the indent it has', () => {
  expect(prose(`one\n  ${'word '.repeat(12).trim()}`, terminal)).toBe(`one\n  ${'word '.repeat(9).trim()}\n    word word word`);
});

test('elsewhere a line stays one', () => {
  expect(prose(TEXT, { write: () => undefined })).toBe(TEXT);
});

test('colours take no room', () => {
  const { caution } = palette(true);
  expect(prose(`${caution('warning:')} ${'a'.repeat(41)}`, terminal)).not.toContain('\n');
});
