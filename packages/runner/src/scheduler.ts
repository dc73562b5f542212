import type { Graph, GraphNode } from '@crpm/core';

/** What a visit to a node came to. */
export type Step =
  /** It has its result; what needs it may be visited. */
  | 'done'
  | 'failed'
  /** It was not done, because the run is stopping. */
  | 'stopped'
  /**
   * It can't be done before these of its needs, done though they are, are visited again; then it is visited again too. With an empty list, at once.
   */
  | { readonly reopen: readonly string[] }
  /** It stands in a line for something scarcer than slots; others go on until its turn comes, then it is visited again. */
  | { readonly wait: Turn };

/** A place in a line. */
export interface Turn {
  /** Resolves when what is waited for is there, and kept for who waits. */
  readonly come: Promise<void>;
  /** Gives up the place, or what is kept. */
  leave(): void;
}

/** What bounds how many visits go on at the same time. A task never rejects. */
export interface Queue {
  /** Higher priority first; of equal ones, the first come. */
  add(task: () => Promise<void>, options: { readonly priority: number }): unknown;
}

export interface ScheduleOptions {
  readonly graph: Graph;
  /** How many visits at the same time. */
  readonly concurrency: number;
  /** After a failure, go on with all that does not need what failed. */
  readonly keepGoing: boolean;
  readonly signal: AbortSignal;
  /** Of those that can be visited, the one with the highest is. Default: first come, first served. */
  readonly priority?: (node: GraphNode) => number;
  /** Default: p-queue. */
  readonly queue?: Queue;
  /**
   * Brings a node to its result. Called when all its needs are done, for each node once, and again when a need was reopened.
   * `stopping` turns true when nothing new is to be started.
   */
  visit(node: GraphNode, stopping: () => boolean): Promise<Step>;
}

/** How a node stands at the end of a schedule. */
export type FinalState = 'done' | 'failed' | 'not-run';

/*
 *                               ┌──── its turn came ─── in line ◀─┐
 *                               ▼                                 │
 * waiting ──all needs done──▶ queued ──a slot is free──▶ active ──┴─▶ done | failed
 *    ▲                                                     │          │
 *    └──────────── reopen, or a need was reopened ─────────┴──────────┘
 *
 * `missing` counts, for each node, the needs that are not done. A node is queued when that is zero and it is waiting. Nothing holds a slot but what is active.
 */
type State = 'waiting' | 'queued' | 'active' | 'in line' | 'done' | 'failed';

interface Slot {
  readonly node: GraphNode;
  readonly dependents: Slot[];
  missing: number;
  state: State;
  /** A need was reopened while this was active: what the visit came to rests on what is no more. */
  outdated: boolean;
  /** Its place in line, from when it takes it to when it is visited again. */
  turn: Turn | undefined;
}

/**
 * Visits every node after its needs, as many at a time as allowed. Iterative, a few counters per node. Resolves when nothing
 * runs any more; rejects with what a visit threw, which is a bug.
 */
