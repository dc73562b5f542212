import { FailureError, type Budget, type NodeContext } from '@crpm/core';
import { describe, expect, test } from 'vitest';
import { graphOf, node, outcomes, Rig } from './rig.js';

/** Nodes whose runs the test ends. */
class Held {
  readonly budgets = new Map<string, Budget>();
  readonly #running = new Map<string, () => void>();
  readonly #waiters: (() => void)[] = [];

  readonly during = ({ node: { id }, budget, signal }: NodeContext): Promise<void> =>
    new Promise((resolve, reject) => {
      this.budgets.set(id, budget);
      this.#running.set(id, resolve);
      signal.addEventListener('abort', () => { reject(new Error('stopped')); });
      for (const waiter of this.#waiters.splice(0)) waiter();
    });

  get running(): readonly string[] {
    return [...this.#running.keys()].sort();
  }

  /** Waits until exactly these are running. */
  async until(...ids: readonly string[]): Promise<void> {
    while (this.running.join() !== ids.join()) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  end(id: string): void {
    const end = this.#running.get(id);
    if (!end) throw new Error(`${id} is not running`);
    this.#running.delete(id);
    end();
  }
}

function held(): { rig: Rig; held: Held } {
  const rig = new Rig();
  const nodes = new Held();
  rig.during = nodes.during;
  return { rig, held: nodes };
}

const GIB = 1024 ** 3;
const heavy = (id: string, needs: readonly string[] = [], group = id) => node(id, needs, { kind: 'heavy', group });

describe('parallel builds', () => {
  test('independent packages build at the same time; the repository waits for both', async () => {
    const { rig, held: nodes } = held();
    const done = rig.run(graphOf(heavy('a'), heavy('b'), node('repo', ['a', 'b'])));
    await nodes.until('a', 'b');
    nodes.end('b');
    nodes.end('a');
    await nodes.until('repo');
    nodes.end('repo');
    expect(await done).toMatchObject({ exitCode: 0 });
  });

  test('two builds get half the cores and memory each; those of the one that ends go to the next', async () => {
    const { rig, held: nodes } = held();
    const done = rig.run(graphOf(heavy('a'), heavy('b'), heavy('c', ['a'])), { budget: { jobs: 8, memory: 8 * GIB } });
    await nodes.until('a', 'b');
    expect([...nodes.budgets]).toEqual([['a', { jobs: 4, memory: 4 * GIB }], ['b', { jobs: 4, memory: 4 * GIB }]]);
    nodes.end('a');
    await nodes.until('b', 'c');
    expect(nodes.budgets.get('c')).toEqual({ jobs: 4, memory: 4 * GIB });
    nodes.end('b');
    nodes.end('c');
    await done;
  });

  test('where the kernel may divide the cores, two builds get all of them each, and a lone one no more than there are', async () => {
    const { rig, held: nodes } = held();
    const done = rig.run(graphOf(heavy('a'), heavy('b'), heavy('c', ['a', 'b'])), { budget: { jobs: 16, jobsEach: 8 } });
    await nodes.until('a', 'b');
    expect([...nodes.budgets.values()]).toEqual([{ jobs: 8 }, { jobs: 8 }]);
    nodes.end('a');
    nodes.end('b');
    await nodes.until('c');
    expect(nodes.budgets.get('c')).toEqual({ jobs: 8 });
    nodes.end('c');
    await done;
  });

  test('a lone build, and one that only others wait for, gets everything', async () => {
    const { rig, held: nodes } = held();
    const done = rig.run(graphOf(heavy('a'), heavy('b', ['a'])), { budget: { jobs: 8 } });
    await nodes.until('a');
    expect(nodes.budgets.get('a')).toEqual({ jobs: 8 });
    nodes.end('a');
    await nodes.until('b');
    expect(nodes.budgets.get('b')).toEqual({ jobs: 8 });
    nodes.end('b');
    await done;
  });

  test('fresh builds leave their share to those that run', async () => {
    const rig = new Rig();
    const graph = graphOf(heavy('a'), heavy('b'), node('last', ['a', 'b']), heavy('c', ['last']), heavy('d', ['last']));
    await rig.run(graph);
    const nodes = new Held();
    rig.during = nodes.during;
    rig.inputs.set('c', 'edited');
    rig.inputs.set('d', 'edited');
    const done = rig.run(graph, { budget: { jobs: 6 } });
    await nodes.until('c', 'd');
    expect([...nodes.budgets.values()]).toEqual([{ jobs: 3 }, { jobs: 3 }]);
    nodes.end('c');
    nodes.end('d');
    await done;
  });

  test('more builds than cores: nobody gets less than one, the total is never exceeded', async () => {
    const { rig, held: nodes } = held();
    const done = rig.run(graphOf(heavy('a'), heavy('b'), heavy('c')), { budget: { jobs: 2 } });
    await nodes.until('a', 'b');
    expect([...nodes.budgets.values()]).toEqual([{ jobs: 1 }, { jobs: 1 }]);
    nodes.end('a');
    await nodes.until('b', 'c');
    nodes.end('b');
    nodes.end('c');
    await done;
  });
});

describe('a build that waits for its share', () => {
  test('holds no slot: light nodes go on', async () => {
    const { rig, held: nodes } = held();
    const done = rig.run(graphOf(heavy('a'), heavy('b'), node('light1'), node('light2', ['light1'])), { jobs: 2, budget: { jobs: 1 } });
    await nodes.until('a', 'light1');
    nodes.end('light1');
    await nodes.until('a', 'light2');
    nodes.end('light2');
    nodes.end('a');
    await nodes.until('b');
    nodes.end('b');
    expect(await done).toMatchObject({ exitCode: 0, counts: { ran: 4 } });
  });

  test('does not start after a failure, nor after a cancel', async () => {
    for (const stop of ['failure', 'cancel'] as const) {
      const { rig, held: nodes } = held();
      const abort = new AbortController();
      rig.failing.set('a', new FailureError({ class: 'build', message: 'ninja ended with 1' }));
      const done = rig.run(graphOf(heavy('a'), heavy('b')), { budget: { jobs: 1 }, signal: abort.signal });
      await nodes.until('a');
      if (stop === 'cancel') abort.abort();
      else nodes.end('a');
      expect(outcomes(await done)).toEqual({ a: stop === 'cancel' ? 'cancelled' : 'failed', b: 'not-run' });
    }
  });

  test('goes before others when more depends on it', async () => {
    const { rig, held: nodes } = held();
    const done = rig.run(graphOf(heavy('first'), heavy('short'), heavy('long'), node('after', ['long'])), { budget: { jobs: 1 } });
    await nodes.until('first');
    nodes.end('first');
    await nodes.until('long');
    nodes.end('long');
    await nodes.until('after', 'short');
    nodes.end('after');
    nodes.end('short');
    expect(await done).toMatchObject({ exitCode: 0 });
  });
});

describe('what a build can use', () => {
  const wanting = (rig: Rig, wants: Partial<Budget>) => new Map([...rig.kinds].map(([name, kind]) => [name, name === 'heavy' ? { ...kind, wants: () => wants } : kind]));

  test('is all that it gets; the rest is left to others', async () => {
    const { rig, held: nodes } = held();
    const done = rig.run(graphOf(heavy('a')), { budget: { jobs: 8, memory: 8 * GIB }, kinds: wanting(rig, { jobs: 3, memory: 2 * GIB }) });
    await nodes.until('a');
    expect(nodes.budgets.get('a')).toEqual({ jobs: 3, memory: 2 * GIB });
    nodes.end('a');
    await done;
  });

  test('is bound by its memory: half a GiB for each job', async () => {
    const { rig, held: nodes } = held();
    const done = rig.run(graphOf(heavy('a')), { budget: { jobs: 16 }, kinds: wanting(rig, { memory: 2 * GIB }) });
    await nodes.until('a');
    expect(nodes.budgets.get('a')).toEqual({ jobs: 4 });
    nodes.end('a');
    await done;
  });

  test('is bound by the memory that there is, of which it is told nothing', async () => {
    const { rig, held: nodes } = held();
    const done = rig.run(graphOf(heavy('a'), heavy('b')), { budget: { jobs: 16, available: 3 * GIB } });
    await nodes.until('a', 'b');
    expect([...nodes.budgets.values()]).toEqual([{ jobs: 3 }, { jobs: 3 }]);
    nodes.end('a');
    nodes.end('b');
    await done;
  });

  test('is one job at least for one at a time, however little memory there is', async () => {
    const { rig, held: nodes } = held();
    const done = rig.run(graphOf(heavy('a'), heavy('b')), { budget: { jobs: 16, available: GIB / 4 } });
    await nodes.until('a');
    expect(nodes.budgets.get('a')).toEqual({ jobs: 1 });
    nodes.end('a');
    await nodes.until('b');
    nodes.end('b');
    await done;
  });
});

describe('cancel', () => {
  test('what runs is told, what waits does not start, what was done stays done', async () => {
    const { rig, held: nodes } = held();
    const abort = new AbortController();
    const graph = graphOf(node('a'), node('b'), node('b2', ['b']), node('repo', ['a', 'b2']));
    const done = rig.run(graph, { signal: abort.signal });
    await nodes.until('a', 'b');
    nodes.end('b');
    await nodes.until('a', 'b2');
    abort.abort();
    const summary = await done;
    expect(outcomes(summary)).toEqual({ a: 'cancelled', b: 'ran', b2: 'cancelled', repo: 'not-run' });
    expect(summary.exitCode).toBe(130);
    expect(rig.events.at(-1)).toMatchObject({ type: 'run-finished', exitCode: 130 });
    rig.during = () => {};
    expect(await rig.runs(graph)).toEqual(['a', 'b2', 'repo']);
  });

  test('a run that is cancelled before it starts runs nothing', async () => {
    const rig = new Rig();
    const summary = await rig.run(graphOf(node('a')), { signal: AbortSignal.abort() });
    expect(rig.ran).toEqual([]);
    expect(outcomes(summary)).toEqual({ a: 'not-run' });
    expect(summary.exitCode).toBe(130);
  });
});

describe('one workspace', () => {
  test('of twenty runs at once exactly one runs; the others are told who does', async () => {
    const { rig, held: nodes } = held();
    const graph = graphOf(node('a'));
    const all = Array.from({ length: 20 }, () => rig.run(graph).then(() => 'ran', (error: unknown) => (error as Error).message));
    await nodes.until('a');
    nodes.end('a');
    const ends = await Promise.all(all);
    expect(ends.filter((end) => end === 'ran')).toHaveLength(1);
    for (const end of ends) if (end !== 'ran') expect(end).toMatch(new RegExp(`^this workspace is in use by pid ${String(process.pid)} on .* since 20.*: test$`));
  });
});
