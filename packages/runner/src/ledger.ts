import type { Graph, GraphNode, NodeOutput } from '@crpm/core';
import type { NodeSummary } from './options.js';

/** What became of each node in this run, and from what. */
export class Ledger {
  readonly #graph: Graph;
  readonly #outputs = new Map<string, NodeOutput>();
  readonly #summaries = new Map<string, NodeSummary>();
  readonly #ran = new Set<string>();
  /** Counts what changed. */
  #clock = 0;
  /** For each node, when its result last became another. */
  readonly #changed = new Map<string, number>();
  /** For each node that is done, when it was decided. */
  readonly #decided = new Map<string, number>();

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  /** The instant that a decision which begins now belongs to. */
  now(): number {
    return this.#clock;
  }

  output(id: string): NodeOutput | undefined {
    return this.#outputs.get(id);
  }

  summary(id: string): NodeSummary | undefined {
    return this.#summaries.get(id);
  }

  /** Whether it ran to its end in this run: then what it left is there. */
  hasRun(id: string): boolean {
    return this.#ran.has(id);
  }

  noteRun(id: string): void {
    this.#ran.add(id);
  }

  /** Results of the needs that have one. */
  needsOf({ needs }: GraphNode): ReadonlyMap<string, NodeOutput> {
    const result = new Map<string, NodeOutput>();
    for (const need of needs) {
      const output = this.#outputs.get(need);
      if (output) result.set(need, output);
    }
    return result;
  }

  /** Whether what a node rests on is what it was when the node was decided. */
  isSettled({ id, needs }: GraphNode): boolean {
    const decided = this.#decided.get(id);
    return decided !== undefined && needs.every((need) => (this.#changed.get(need) ?? 0) <= decided);
  }

  settle({ id }: GraphNode, summary: NodeSummary, decidedAt: number): void {
    if (this.#outputs.get(id)?.digest !== summary.output?.digest) this.#changed.set(id, ++this.#clock);
    // Even an equal result may have other facts of this machine.
    if (summary.output) this.#outputs.set(id, summary.output);
    else this.#outputs.delete(id);
    this.#summaries.set(id, summary);
    this.#decided.set(id, decidedAt);
  }

  /** In the order of the graph. */
  summaries(): ReadonlyMap<string, NodeSummary> {
    return new Map([...this.#graph.nodes.keys()].map((id) => [id, this.#summaries.get(id) ?? ({ outcome: 'not-run', ms: 0 } as const)]));
  }
}
