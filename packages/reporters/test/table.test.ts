import { expect, test } from 'vitest';
import { formatTable } from '../src/index.js';

const rows = [['run', 'exit', 'did'], ['20261126T101500', '0', 'ran base, qemu.source, qemu.rpmbuild'], ['20261126T101600', '1', 'failed base']];

test('columns are as wide as their widest cell', () => {
  expect(formatTable(rows)).toBe('run              exit  did\n20261126T101500  0     ran base, qemu.source, qemu.rpmbuild\n20261126T101600  1     failed base');
});

test('on a terminal the last column is broken between words, below itself', () => {
  expect(formatTable(rows, 50)).toBe('run              exit  did\n20261126T101500  0     ran base, qemu.source,\n                       qemu.rpmbuild\n20261126T101600  1     failed base');
});

test('where there is no room for words beside the others, it goes below its row', () => {
  expect(formatTable(rows, 40)).toBe('run              exit  did\n20261126T101500  0\n    ran base, qemu.source, qemu.rpmbuild\n20261126T101600  1     failed base');
});

test('a word that is wider than its column stays whole, and so does a row with fewer cells', () => {
  const path = '/home/me/.local/state/crpm/kubevirt-0525cf28/logs';
  expect(formatTable([['state', `in ${path} of this machine`], ['alone and wider than a first cell would be']], 80)).toContain(path);
});

test('only columns that may be cut are, the last one among them', () => {
  expect(formatTable(rows, 32, [2]).split('\n')).toEqual(['run              exit  did', '20261126T101500  0     ran base…', '20261126T101600  1     failed b…']);
  expect(formatTable([['a very long title of something', '3 MiB', 'it is what the workspace stands on']], 50, [0]).split('\n')).toEqual(['a very long titl…  3 MiB  it is what the workspace', '                          stands on']);
});

test('wide letters, pictures and combining marks take the columns that a terminal gives them', () => {
  expect(formatTable([['名前', 'x'], ['e\u0301', 'y'], ['😀😀😀', 'z']])).toBe('名前    x\ne\u0301       y\n😀😀😀  z');
  expect(formatTable([['漢字漢字漢字漢字', '3 MiB']], 18, [0])).toBe('漢字漢字漢…  3 MiB');
  expect(formatTable([['a', '漢字 '.repeat(8).trim()]], 30)).toBe(`a  ${'漢字 '.repeat(5).trim()}\n   漢字 漢字 漢字`);
});

test('narrow columns are left', () => {
  expect(formatTable([['a', 'b']], 1, [0, 1])).toBe('a  b');
});

test('a last column that is empty takes no room, in one row or in all', () => {
  expect(formatTable([['a', 'words that are long enough to be broken', ''], ['b', '', '']], 30)).toBe('a  words that are long enough\n   to be broken\nb');
  expect(formatTable([['a', 'x'.repeat(40), ''], ['b', 'y', 'new']], 40)).toBe(`a  ${'x'.repeat(40)}\nb  y${' '.repeat(39)}\n    new`.replace(/ +\n/, '\n'));
});
