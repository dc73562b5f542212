import type { NodeOutcome, Selection } from '@crpm/core';
import type { PlanEntry, RunSummary } from '../../src/index.js';
import { idOf, make, type Shape, type Source, type Subject } from './subject.js';

/** What is known of a node: the last result, from what it was made, and whether it is still there. */
interface Known {
  readonly basis: string;
  readonly content: string;
  lost: boolean;
}

/**
 * Says from scratch what a run must do, and what every node must hold. It knows the rules of the promise and nothing of how it is kept: no
 * fingerprints, no files. A node stands for what it is made from, its *basis*: its own source, and what its needs hold.
 */
export class Oracle {
  readonly #last = new Map<string, Known>();
  /** Every basis that was ever made, and whether the store surely has the result, or only may since it made room. */
  readonly #made = new Map<string, 'sure' | 'maybe'>();

  #killed = false;

  /** Whether every node but these has a result to stand in. */
  canStandIn(shape: Shape, ids: readonly string[]): boolean {
    return shape.needs.every((_, index) => !ids.includes(idOf(index)) || this.#last.get(idOf(index))?.lost === false);
  }

  lost(id: string): void {
    const last = this.#last.get(id);
    if (last) last.lost = true;
  }

  evicted(): void {
    for (const basis of this.#made.keys()) this.#made.set(basis, 'maybe');
  }

  /** A run was cut somewhere: the next one finds more done than was told. */
  killed(): void {
    this.#killed = true;
  }

  /**
   * Compares what a run did, and what the plan before it said, with what had to be; throws with the first difference. What may go either way is taken as it went.
   */
  check(subject: Subject, selection: Partial<Selection>, plan: readonly PlanEntry[], summary: RunSummary): void {
    const planned = new Map(plan.map((entry) => [entry.node, entry.action]));
    const contents = new Map<string, string>();
    for (const id of summary.nodes.keys()) {
      const index = Number(id.slice(1));
      const source = subject.sources[index];
      const needs = (subject.shape.needs[index] ?? []).map(idOf);
      if (!source) throw new Error(`no node ${id}`);
      const actual = summary.nodes.get(id)?.outcome ?? 'not-run';
      const told = `plan said ${String(planned.get(id))}, ${id} ${actual}`;
      if (needs.some((need) => !contents.has(need))) {
        if (actual !== 'not-run') throw new Error(`${id}: a need of it has no result, but it ${actual}`);
        continue;
      }
      const held = needs.map((need) => contents.get(need) ?? '');
      const basis = JSON.stringify([id, source.input, source.param, source.version, held]);
      const content = make(id, subject.shape.constant[index] ?? false, source, held);
      const standsIn = (selection.skip ?? []).includes(id) || ((selection.only ?? []).length > 0 && !selection.only?.includes(id));
      const allowed = standsIn ? (['fresh'] as const) : this.#allowed(id, basis, source, isForced(subject.shape, index, selection));
      if (!allowed.includes(actual)) throw new Error(`${id} was to be ${allowed.join(' or ')}: ${told}`);
      if (!agrees(planned.get(id), actual)) throw new Error(`the plan does not agree with the run: ${told}`);
      if (actual === 'failed') continue;
      const result = standsIn ? (this.#last.get(id)?.content ?? '') : content;
      if (subject.held(summary, id) !== result) throw new Error(`${id} holds ${subject.held(summary, id)}, which was to be ${result}`);
      contents.set(id, result);
      if (standsIn) continue;
      this.#last.set(id, { basis, content, lost: false });
      if (actual !== 'fresh' || !this.#made.has(basis)) this.#made.set(basis, 'sure');
    }
    this.#killed = false;
  }

  #allowed(id: string, basis: string, { failing }: Source, forced: boolean): readonly NodeOutcome[] {
    const run: NodeOutcome = failing ? 'failed' : 'ran';
    if (forced) return [run];
    if (this.#killed) return ['fresh', 'restored', run];
    const last = this.#last.get(id);
    if (last?.basis === basis && !last.lost) return ['fresh'];
    switch (this.#made.get(basis)) {
      case 'sure':
        return ['restored'];
      case 'maybe':
        return ['restored', run];
      case undefined:
        return [run];
    }
  }
}

function isForced(shape: Shape, index: number, { force, from = [] }: Partial<Selection>): boolean {
  return force === true || from.includes(idOf(index)) || (shape.needs[index] ?? []).some((need) => isForced(shape, need, { from }));
}

/** A plan may be unsure only where something before it is. */
function agrees(action: PlanEntry['action'] | undefined, outcome: NodeOutcome): boolean {
  switch (action) {
    case 'fresh':
    case 'as-is':
    case 'skipped':
      return outcome === 'fresh';
    case 'restore':
      return outcome === 'restored';
    case 'run':
      return outcome === 'ran' || outcome === 'failed';
    case 'may-run':
      return true;
    case 'absent':
    case undefined:
      return false;
  }
}
