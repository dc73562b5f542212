import type { Budget, Graph, GraphNode } from '@crpm/core';

export interface Grant {
  readonly budget: Budget;
  /** Gives the share back. Idempotent. */
  release(): void;
}

interface Waiter {
  readonly contenders: () => number;
  readonly resolve: (grant: Grant) => void;
}

/**
 * The CPU and memory that heavy nodes share. A grant is never changed while its node runs: a running compiler can't be told. So each gets its
 * part of what is free, divided by how many may want some; the sum of all grants never exceeds the total, and who finds nothing left waits, first come first served.
 */
export class SharedBudget {
  #jobs: number;
  #memory: number | undefined;
  readonly #waiters: Waiter[] = [];

  constructor(total: Budget) {
    this.#jobs = Math.max(1, total.jobs);
    this.#memory = total.memory;
  }

  /** `contenders`: among how many, the asking one included, what is free is to be divided; asked when the grant is made. */
  acquire(contenders: () => number): Promise<Grant> {
    return new Promise((resolve) => {
      this.#waiters.push({ contenders, resolve });
      this.#serve();
    });
  }

  #serve(): void {
    while (this.#jobs >= 1) {
      const waiter = this.#waiters.shift();
      if (!waiter) return;
      const parts = Math.max(1, Math.min(this.#jobs, waiter.contenders()));
      const jobs = Math.floor(this.#jobs / parts);
      const memory = this.#memory === undefined ? undefined : Math.floor(this.#memory / parts);
      this.#jobs -= jobs;
      if (memory !== undefined) this.#memory = (this.#memory ?? 0) - memory;
      let held = true;
      waiter.resolve({
        budget: memory === undefined ? { jobs } : { jobs, memory },
        release: () => {
          if (!held) return;
          held = false;
          this.#jobs += jobs;
          if (memory !== undefined) this.#memory = (this.#memory ?? 0) + memory;
          this.#serve();
        },
      });
    }
  }
}

/**
 * Among how many the free budget is to be divided when `node` starts: itself, and each package (or node without one) that has a
 * heavy node which may still run, has no grant, and does not itself wait for `node`.
 */
export function contendersOf(
  node: GraphNode,
  graph: Graph,
  dependents: ReadonlyMap<string, readonly GraphNode[]>,
  mayWant: (node: GraphNode) => boolean,
): number {
  const after = new Set([node.id]);
  const stack = [node.id];
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    for (const dependent of dependents.get(id) ?? []) {
      if (after.has(dependent.id)) continue;
      after.add(dependent.id);
      stack.push(dependent.id);
    }
  }
  const groups = new Set([node.group ?? node.id]);
  for (const other of graph.nodes.values()) if (!after.has(other.id) && mayWant(other)) groups.add(other.group ?? other.id);
  return groups.size;
}
