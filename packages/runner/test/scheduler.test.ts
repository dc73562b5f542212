import PQueue from 'p-queue';
import type { Graph } from '@crpm/core';
import { describe, expect, test } from 'vitest';
import { criticalPaths } from '../src/critical-path.js';
import { schedule, type FinalState, type ScheduleOptions, type Step } from '../src/index.js';
import type { Turn } from '../src/scheduler.js';
import { graphOf, node } from './rig.js';

/** A schedule in which the test decides when each visit ends, and how. */
class Stage {
  readonly log: string[] = [];
  readonly #ends = new Map<string, (step: Step | Error) => void>();
  readonly #abort = new AbortController();
  readonly result: Promise<ReadonlyMap<string, FinalState>>;

  constructor(graph: Graph, options: Partial<ScheduleOptions> = {}) {
    const concurrency = options.concurrency ?? 10;
    this.result = schedule({
      graph, concurrency, keepGoing: false, queue: new PQueue({ concurrency }), ...options,
      signal: this.#abort.signal,
      visit: ({ id }) =>
        new Promise((resolve, reject) => {
          this.log.push(`start ${id}`);
          this.#ends.set(id, (step) => {
            this.#ends.delete(id);
            if (step instanceof Error) reject(step);
            else resolve(step);
          });
        }),
    });
    // A test looks at the rejection when it is done with the rest.
    this.result.catch(() => {});
  }

  /** Ids of what is being visited. */
  get active(): readonly string[] {
    return [...this.#ends.keys()].sort();
  }

  async end(id: string, step: Step | Error = 'done'): Promise<void> {
    const end = this.#ends.get(id);
    if (!end) throw new Error(`${id} is not being visited, only ${this.active.join(', ')}`);
    this.log.push(`end ${id}`);
    end(step);
    await settled();
  }

  abort(): void {
    this.#abort.abort();
  }

  async states(): Promise<Readonly<Record<string, FinalState>>> {
    return Object.fromEntries(await this.result);
  }
}

