import { expect, test } from 'vitest';
import { fitRows, placeRows, type DrawnNode } from '../src/live-fit.js';

const node = (state: DrawnNode['state'], ...rows: readonly string[]): DrawnNode => ({ state, chosen: false, rows });
const NODES = [node('ran', 'a'), node('fresh', 'b'), node('restored', 'c'), node('running', 'd', '  › compiling'), node('waiting', 'e'), node('waiting', 'f'), node('waiting', 'g')];
const many = (state: DrawnNode['state'], count: number): readonly DrawnNode[] => Array.from({ length: count }, (_, index) => node(state, `${state} ${index}`));

test('what fits stays as it is', () => {
  expect(fitRows(NODES, 8)).toEqual(['a', 'b', 'c', 'd', '  › compiling', 'e', 'f', 'g']);
});

test('nodes that nothing happens to give way to rows that count them: the first ones that are done, the last ones that wait', () => {
  expect(fitRows(NODES, 7)).toEqual(['✔ 2 more', 'c', 'd', '  › compiling', 'e', 'f', '… and 1 more waiting']);
  expect(fitRows(NODES, 6)).toEqual(['✔ 2 more', 'c', 'd', '  › compiling', 'e', '… and 2 more waiting']);
  expect(fitRows(NODES, 4)).toEqual(['✔ 3 more', 'd', '  › compiling', '… and 3 more waiting']);
});

test('when a run begins on a small terminal, it says how many wait', () => {
  expect(fitRows([node('running', 'a', '  › b'), ...many('waiting', 39)], 5)).toEqual(['a', '  › b', 'waiting 0', 'waiting 1', '… and 37 more waiting']);
});

test('a node that was chosen stays', () => {
  const chosen = NODES.map((each, index) => (index === 0 ? { ...each, chosen: true } : each));
  expect(fitRows(chosen, 5)).toEqual(['✔ 2 more', 'a', 'd', '  › compiling', '… and 3 more waiting']);
});

test('then what running nodes said gives way, then failed nodes, running ones last', () => {
  const busy = [...many('ran', 3), ...many('failed', 3), node('running', 'x', '  › 1'), node('running', 'y', '  › 2'), ...many('not-run', 3)];
  expect(fitRows(busy, 8)).toEqual(['✔ 3 more', 'failed 0', 'failed 1', 'failed 2', 'x', '  › 1', 'y', '↓ 3 more stopped or not run']);
  expect(fitRows(busy, 6)).toEqual(['✔ 3 more', 'failed 2', 'x', 'y', '✖ 2 more failed', '↓ 3 more stopped or not run']);
  expect(fitRows(busy, 4)).toEqual(['✔ 3 more', 'x', 'y', '✖ 3 more failed']);
  expect(fitRows(busy, 3)).toEqual(['x', 'y', '✖ 3 more failed']);
  expect(fitRows([...many('running', 9)], 3)).toEqual(['running 0', 'running 1', '… 7 more running']);
  expect(fitRows(busy, 0)).toEqual([]);
});

test('where there is room packages are groups below their names, and stay so whatever runs', () => {
  const grouped: readonly DrawnNode[] = [node('ran', 'base'), { ...node('ran', 'a.source'), group: 'a' }, { ...node('running', 'a.rpmbuild', '  › compiling'), group: 'a' }, { ...node('running', 'b.source', '  › reading'), group: 'b' }, node('waiting', 'createrepo')];
  expect(placeRows(grouped, 9, 2)).toEqual(['base', 'a', '  a.source', '  a.rpmbuild', '    › compiling', 'b', '  b.source', '    › reading', 'createrepo']);
  expect(placeRows(grouped, 8, 2)).toEqual(['base', 'a.source', 'a.rpmbuild', '  › compiling', 'b.source', '  › reading', 'createrepo']);
  // Two can run, though none does by now: what it looks like does not hang on that.
  expect(placeRows(grouped.map((each) => ({ ...each, rows: each.rows.slice(0, 1) })), 8, 2)).toEqual(['base', 'a.source', 'a.rpmbuild', 'b.source', 'createrepo']);
  expect(placeRows(NODES, 8, 1)).toEqual(fitRows(NODES, 8));
});
