import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { FailureError } from '@crpm/core';
import { formatRelation, parseRpmHeader, readRpmHeader } from '@crpm/rpm';
import { HEADER_AT, rpmBytes, TAGS } from './support/rpm-bytes.js';

/** The message of the failure that reading these bytes ends with. */
function complaint(bytes: Uint8Array): string {
  try {
    parseRpmHeader(bytes, 'demo.rpm');
  } catch (error) {
    if (error instanceof FailureError) return error.failure.message;
    throw error;
  }
  return 'none';
}

function without(tag: keyof typeof TAGS): Readonly<Record<number, string>> {
  return Object.fromEntries(Object.entries(TAGS).filter(([key]) => Number(key) !== tag));
}

describe('the header of an RPM', () => {
  it('gives name, EVR, architecture and source', () => {
    expect(parseRpmHeader(rpmBytes(), 'demo.rpm')).toEqual({
      name: 'demo',
      epoch: 0,
      version: '1.0',
      release: '1.el9',
      arch: 'x86_64',
      sourcerpm: 'demo-1.0-1.el9.src.rpm',
      requires: [],
      provides: [],
      files: [],
    });
  });

  it('gives an epoch where there is one, and src for a source RPM', () => {
    const source = without(1044);
    expect(parseRpmHeader(rpmBytes({ tags: { ...source, 1003: [17] } }), 'demo.rpm')).toMatchObject({ epoch: 17, arch: 'src' });
    expect(parseRpmHeader(rpmBytes({ tags: { ...source, 1051: [0] } }), 'demo.rpm').arch).toBe('nosrc');
  });

  it('joins names, flags and versions of dependencies', () => {
    const tags = { ...TAGS, 1049: ['a', 'b', 'c', 'd'], 1048: [0, 8, 12, 2], 1050: ['', '17:1-2', '3.0', '4'] };
    expect(parseRpmHeader(rpmBytes({ tags }), 'demo.rpm').requires.map(formatRelation)).toEqual(['a', 'b = 17:1-2', 'c >= 0:3.0', 'd < 0:4']);
  });

  it('does not need the payload', () => {
    expect(parseRpmHeader(rpmBytes().subarray(0, -7), 'demo.rpm').name).toBe('demo');
  });
});

describe('a file that is no whole RPM is refused by name', () => {
  it('when it is cut at any byte of its header', () => {
    const whole = rpmBytes();
    for (let length = 0; length < whole.length - 7; length++) {
      expect(complaint(whole.subarray(0, length))).toMatch(/^demo\.rpm is not a readable RPM: it ends inside the (lead|signature|header)$/);
    }
  });

  it('when a magic is wrong', () => {
    expect(complaint(rpmBytes({ leadMagic: 0x504b0304 }))).toBe('demo.rpm is not a readable RPM: it does not begin with the magic of an RPM');
    const bytes = rpmBytes();
    bytes[HEADER_AT] = 0;
    expect(complaint(bytes)).toBe('demo.rpm is not a readable RPM: the header does not begin with the magic of an RPM header');
  });

  it('when it claims sizes beyond any RPM, or beyond its own', () => {
    const bytes = rpmBytes();
    bytes.writeUInt32BE(0xffffffff, HEADER_AT + 8);
    expect(complaint(bytes)).toBe('demo.rpm is not a readable RPM: the header claims 4294967295 entries and 45 bytes');
    bytes.writeUInt32BE(0xffff, HEADER_AT + 8);
    expect(complaint(bytes)).toBe('demo.rpm is not a readable RPM: it ends inside the header');
  });

  it('when a tag points outside, counts too much, is of the wrong type or has no end', () => {
    const entry = HEADER_AT + 16;
    const broken = (at: number, value: number) => {
      const bytes = rpmBytes();
      bytes.writeUInt32BE(value, entry + at);
      return complaint(bytes);
    };
    expect(broken(8, 0xfffffff0)).toBe('demo.rpm is not a readable RPM: tag 1000 points outside of the header');
    expect(broken(12, 0x7fffffff)).toBe('demo.rpm is not a readable RPM: tag 1000 points outside of the header');
    expect(broken(4, 7)).toBe('demo.rpm is not a readable RPM: tag 1000 is no text');
    const endless = rpmBytes();
    endless[endless.length - 8] = 0x78;
    expect(complaint(endless)).toBe('demo.rpm is not a readable RPM: tag 1044 has text without an end');
  });

  it('when lists that belong together differ in length', () => {
    expect(complaint(rpmBytes({ tags: { ...TAGS, 1049: ['a', 'b'], 1048: [0], 1050: ['', ''] } }))).toBe(
      'demo.rpm is not a readable RPM: its header has dependencies of unequal length',
    );
    expect(complaint(rpmBytes({ tags: { ...TAGS, 1117: ['a'], 1118: ['/'], 1116: [3] } }))).toBe(
      'demo.rpm is not a readable RPM: its header names a folder that it does not list',
    );
  });

  it('when a few kilobytes of it spell gigabytes of paths', () => {
    const files = (folder: string, count: number) => {
      const each = <T>(value: T) => Array.from({ length: count }, () => value);
      return { ...TAGS, 1117: each('a'), 1118: [folder], 1116: each(0), 1030: each(0o100644), 1028: each(1), 1035: each(''), 1036: each(''), 1037: each(0) };
    };
    expect(complaint(rpmBytes({ tags: files(`/${'d'.repeat(4094)}/`, 1) }))).toBe('demo.rpm is not a readable RPM: its header has a path of 4097 characters');
    expect(complaint(rpmBytes({ tags: files(`/${'d'.repeat(4090)}/`, 20_000) }))).toBe('demo.rpm is not a readable RPM: the paths in its header have more than 67108864 characters');
    expect(parseRpmHeader(rpmBytes({ tags: files('/usr/', 3) }), 'demo.rpm').files.map(({ path }) => path)).toEqual(['/usr/a', '/usr/a', '/usr/a']);
  });

  it('when it has no name', () => {
    expect(complaint(rpmBytes({ tags: without(1000) }))).toBe('demo.rpm is not a readable RPM: its header has no name');
  });

  it('whatever byte is changed: it is read or refused, never anything else', () => {
    const whole = rpmBytes({ tags: { ...TAGS, 1049: ['a'], 1048: [8], 1050: ['1-1'], 1003: [17] } });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }), (changes) => {
        const bytes = Buffer.from(whole);
        for (const [at, value] of changes) bytes[at] = value;
        complaint(bytes);
      }),
      { numRuns: 2000 },
    );
  });

  it('when it is not there', () => {
    expect(() => readRpmHeader('/nonexistent/demo.rpm')).toThrowError(
      "cannot read the RPM /nonexistent/demo.rpm: ENOENT: no such file or directory, open '/nonexistent/demo.rpm'",
    );
  });
});
