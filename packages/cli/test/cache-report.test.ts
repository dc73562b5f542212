import { expect, test } from 'vitest';
import { formatListing, type CacheListing } from '../src/cache/report.js';

const HOUR = 3_600_000;
const item = (id: string, more: Partial<CacheListing['rooms'][number]['items'][number]> = {}) => ({ id, title: `a file of no known result, ${id}`, size: 1024, lastUsed: HOUR, ...more });
const listing = (items: CacheListing['rooms'][number]['items']): CacheListing => ({ maxSize: 1024 ** 3, size: 4096, rooms: [{ room: 'store', size: 4096, items }], unseen: [] });

test('files of no known result are one row for each reason to stay, with what they take together', () => {
  const text = formatListing(listing([item('entry/a'), item('entry/b', { lastUsed: 0 }), item('entry/c', { pinned: 'published by w' }), item('results/1', { title: 'base of yesterday' })]), 2 * HOUR);
  expect(text.split('\n').slice(1, 6)).toEqual([
    'store                                 4 items     4.0 KiB',
    '  2 files of no known result          1 hour ago  2.0 KiB',
    '  a file of no known result, entry/c  1 hour ago  1.0 KiB  published by w',
    '  base of yesterday                   1 hour ago  1.0 KiB',
    '',
  ]);
});

test('on a terminal of 80 columns every row fits, and when and how much are whole', () => {
  const text = formatListing(listing([item('results/1', { title: `libvirt.rpmbuild of ${'x'.repeat(60)}`, pinned: 'published by kubevirt-0525cf28, whose WORKSPACE may name it' })]), 2 * HOUR, 80);
  expect(Math.max(...text.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(80);
  expect(text).toMatch(/^ {2}libvirt\.rpmbuild of x+… {2}1 hour ago {2}1\.0 KiB\n {4}published by kubevirt-0525cf28, whose WORKSPACE may name it$/m);
});
