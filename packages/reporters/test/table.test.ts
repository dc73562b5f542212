import { expect, test } from 'vitest';
import { formatTable } from '../src/index.js';

const rows = [['run', 'exit', 'did'], ['20261126T101500', '0', 'ran base, qemu.source, qemu.rpmbuild'], ['20261126T101600', '1', 'failed base']];

test('columns are as wide as their widest cell', () => {
  expect(formatTable(rows)).toBe('run              exit  did\n20261126T101500  0     ran base, qemu.source, qemu.rpmbuild\n20261126T101600  1     failed base');
});

test('on a terminal the widest columns are cut until the table fits, and narrow ones are left', () => {
  const lines = formatTable(rows, 45).split('\n');
  expect(lines).toEqual(['run              exit  did', '20261126T101500  0     ran base, qemu.source…', '20261126T101600  1     failed base']);
  expect(Math.max(...lines.map(({ length }) => length))).toBe(45);
  expect(Math.max(...formatTable(rows, 30).split('\n').map(({ length }) => length))).toBeLessThanOrEqual(30);
  expect(formatTable([['a', 'b']], 1)).toBe('a  b');
});

test('only columns that may be cut are', () => {
  expect(formatTable(rows, 32, [2]).split('\n')).toEqual(['run              exit  did', '20261126T101500  0     ran base…', '20261126T101600  1     failed b…']);
});
