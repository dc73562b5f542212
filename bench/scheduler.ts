import type { Graph, GraphNode } from '@crpm/core';
import { schedule, type Queue } from '@crpm/runner';
import { spreadOf, type Bench, type Row } from './support/bench.js';
import { inTurn, quantile } from './support/measure.js';

const SIZES = [10_000, 50_000] as const;
const CONCURRENCY = 8;
const BUDGET_US = 5;

/** What the scheduler itself takes: visits that do nothing, and a queue that does next to nothing in p-queue's place. */
export const scheduler: Bench = {
  name: 'scheduler',
  title: 'scheduling trivial nodes, per node',
  async run({ rounds }) {
    const rows: Row[] = [];
    for (const size of SIZES) {
      const graph = layered(size);
      const [own, withPQueue] = await inTurn(
        [
          { name: 'own', round: () => timed(graph, plainQueue()) },
          { name: 'with p-queue', round: () => timed(graph) },
        ],
        rounds,
      );
      const perNode = (times: readonly number[]) => (quantile(times, 0.5) * 1000) / size;
      const name = `scheduler, per node of ${size.toLocaleString('en')}`;
      rows.push({ what: name, value: perNode(own!.all), unit: 'µs', budget: BUDGET_US, detail: `all: ${spreadOf(own!)}` });
      rows.push({ what: `${name}, with p-queue`, value: perNode(withPQueue!.all), unit: 'µs', detail: `all: ${spreadOf(withPQueue!)}` });
    }
    return rows;
  },
};

async function timed(graph: Graph, queue?: Queue): Promise<number> {
  const { signal } = new AbortController();
  const begun = performance.now();
  const states = await schedule({ graph, concurrency: CONCURRENCY, keepGoing: false, signal, visit: () => Promise.resolve('done'), ...(queue && { queue }) });
  const ms = performance.now() - begun;
  if ([...states.values()].some((state) => state !== 'done')) throw new Error('a node was not visited');
  return ms;
}

/** First come, first served. */
function plainQueue(): Queue {
  const waiting: (() => Promise<void>)[] = [];
  let next = 0;
  let active = 0;
  const fill = () => {
    for (; active < CONCURRENCY && next < waiting.length; active++) void waiting[next++]!().then(leave); // `next` is below the length
  };
  const leave = () => {
    active--;
    fill();
  };
  return {
    add(task) {
      waiting.push(task);
      fill();
    },
  };
}

/** Layers of 100 nodes, each of which needs three of the layer before. */
function layered(size: number): Graph {
  const width = 100;
  const nodes = new Map<string, GraphNode>();
  for (let index = 0; index < size; index++) {
    const above = index - (index % width) - width;
    const needs = above < 0 ? [] : [0, 7, 31].map((step) => `n${above + ((index + step) % width)}`);
    nodes.set(`n${index}`, { id: `n${index}`, kind: 'trivial', title: '', needs, params: null });
  }
  return { nodes };
}
