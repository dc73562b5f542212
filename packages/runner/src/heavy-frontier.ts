import { dependentsOf, type Graph, type GraphNode } from '@crpm/core';

/**
 * The heavy nodes that nothing heavy has to go before, among those that are not done: they may want a share of the budget at the same time, while all
 * others can only take over theirs. Kept up to date in steps: over a whole run each edge of the graph is looked at once.
 */
export class HeavyFrontier {
  readonly #dependents: ReadonlyMap<string, readonly GraphNode[]>;
  readonly #mayWant: (node: GraphNode) => boolean;
  /** For each node, how many of its needs are heavy and not done, or have such a one behind them. */
  readonly #blocked = new Map<string, number>();
  readonly #frontier = new Set<string>();

  /** `mayWant`: whether a node is heavy and takes part in this run. */
  constructor(graph: Graph, mayWant: (node: GraphNode) => boolean) {
    this.#dependents = dependentsOf(graph);
    this.#mayWant = mayWant;
    for (const node of graph.nodes.values()) this.#blocked.set(node.id, node.needs.length);
    for (const node of graph.nodes.values()) {
      if (node.needs.length > 0) continue;
      if (mayWant(node)) this.#frontier.add(node.id);
      else this.#release(node);
    }
  }

  get size(): number {
    return this.#frontier.size;
  }

  /** A node has its result. */
  settle(node: GraphNode): void {
    if (this.#frontier.delete(node.id)) this.#release(node);
  }

  /** A node will never have a result: what is behind it will not want anything. */
  abandon(node: GraphNode): void {
    this.#frontier.delete(node.id);
  }

  /** Takes a node away from what holds back its dependents; a light one that nothing holds back any more holds back nothing either. */
  #release(first: GraphNode): void {
    const stack = [first];
    for (let node = stack.pop(); node; node = stack.pop()) {
      for (const dependent of this.#dependents.get(node.id) ?? []) {
        const left = (this.#blocked.get(dependent.id) ?? 0) - 1;
        this.#blocked.set(dependent.id, left);
        if (left > 0) continue;
        if (this.#mayWant(dependent)) this.#frontier.add(dependent.id);
        else stack.push(dependent);
      }
    }
  }
}
