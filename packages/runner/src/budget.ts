import type { Budget, Graph, GraphNode } from '@crpm/core';

export interface Grant {
  readonly budget: Budget;
  /** Gives the share back. Idempotent. */
  release(): void;
}

/** Among how many, the asking node included, what is free is to be divided, given the ids of those who have their share. */
export type Contenders = (holders: ReadonlySet<string>) => number;

interface Waiter {
  readonly id: string;
  readonly contenders: Contenders;
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
  readonly #holders = new Set<string>();

  constructor(total: Budget) {
    this.#jobs = Math.max(1, total.jobs);
    this.#memory = total.memory;
  }

  /** `contenders` is asked when the grant is made. */
  acquire(id: string, contenders: Contenders): Promise<Grant> {
    return new Promise((resolve) => {
      this.#waiters.push({ id, contenders, resolve });
      this.#serve();
    });
  }

  #serve(): void {
    while (this.#jobs >= 1) {
      const waiter = this.#waiters.shift();
      if (!waiter) return;
      const parts = Math.max(1, Math.min(this.#jobs, waiter.contenders(this.#holders)));
      const jobs = Math.floor(this.#jobs / parts);
      const memory = this.#memory === undefined ? undefined : Math.floor(this.#memory / parts);
      this.#jobs -= jobs;
      if (memory !== undefined) this.#memory = (this.#memory ?? 0) - memory;
      this.#holders.add(waiter.id);
      let held = true;
      waiter.resolve({
        budget: memory === undefined ? { jobs } : { jobs, memory },
        release: () => {
          if (!held) return;
          held = false;
          this.#holders.delete(waiter.id);
          this.#jobs += jobs;
          if (memory !== undefined) this.#memory = (this.#memory ?? 0) + memory;
          this.#serve();
        },
      });
    }
  }
}

/**
 * Among how many the free budget is to be divided when `node` starts: itself, and each package (or node without one) that has a heavy
 * node which may still run, and does not wait for `node` or for a holder, whose share it could take over.
 */
export function contendersOf(
  node: GraphNode,
  graph: Graph,
  dependents: ReadonlyMap<string, readonly GraphNode[]>,
  holders: ReadonlySet<string>,
  mayWant: (node: GraphNode) => boolean,
): number {
  const provided = new Set([node.id, ...holders]);
  const stack = [...provided];
  for (let id = stack.pop(); id !== undefined; id = stack.pop()) {
    for (const dependent of dependents.get(id) ?? []) {
      if (provided.has(dependent.id)) continue;
      provided.add(dependent.id);
      stack.push(dependent.id);
    }
  }
  const groups = new Set([node.group ?? node.id]);
  for (const other of graph.nodes.values()) if (!provided.has(other.id) && mayWant(other)) groups.add(other.group ?? other.id);
  return groups.size;
}
