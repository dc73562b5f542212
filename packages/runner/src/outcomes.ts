import { dependentsOf, type Failure, type GraphNode, type NodeOutput, type Role } from '@crpm/core';
import { age } from './age.js';
import type { Announcer } from './announcer.js';
import type { Difference } from './difference.js';
import type { HeavyFrontier } from './heavy-frontier.js';
import { toOutput, type NodeRecord } from './history.js';
import type { Ledger } from './ledger.js';
import type { NodeSummary, RunOptions } from './options.js';
import { formatReason } from './reason.js';
import type { Step } from './scheduler.js';

interface Parts {
  readonly options: RunOptions;
  readonly ledger: Ledger;
  readonly frontier: HeavyFrontier;
  readonly announcer: Announcer;
  readonly roleOf: (node: GraphNode) => Role;
}

/** How an execution went, for those who look at it later. */
interface Details {
  /** Milliseconds. */
  readonly ms: number;
  readonly log?: string;
}

/** What becomes of nodes: noted, told, and turned into what the scheduler does next. `decidedAt`: of the ledger's clock. */
export class Outcomes {
  readonly failures: Failure[] = [];
  readonly #parts: Parts;
  readonly #dependents: ReturnType<typeof dependentsOf>;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#dependents = dependentsOf(parts.options.graph);
  }

  use(node: GraphNode, outcome: 'ran' | 'fresh' | 'restored', record: NodeRecord, decidedAt: number, details: Details = { ms: 0 }): Step {
    return this.#use(node, outcome, toOutput(this.#parts.options.workspace, record), decidedAt, details);
  }

  /** A node that is left out, and whose last result is used; `stale`: why a run might give another, or nothing. */
  standIn(node: GraphNode, record: NodeRecord, stale: string, decidedAt: number): Step {
    const { announcer, options, roleOf } = this.#parts;
    const output = toOutput(options.workspace, record);
    if (stale === '') return this.#use(node, 'fresh', output, decidedAt);
    const text = `using the result of ${age(record.at)} (${record.at})`;
    if (roleOf(node) === 'skipped') {
      if (this.#isUsed(node)) announcer.warnNode(node.id, `skipped: ${text}`);
    } else announcer.warn(`${node.id}: ${text}, which is stale: ${stale}`);
    return this.#use(node, 'fresh', { ...output, asOf: record.at }, decidedAt);
  }

  /** A node that is left out, and has no result to stand in. */
  absent(node: GraphNode, why: readonly Difference[], decidedAt: number): Step {
    const { announcer, roleOf } = this.#parts;
    this.#settle(node, { outcome: 'not-run', ms: 0 }, decidedAt);
    if (roleOf(node) === 'skipped' && this.#isUsed(node)) {
      const reason = why[0]?.what === 'first-run' ? 'it never had a result' : formatReason(why);
      announcer.warnNode(node.id, `skipped, and there is no result to use instead: ${reason}`);
    }
    announcer.finished(node.id, 'not-run', { ms: 0 });
    return 'done';
  }

  failed(node: GraphNode, failure: Failure, details: Details): Step {
    this.failures.push(failure);
    return this.#ended(node, 'failed', { failure, ...details }, 'failed');
  }

  cancelled(node: GraphNode, failure: Failure, details: Details): Step {
    return this.#ended(node, 'cancelled', { failure, ...details }, 'failed');
  }

  /** For a node whose turn never came. */
  notRun(node: GraphNode): void {
    this.#ended(node, 'not-run', { ms: 0 }, 'stopped');
  }

  #use(node: GraphNode, outcome: 'ran' | 'fresh' | 'restored', output: NodeOutput, decidedAt: number, details: Details = { ms: 0 }): Step {
    const before = this.#parts.ledger.summary(node.id);
    // Visited again, because something it rests on was, and still as it was found: that is no news.
    const told = before !== undefined && outcome === 'fresh';
    this.#settle(node, told ? { ...before, output } : { outcome, output, ...details }, decidedAt);
    if (!told) this.#parts.announcer.finished(node.id, outcome, { ...details, data: output.data });
    return 'done';
  }

  #ended(node: GraphNode, outcome: 'failed' | 'cancelled' | 'not-run', details: Details & { readonly failure?: Failure }, step: Step): Step {
    this.#settle(node, { outcome, ...details }, this.#parts.ledger.now());
    this.#parts.announcer.finished(node.id, outcome, details);
    return step;
  }

  #settle(node: GraphNode, summary: NodeSummary, decidedAt: number): void {
    this.#parts.ledger.settle(node, summary, decidedAt);
    if (summary.output) this.#parts.frontier.settle(node);
    else this.#parts.frontier.abandon(node);
  }

  /** Whether a node that is not left out itself rests on this one: of a chain that is left out, only the end is worth a warning. */
  #isUsed(node: GraphNode): boolean {
    return (this.#dependents.get(node.id) ?? []).some((dependent) => this.#parts.roleOf(dependent) !== 'skipped');
  }
}
