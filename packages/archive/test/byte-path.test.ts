import { describe, expect, test } from 'vitest';
import { bytesOf, fsPath, printable } from '../src/index.js';

describe('byte strings', () => {
  test('hold one character for each byte of UTF-8', () => {
    expect(bytesOf('é')).toBe('\xc3\xa9');
    expect(bytesOf('plain/name')).toBe('plain/name');
  });

  test('reach the file system as the bytes they stand for', () => {
    expect(fsPath('a/b')).toBe('a/b');
    expect(fsPath('\xff\xfe')).toEqual(Buffer.from([0xff, 0xfe]));
  });

  test.each([
    ['plain name', 'plain name'],
    ['\xc3\xa9', 'é'],
    ['new\nline', '"new\\nline"'],
    ['tab\t"quoted"', '"tab\\t\\"quoted\\""'],
    ['bell\x07', '"bell\\x07"'],
    ['invalid\xff', '"invalid\\xff"'],
  ])('%j is printed as %s', (path, shown) => {
    expect(printable(path)).toBe(shown);
  });
});
