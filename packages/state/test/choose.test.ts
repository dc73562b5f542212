import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CacheItem } from '@crpm/core';
import { choose, sizesByRoom, type Stock } from '../src/index.js';

const item = (id: string, lastUsed: number, more: Partial<CacheItem> = {}): CacheItem => ({ id, title: id, bytes: 0, lastUsed, ...more });
const file = (inode: string, bytes: number, links = 2) => ({ inode, bytes, links });
const ids = (stocks: readonly Stock[], maxSize: number) => choose(stocks, maxSize).goes.map(({ item: { id } }) => id);

test('the least recently used goes first, whatever room it is in, and no more than needed', () => {
  const stocks = [
    { room: 'a', items: [item('a1', 5, { bytes: 10 }), item('a2', 1, { bytes: 10 })] },
    { room: 'b', items: [item('b1', 3, { bytes: 10 }), item('b2', 2, { bytes: 10 })] },
  ];
  expect(choose(stocks, 40)).toEqual({ goes: [], before: 40, after: 40 });
  expect(ids(stocks, 39)).toEqual(['a2']);
  expect(ids(stocks, 15)).toEqual(['a2', 'b2', 'b1']);
  expect(choose(stocks, 0)).toMatchObject({ before: 40, after: 0 });
});

test('what is pinned stays, however old and however much there is', () => {
  const stocks = [{ room: 'a', items: [item('old', 1, { bytes: 10, pinned: 'a WORKSPACE names it' }), item('new', 2, { bytes: 10 })] }];
  expect(choose(stocks, 0)).toMatchObject({ goes: [{ room: 'a', item: { id: 'new' } }], before: 20, after: 10 });
});

test('bytes that a hard link shares count once and come back with the last who holds them', () => {
  const shared = [file('1', 100)];
  const stocks = [{ room: 'a', items: [item('a', 1, { bytes: 1, shared })] }, { room: 'b', items: [item('b', 2, { shared })] }];
  expect(choose(stocks, Infinity).before).toBe(101);
  expect(choose(stocks, 50)).toMatchObject({ goes: [{ item: { id: 'a' } }, { item: { id: 'b' } }], after: 0 });
  expect(sizesByRoom(stocks)).toEqual(new Map([['a', 101], ['b', 0]]));
});

test('what shares its bytes is as young as the youngest of those who hold them', () => {
  const stocks = [{ room: 'a', items: [item('store', 1, { shared: [file('1', 100)] }), item('current', 9, { shared: [file('1', 100)] }), item('other', 5, { bytes: 100 })] }];
  expect(ids(stocks, 100)).toEqual(['other']);
});

test('nothing goes for nothing: what a pinned item or a stranger holds too is left alone', () => {
  const stocks = [
    { room: 'a', items: [item('published', 9, { shared: [file('1', 100)], pinned: 'published' }), item('store', 1, { shared: [file('1', 100)] })] },
    { room: 'b', items: [item('stranger', 1, { shared: [file('2', 100)] })] },
  ];
  expect(choose(stocks, 0)).toEqual({ goes: [], before: 100, after: 100 });
});

test('of those that share bytes none goes when the bound is reached before the last of them', () => {
  const stocks = [{ room: 'a', items: [item('x', 1, { shared: [file('1', 10)] }), item('y', 2, { shared: [file('1', 10)] }), item('z', 2, { bytes: 100 })] }];
  // All are of age 2; x comes first, then y, then z.
  expect(ids(stocks, 100)).toEqual(['x', 'y']);
  const reached = [{ room: 'a', items: [item('x', 1, { shared: [file('1', 10)] }), item('a', 2, { bytes: 100 }), item('y', 2, { shared: [file('1', 10)] })] }];
  expect(ids(reached, 10)).toEqual(['a']);
});

test('two names of one file in one item are both its own', () => {
  const stocks = [{ room: 'a', items: [item('x', 1, { shared: [file('1', 10), file('1', 10)] })] }];
  expect(choose(stocks, 0)).toMatchObject({ before: 10, after: 0 });
});

test('after any choice: the rest fits or everything left is pinned, shared with it, or a stranger\'s; and the sums are right', () => {
  const inode = fc.constantFrom<string>('1', '2', '3', '4');
  const sizes: Readonly<Record<string, number>> = { 1: 10, 2: 20, 3: 40, 4: 80 };
  const drafts = fc.array(
    fc.record({ bytes: fc.nat(50), lastUsed: fc.nat(20), pinned: fc.boolean(), inodes: fc.uniqueArray(inode, { maxLength: 3 }) }),
    { maxLength: 12 },
  );
  const naive = (items: readonly CacheItem[], links: ReadonlyMap<string, number>, all: readonly CacheItem[]) => {
    const names = (id: string, among: readonly CacheItem[]) => among.filter(({ shared }) => shared?.some((other) => other.inode === id)).length;
    const files = [...links].filter(([id, count]) => names(id, items) > 0 && names(id, all) >= count);
    return items.reduce((sum, { bytes }) => sum + bytes, 0) + files.reduce((sum, [id]) => sum + (sizes[id] ?? 0), 0);
  };
  fc.assert(
    fc.property(drafts, fc.nat(300), fc.nat(1), (list, maxSize, strangers) => {
      const count = (id: string) => list.filter(({ inodes }) => inodes.includes(id)).length;
      const links = new Map(Object.keys(sizes).map((id) => [id, count(id) + (id === '1' ? strangers : 0)]));
      const items = list.map(({ bytes, lastUsed, pinned, inodes }, index): CacheItem => ({
        id: String(index), title: '', bytes, lastUsed, ...(pinned ? { pinned: 'x' } : {}), shared: inodes.map((id) => file(id, sizes[id] ?? 0, links.get(id))),
      }));
      const { goes, before, after } = choose([{ room: 'a', items }], maxSize);
      const gone = new Set(goes.map(({ item: { id } }) => id));
      const left = items.filter(({ id }) => !gone.has(id));
      expect(before).toBe(naive(items, links, items));
      expect(after).toBe(naive(left, links, items));
      expect(goes.every(({ item: { pinned } }) => pinned === undefined)).toBe(true);
      if (after > maxSize) {
        // Nothing that is left could be removed, alone or with all the unpinned others, to any effect.
        const pinned = left.filter((other) => other.pinned !== undefined);
        expect(naive(pinned, links, items)).toBe(after);
      }
    }),
    { numRuns: 2000 },
  );
});
