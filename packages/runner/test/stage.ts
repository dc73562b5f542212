import PQueue from 'p-queue';
import type { Graph } from '@crpm/core';
import { schedule, type FinalState, type ScheduleOptions, type Step } from '../src/index.js';
import { graphOf, node } from './rig.js';

/** A schedule in which the test decides when each visit ends, and how. */
export class Stage {
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
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export async function stage(graph: Graph, options: Partial<ScheduleOptions> = {}): Promise<Stage> {
  const result = new Stage(graph, options);
  await settled();
  return result;
}

export const diamond = graphOf(node('top'), node('left', ['top']), node('right', ['top']), node('bottom', ['left', 'right']));