export async function schedule(options: ScheduleOptions): Promise<ReadonlyMap<string, FinalState>> {
  const { signal } = options;
  const schedule = new Schedule(options, options.queue ?? (await boundedQueue(options.concurrency)));
  const onAbort = () => { schedule.emptyLine(); };
  signal.addEventListener('abort', onAbort);
  try {
    return await schedule.run();
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** Loaded only here: whoever plans runs nothing. */
async function boundedQueue(concurrency: number): Promise<Queue> {
  const { default: PQueue } = await import('p-queue');
  return new PQueue({ concurrency });
}

class Schedule {
  readonly #options: ScheduleOptions;
  readonly #queue: Queue;
  readonly #slots: ReadonlyMap<string, Slot>;
  readonly #line = new Set<Slot>();
  /** Queued, active, or in line. */
  #live = 0;
  #failed = false;
  #bug: { readonly thrown: unknown } | undefined;
  #onIdle: () => void = () => {};

  constructor(options: ScheduleOptions, queue: Queue) {
    this.#options = options;
    this.#queue = queue;
    this.#slots = makeSlots(options.graph);
  }

  async run(): Promise<ReadonlyMap<string, FinalState>> {
    const idle = new Promise<void>((resolve) => { this.#onIdle = resolve; });
    for (const slot of this.#slots.values()) if (slot.missing === 0) this.#start(slot);
    if (this.#live > 0) await idle;
    if (this.#bug) throw this.#bug.thrown;
    return finalStates(this.#slots, this.#failed || this.#options.signal.aborted);
  }

  /** Nobody's turn comes any more. */
  emptyLine(): void {
    for (const slot of this.#line) this.#leaveLine(slot);
  }

  readonly #stopping = (): boolean => this.#options.signal.aborted || this.#bug !== undefined || (this.#failed && !this.#options.keepGoing);

  #start(slot: Slot): void {
    slot.state = 'queued';
    this.#live++;
    this.#queue.add(() => this.#visit(slot), { priority: this.#options.priority?.(slot.node) ?? 0 });
  }

  async #visit(slot: Slot): Promise<void> {
    // A need may have been reopened while this one stood in the queue.
    if (slot.missing > 0 || this.#stopping()) {
      slot.turn?.leave();
      slot.turn = undefined;
      slot.state = 'waiting';
    } else {
      slot.state = 'active';
      slot.turn = undefined;
      slot.outdated = false;
      try {
        this.#take(slot, await this.#options.visit(slot.node, this.#stopping));
      } catch (thrown) {
        this.#bug ??= { thrown };
        slot.state = 'failed';
      }
      if (this.#stopping()) this.emptyLine();
    }
    this.#ended();
  }

  #ended(): void {
    if (--this.#live === 0) this.#onIdle();
  }

  #take(slot: Slot, step: Step): void {
    if (step === 'failed') {
      slot.state = 'failed';
      this.#failed = true;
    } else if (step === 'done' && !slot.outdated) {
      slot.state = 'done';
      for (const dependent of slot.dependents) {
        if (--dependent.missing === 0 && dependent.state === 'waiting') this.#start(dependent);
      }
    } else if (typeof step === 'object' && 'wait' in step && !slot.outdated && !this.#stopping()) this.#enterLine(slot, step.wait);
    else {
      // Stopped, or to be visited again: its own wish, or because a need was reopened while it was active.
      slot.state = 'waiting';
      if (typeof step === 'object' && 'wait' in step) step.wait.leave();
      if (typeof step === 'object' && 'reopen' in step) for (const id of step.reopen) this.#reopen(this.#slots.get(id));
      if (slot.missing === 0 && step !== 'stopped') this.#start(slot);
    }
  }

  #reopen(first: Slot | undefined): void {
    if (first?.state !== 'done') return;
    const stack = [first];
    first.state = 'waiting';
    for (let slot = stack.pop(); slot; slot = stack.pop()) {
      for (const dependent of slot.dependents) {
        dependent.missing++;
        if (dependent.state === 'in line') this.#leaveLine(dependent);
        dependent.outdated = true;
        if (dependent.state !== 'done') continue;
        dependent.state = 'waiting';
        stack.push(dependent);
      }
    }
    this.#start(first);
  }

  #enterLine(slot: Slot, turn: Turn): void {
    slot.state = 'in line';
    slot.turn = turn;
    this.#line.add(slot);
    this.#live++;
    void turn.come.then(() => {
      if (slot.turn !== turn || !this.#line.delete(slot)) return;
      this.#start(slot);
      this.#ended();
    });
  }

  #leaveLine(slot: Slot): void {
    this.#line.delete(slot);
    slot.turn?.leave();
    slot.turn = undefined;
    slot.state = 'waiting';
    this.#ended();
  }
}

function makeSlots(graph: Graph): ReadonlyMap<string, Slot> {
  const slots = new Map<string, Slot>();
  for (const node of graph.nodes.values()) slots.set(node.id, { node, dependents: [], missing: node.needs.length, state: 'waiting', outdated: false, turn: undefined });
  for (const slot of slots.values()) {
    for (const need of slot.node.needs) {
      const needed = slots.get(need);
      if (!needed) throw new Error(`a graph without its node ${need}`);
      needed.dependents.push(slot);
    }
  }
  return slots;
}

function finalStates(slots: ReadonlyMap<string, Slot>, mayBeCut: boolean): ReadonlyMap<string, FinalState> {
  const result = new Map<string, FinalState>();
  for (const { node, state } of slots.values()) {
    if (state !== 'done' && state !== 'failed' && !mayBeCut) throw new Error(`the schedule ended before ${node.id} was done`);
    result.set(node.id, state === 'done' || state === 'failed' ? state : 'not-run');
  }
  return result;
}