/** Lets every promise that can go on do so; nothing in a schedule waits for time. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function stage(graph: Graph, options: Partial<ScheduleOptions> = {}): Promise<Stage> {
  const result = new Stage(graph, options);
  await settled();
  return result;
}

const diamond = graphOf(node('top'), node('left', ['top']), node('right', ['top']), node('bottom', ['left', 'right']));

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

describe('reopening', () => {
  test('a need is visited again, then all that rests on it', async () => {
    const it = await stage(diamond);
    await it.end('top');
    await it.end('left');
    await it.end('right', { reopen: ['top'] });
    expect(it.active).toEqual(['top']);
    await it.end('top');
    expect(it.active).toEqual(['left', 'right']);
    await it.end('left');
    await it.end('right');
    await it.end('bottom');
    expect(await it.states()).toEqual({ top: 'done', left: 'done', right: 'done', bottom: 'done' });
  });

  test('one that was active while its need was reopened is visited again', async () => {
    const it = await stage(diamond);
    await it.end('top');
    await it.end('right', { reopen: ['top'] });
    await it.end('left');
    expect(it.active).toEqual(['top']);
    await it.end('top');
    expect(it.active).toEqual(['left', 'right']);
    await it.end('left');
    await it.end('right');
    expect(it.active).toEqual(['bottom']);
    await it.end('bottom');
    await it.result;
  });

  test('one that was active while its need was reopened, and done again, is visited again all the same', async () => {
    const it = await stage(diamond);
    await it.end('top');
    await it.end('right', { reopen: ['top'] });
    await it.end('top');
    expect(it.active).toEqual(['left', 'right']);
    await it.end('left');
    expect(it.active).toEqual(['left', 'right']);
    await it.end('left');
    await it.end('right');
    await it.end('bottom');
    expect(it.log.filter((line) => line === 'start left')).toHaveLength(2);
    await it.result;
  });

  test('two that reopen the same need have it visited once', async () => {
    const it = await stage(diamond);
    await it.end('top');
    await it.end('left', { reopen: ['top'] });
    await it.end('right', { reopen: ['top'] });
    await it.end('top');
    await it.end('left');
    await it.end('right');
    await it.end('bottom');
    await it.result;
    expect(it.log.filter((line) => line === 'start top')).toHaveLength(2);
  });

  test('one in the queue waits for its need again', async () => {
    const it = await stage(diamond, { concurrency: 1 });
    await it.end('top');
    await it.end('left', { reopen: ['top'] });
    expect(it.active).toEqual(['top']);
    await it.end('top');
    await it.end('left');
    await it.end('right');
    await it.end('bottom');
    expect(await it.states()).toMatchObject({ bottom: 'done' });
  });

  test('with nothing to reopen, the node itself is visited again', async () => {
    const it = await stage(diamond);
    await it.end('top', { reopen: [] });
    expect(it.active).toEqual(['top']);
    it.abort();
    await it.end('top');
    expect(await it.states()).toMatchObject({ top: 'done', left: 'not-run' });
  });

  test('a reopened need that fails takes what rests on it along', async () => {
    const it = await stage(diamond, { keepGoing: true });
    await it.end('top');
    await it.end('left');
    await it.end('right', { reopen: ['top'] });
    await it.end('top', 'failed');
    expect(await it.states()).toEqual({ top: 'failed', left: 'not-run', right: 'not-run', bottom: 'not-run' });
  });
});

describe('a line for something scarcer than slots', () => {
  class Place implements Turn {
    left = false;
    #arrive = () => {};
    readonly come = new Promise<void>((resolve) => { this.#arrive = resolve; });
    async arrive(): Promise<void> {
      this.#arrive();
      await settled();
    }
    leave(): void {
      this.left = true;
    }
  }

  test('holds no slot; when its turn has come the node is visited again', async () => {
    const it = await stage(graphOf(node('heavy'), node('light')), { concurrency: 1 });
    const place = new Place();
    await it.end('heavy', { wait: place });
    expect(it.active).toEqual(['light']);
    await it.end('light');
    expect(it.active).toEqual([]);
    await place.arrive();
    expect(it.active).toEqual(['heavy']);
    await it.end('heavy');
    expect(await it.states()).toEqual({ heavy: 'done', light: 'done' });
    expect(place.left).toBe(false);
  });

  test('is left at a failure, and at a cancel', async () => {
    for (const stop of ['failure', 'cancel']) {
      const it = await stage(graphOf(node('heavy'), node('light')));
      const place = new Place();
      await it.end('heavy', { wait: place });
      if (stop === 'cancel') it.abort();
      expect(place.left).toBe(stop === 'cancel');
      await it.end('light', stop === 'failure' ? 'failed' : 'done');
      expect(place.left).toBe(true);
      expect(await it.states()).toMatchObject({ heavy: 'not-run' });
    }
  });

  test('is left when a need is reopened meanwhile; the node gets in line anew', async () => {
    const it = await stage(diamond);
    const place = new Place();
    await it.end('top');
    await it.end('left', { wait: place });
    await it.end('right', { reopen: ['top'] });
    expect(place.left).toBe(true);
    // Its turn comes too late.
    await place.arrive();
    expect(it.active).toEqual(['top']);
    await it.end('top');
    await it.end('left');
    await it.end('right');
    await it.end('bottom');
    expect(await it.states()).toMatchObject({ bottom: 'done' });
  });

  test('whose turn came just before the run stops is left too', async () => {
    const it = await stage(graphOf(node('heavy'), node('light')), { concurrency: 1 });
    const place = new Place();
    await it.end('heavy', { wait: place });
    await place.arrive();
    await it.end('light', 'failed');
    expect(place.left).toBe(true);
    expect(await it.states()).toEqual({ heavy: 'not-run', light: 'failed' });
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
