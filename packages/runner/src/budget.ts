import type { Budget } from '@crpm/core';
import type { Turn } from './scheduler.js';

/** What one compile job of C is taken to need, bytes; rpm counts with the same from 4.19 on. */
export const MEMORY_PER_JOB = 512 * 1024 ** 2;

/** What heavy nodes share. */
export interface Total extends Budget {
  /** The most jobs of one node; absent: all. Less than all together where the kernel may divide the cores among more jobs than there are cores. */
  readonly jobsEach?: number;
  /** Bytes of memory that all of them together may be bound to; each gets its part as its bound. */
  readonly memory?: number;
  /** Bytes of memory that there are: only to count compile jobs, nobody is bound by it. */
  readonly available?: number;
}

/** A wish for a share. When its turn has come it has the {@link budget}; it is given back by leaving. */
export interface Claim extends Turn {
  readonly budget: Budget | undefined;
}

interface Wish {
  readonly priority: number;
  /** The most that it can use. */
  readonly wants: Partial<Budget>;
  /** Hands over a share; what it takes of the memory. */
  grant(budget: Budget, memory: number): void;
}

/**
 * The CPU and memory that heavy nodes share. A grant is never changed while its node runs: a running compiler can't be told. So each gets its
 * part of what is free, divided by how many may want some; the sum of all grants never exceeds the total, and who finds nothing left waits for it, the
 * highest priority first. Who alone asks gets one job however little memory there is.
 */
export class SharedBudget {
  readonly #bound: boolean;
  readonly #jobsEach: number;
  readonly #contenders: () => number;
  readonly #line: Wish[] = [];
  #jobs: number;
  /** Bytes; infinite where nobody knows. */
  #memory: number;
  #holders = 0;

  /** `contenders`: how many nodes, those that hold a share included, may want one before the first of them is done. */
  constructor(total: Total, contenders: () => number) {
    this.#jobs = Math.max(1, total.jobs);
    this.#jobsEach = total.jobsEach ?? this.#jobs;
    this.#memory = total.memory ?? total.available ?? Infinity;
    this.#bound = total.memory !== undefined;
    this.#contenders = contenders;
  }

  claim(priority: number, wants: Partial<Budget> = {}): Claim {
    let granted: { readonly budget: Budget; readonly memory: number } | undefined;
    let left = false;
    let resolve = () => {};
    const come = new Promise<void>((done) => { resolve = done; });
    const wish: Wish = {
      priority, wants,
      grant: (budget, memory) => {
        granted = { budget, memory };
        resolve();
      },
    };
    this.#line.splice(placeOf(priority, this.#line), 0, wish);
    this.#serve();
    return {
      come,
      get budget() { return granted?.budget; },
      leave: () => {
        if (left) return;
        left = true;
        if (granted) this.#takeBack(granted.budget.jobs, granted.memory);
        else this.#line.splice(this.#line.indexOf(wish), 1);
      },
    };
  }

  #serve(): void {
    while (this.#jobs >= 1 && (this.#memory >= MEMORY_PER_JOB || this.#holders === 0)) {
      const wish = this.#line.shift();
      if (!wish) return;
      const parts = Math.max(1, Math.min(this.#jobs, this.#contenders() - this.#holders));
      const part = Math.min(Math.floor(this.#memory / parts), wish.wants.memory ?? Infinity);
      const jobs = Math.max(1, Math.min(Math.floor(this.#jobs / parts), this.#jobsEach, wish.wants.jobs ?? Infinity, Math.floor(part / MEMORY_PER_JOB)));
      const memory = this.#bound ? part : Math.min(part, jobs * MEMORY_PER_JOB);
      this.#jobs -= jobs;
      this.#memory -= memory;
      this.#holders++;
      wish.grant(this.#bound ? { jobs, memory } : { jobs }, memory);
    }
  }

  #takeBack(jobs: number, memory: number): void {
    this.#holders--;
    this.#jobs += jobs;
    // Where nobody knows, it stays infinite.
    this.#memory += memory;
    this.#serve();
  }
}

/** Where a wish of this priority goes in a line, behind those of the same. */
function placeOf(priority: number, line: readonly Wish[]): number {
  let low = 0;
  let high = line.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((line[middle]?.priority ?? -Infinity) >= priority) low = middle + 1;
    else high = middle;
  }
  return low;
}
