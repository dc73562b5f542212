import type { Graph } from '@crpm/core';
import { describe, expect, test } from 'vitest';
import { criticalPaths } from '../src/critical-path.js';
import { schedule } from '../src/index.js';
import { graphOf, node } from './rig.js';
import { diamond, stage } from './stage.js';

describe('order', () => {
  test('a node starts when the last of its needs is done', async () => {
    const it = await stage(diamond);
    expect(it.active).toEqual(['top']);
    await it.end('top');
    expect(it.active).toEqual(['left', 'right']);
    await it.end('right');
    expect(it.active).toEqual(['left']);
    await it.end('left');
    expect(it.active).toEqual(['bottom']);
    await it.end('bottom');
    expect(await it.states()).toEqual({ top: 'done', left: 'done', right: 'done', bottom: 'done' });
  });

  test('independent packages go on at the same time, each at its own pace', async () => {
    const it = await stage(graphOf(node('a.source'), node('a.build', ['a.source']), node('b.source'), node('b.build', ['b.source']), node('repo', ['a.build', 'b.build'])));
    expect(it.active).toEqual(['a.source', 'b.source']);
    await it.end('b.source');
    expect(it.active).toEqual(['a.source', 'b.build']);
    await it.end('b.build');
    await it.end('a.source');
    await it.end('a.build');
    expect(it.active).toEqual(['repo']);
    await it.end('repo');
    await it.result;
  });

  test('no more at a time than allowed, first come first served', async () => {
    const it = await stage(graphOf(...['a', 'b', 'c', 'd'].map((id) => node(id))), { concurrency: 2 });
    expect(it.active).toEqual(['a', 'b']);
    await it.end('b');
    expect(it.active).toEqual(['a', 'c']);
    await it.end('a');
    await it.end('c');
    await it.end('d');
    expect(it.log).toEqual(['start a', 'start b', 'end b', 'start c', 'end a', 'start d', 'end c', 'end d']);
  });

  test('a need named twice counts as one wish, not two', async () => {
    const it = await stage(graphOf(node('a'), node('b', ['a', 'a'])));
    await it.end('a');
    await it.end('b');
    expect(await it.states()).toEqual({ a: 'done', b: 'done' });
  });

  test('an empty graph is done at once', async () => {
    expect(await (await stage(graphOf())).states()).toEqual({});
  });
});

describe('failure and cancel', () => {
  const graph = graphOf(node('a'), node('a2', ['a']), node('b'), node('b2', ['b']));

  test('a failure lets what is active end and starts nothing', async () => {
    const it = await stage(graph);
    await it.end('a', 'failed');
    expect(it.active).toEqual(['b']);
    await it.end('b');
    expect(await it.states()).toEqual({ a: 'failed', a2: 'not-run', b: 'done', b2: 'not-run' });
  });

  test('with keepGoing, all that does not need the failed one is started', async () => {
    const it = await stage(graph, { keepGoing: true });
    await it.end('a', 'failed');
    await it.end('b');
    await it.end('b2');
    expect(await it.states()).toEqual({ a: 'failed', a2: 'not-run', b: 'done', b2: 'done' });
  });

  test('what stands in the queue does not start after a failure', async () => {
    const it = await stage(graph, { concurrency: 1 });
    await it.end('a', 'failed');
    expect(await it.states()).toEqual({ a: 'failed', a2: 'not-run', b: 'not-run', b2: 'not-run' });
    expect(it.log).toEqual(['start a', 'end a']);
  });

  test('a cancel waits for what is active, and starts nothing', async () => {
    const it = await stage(graph);
    it.abort();
    await it.end('a', 'failed');
    await it.end('b');
    expect(await it.states()).toEqual({ a: 'failed', a2: 'not-run', b: 'done', b2: 'not-run' });
  });

  test('what a visit throws is thrown, after the rest has ended', async () => {
    const it = await stage(graph, { keepGoing: true });
    await it.end('a', new TypeError('a bug'));
    expect(it.active).toEqual(['b']);
    await it.end('b');
    await expect(it.result).rejects.toThrow('a bug');
  });
});

describe('priority', () => {
  test('of those that can be visited the one with the highest goes first', async () => {
    const order: Readonly<Record<string, number>> = { a: 1, b: 3, c: 2 };
    const it = await stage(graphOf(...['first', 'a', 'b', 'c'].map((id) => node(id))), { concurrency: 1, priority: ({ id }) => order[id] ?? 0 });
    for (const id of ['first', 'b', 'c', 'a']) await it.end(id);
    expect(it.log.filter((line) => line.startsWith('start'))).toEqual(['start first', 'start b', 'start c', 'start a']);
  });

  test('is the longest way to the end, by past durations', () => {
    const durations: Readonly<Record<string, number>> = { top: 1, left: 10, bottom: 5 };
    expect(criticalPaths(diamond, (id) => durations[id])).toEqual(new Map([['bottom', 5], ['left', 15], ['right', 10], ['top', 16]]));
  });

  test('is the number of nodes, when none ever ran', () => {
    expect(criticalPaths(diamond, () => undefined)).toEqual(new Map([['bottom', 1], ['left', 2], ['right', 2], ['top', 3]]));
  });
});

describe('size', () => {
  const instant = (graph: Graph) =>
    schedule({ graph, concurrency: 8, keepGoing: false, signal: new AbortController().signal, visit: () => Promise.resolve('done') });

  test('a chain of 20,000 nodes needs no stack', async () => {
    const graph = graphOf(...Array.from({ length: 20_000 }, (_, index) => node(String(index), index === 0 ? [] : [String(index - 1)])));
    expect(new Set((await instant(graph)).values())).toEqual(new Set(['done']));
  });

  test('a node with 5,000 needs starts after all of them', async () => {
    const ids = Array.from({ length: 5000 }, (_, index) => `n${String(index)}`);
    const order: string[] = [];
    await schedule({
      graph: graphOf(node('all', ids), ...ids.map((id) => node(id))),
      concurrency: 8, keepGoing: false, signal: new AbortController().signal,
      visit: ({ id }) => {
        order.push(id);
        return Promise.resolve('done');
      },
    });
    expect(order).toHaveLength(5001);
    expect(order.at(-1)).toBe('all');
  });
});
