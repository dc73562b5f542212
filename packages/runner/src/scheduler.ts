import PQueue from 'p-queue';
import { dependentsOf, type Graph, type GraphNode } from '@crpm/core';

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
  | { readonly reopen: readonly string[] };

export interface ScheduleOptions {
  readonly graph: Graph;
  /** How many visits at the same time. */
  readonly concurrency: number;
  /** After a failure, go on with all that does not need what failed. */
  readonly keepGoing: boolean;
  readonly signal: AbortSignal;
  /**
   * Brings a node to its result. Called when all its needs are done, for each node once, and again when a need was reopened.
   * `stopping` turns true when nothing new is to be started.
   */
  visit(node: GraphNode, stopping: () => boolean): Promise<Step>;
}

/** How a node stands at the end of a schedule. */
export type FinalState = 'done' | 'failed' | 'not-run';

/*
 * waiting ──all needs done──▶ queued ──a slot is free──▶ active ──▶ done | failed
 *    ▲                                                     │          │
 *    └──────────── reopen, or a need was reopened ─────────┴──────────┘
 *
 * `missing` counts, for each node, the needs that are not done. A node is queued when that is zero and it is waiting.
 */
type State = 'waiting' | 'queued' | 'active' | 'done' | 'failed';

interface Slot {
  readonly node: GraphNode;
  readonly dependents: Slot[];
  missing: number;
  state: State;
}

/**
 * Visits every node after its needs, as many at a time as allowed. Iterative, a few counters per node. Resolves when nothing
 * runs any more; rejects with what a visit threw, which is a bug.
 */
export async function schedule(options: ScheduleOptions): Promise<ReadonlyMap<string, FinalState>> {
  const { signal, keepGoing } = options;
  const slots = makeSlots(options.graph);
  const queue = new PQueue({ concurrency: options.concurrency });
  let failed = false;
  let bug: { readonly thrown: unknown } | undefined;
  const stopping = () => signal.aborted || bug !== undefined || (failed && !keepGoing);

  const start = (slot: Slot) => {
    slot.state = 'queued';
    void queue.add(() => visit(slot));
  };
  const visit = async (slot: Slot) => {
    // A need may have been reopened while this one stood in the queue.
    if (slot.missing > 0 || stopping()) {
      slot.state = 'waiting';
      return;
    }
    slot.state = 'active';
    try {
      take(slot, await options.visit(slot.node, stopping));
    } catch (thrown) {
      bug ??= { thrown };
      slot.state = 'failed';
    }
  };
  const take = (slot: Slot, step: Step) => {
    if (step === 'failed') {
      slot.state = 'failed';
      failed = true;
    } else if (step === 'done' && slot.missing === 0) {
      slot.state = 'done';
      for (const dependent of slot.dependents) {
        if (--dependent.missing === 0 && dependent.state === 'waiting') start(dependent);
      }
    } else {
      // Stopped, or to be visited again: its own wish, or because a need was reopened while it was active.
      slot.state = 'waiting';
      if (typeof step === 'object') for (const id of step.reopen) reopen(slots.get(id));
      if (slot.missing === 0 && step !== 'stopped') start(slot);
    }
  };
  const reopen = (first: Slot | undefined) => {
    if (first?.state !== 'done') return;
    const stack = [first];
    first.state = 'waiting';
    for (let slot = stack.pop(); slot; slot = stack.pop()) {
      for (const dependent of slot.dependents) {
        dependent.missing++;
        if (dependent.state !== 'done') continue;
        dependent.state = 'waiting';
        stack.push(dependent);
      }
    }
    start(first);
  };

  for (const slot of slots.values()) if (slot.missing === 0) start(slot);
  await queue.onIdle();
  if (bug) throw bug.thrown;
  return finalStates(slots, failed || signal.aborted);
}

function makeSlots(graph: Graph): ReadonlyMap<string, Slot> {
  const slots = new Map<string, Slot>();
  for (const node of graph.nodes.values()) slots.set(node.id, { node, dependents: [], missing: node.needs.length, state: 'waiting' });
  for (const [id, dependents] of dependentsOf(graph)) {
    const slot = slots.get(id);
    if (!slot) throw new Error(`a graph without its node ${id}`);
    for (const dependent of dependents) slot.dependents.push(slots.get(dependent.id) as Slot);
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
