import { dependentsOf, type Failure, type GraphNode, type LeftOut, type NodeOutput, type Role } from '@crpm/core';
import { age } from './age.js';
import type { Announcer } from './announcer.js';
import { needOf, type Difference } from './difference.js';
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
  readonly role?: LeftOut;
  readonly asOf?: string;
  readonly stale?: string;
  readonly shared?: { readonly from: string; readonly savedMs: number };
}

/** What becomes of nodes: noted, told, and turned into what the scheduler does next. `decidedAt`: of the ledger's clock. */
export class Outcomes {
  readonly failures: Failure[] = [];
  readonly #parts: Parts;
  /** Why results that stand in are not what a run would give, by node. */
  readonly #stale = new Map<string, string>();
  readonly #dependents: ReturnType<typeof dependentsOf>;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#dependents = dependentsOf(parts.options.graph);
  }

  use(node: GraphNode, outcome: 'ran' | 'fresh' | 'restored', record: NodeRecord, decidedAt: number, details: Details = { ms: 0 }): Step {
    return this.#use(node, outcome, toOutput(this.#parts.options.workspace, record), decidedAt, details);
  }

  /** A node that is left out, and whose last result is used; `differences`: why a run might give another, or nothing. */
  standIn(node: GraphNode, record: NodeRecord, differences: readonly Difference[], decidedAt: number): Step {
    const { announcer, options, roleOf } = this.#parts;
    const role = roleOf(node) === 'skipped' ? 'skipped' : 'as-is';
    const output = toOutput(options.workspace, record);
    const staleBy = differences.filter(({ what }) => what !== 'skipped');
    const stale = formatReason(staleBy);
    if (stale !== '') this.#stale.set(node.id, stale);
    const details = { ms: 0, role, asOf: record.at, ...(stale === '' ? {} : { stale }) } as const;
    if (differences.length === 0) return this.#use(node, 'fresh', output, decidedAt, details);
    const text = `using the result of ${age(record.at)} (${record.at})`;
    if (role === 'as-is' && !this.#isTold(differences)) announcer.warnStale(`${node.id}: ${text}, which is stale: ${stale}`);
    else if (role === 'skipped' && this.#isUsed(node)) announcer.warnNode(node.id, `skipped: ${text}${this.#since(node)}`);
    return this.#use(node, 'fresh', { ...output, asOf: record.at }, decidedAt, details, staleBy);
  }

  /** A node that is left out, and has no result to stand in. */
  absent(node: GraphNode, why: readonly Difference[], decidedAt: number): Step {
    const { announcer, roleOf } = this.#parts;
    const role = roleOf(node);
    this.#settle(node, { outcome: 'not-run', ms: 0 }, decidedAt);
    if (role === 'skipped' && this.#isUsed(node)) {
      const reason = why[0]?.what === 'first-run' ? 'it never had a result' : formatReason(why);
      announcer.warnNode(node.id, `skipped, and there is no result to use instead: ${reason}`);
    }
    announcer.finished(node.id, 'not-run', { ms: 0, ...(role === 'as-is' || role === 'skipped' ? { role } : {}) });
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

  #use(node: GraphNode, outcome: 'ran' | 'fresh' | 'restored', output: NodeOutput, decidedAt: number, details: Details = { ms: 0 }, staleBy?: readonly Difference[]): Step {
    const before = this.#parts.ledger.summary(node.id);
    // Visited again, because something it rests on was, and still as it was found: that is no news.
    const told = before !== undefined && outcome === 'fresh';
    this.#settle(node, told ? { ...before, output } : { outcome, output, ...details, ...(staleBy ? { staleBy } : {}) }, decidedAt);
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

  /** What changed since a skipped package's result was made: in the node that is used itself, and in what it rests on, which says nothing itself. */
  #since(node: GraphNode): string {
    const { nodes } = this.#parts.options.graph;
    const chain = new Map<string, GraphNode>([[node.id, node]]);
    for (const { needs } of chain.values()) {
      for (const need of needs) {
        const one = nodes.get(need);
        if (one && this.#parts.roleOf(one) === 'skipped') chain.set(need, one);
      }
    }
    const changes = [...chain.keys()].reverse().flatMap((id) => this.#stale.get(id) ?? []);
    return changes.length === 0 ? '' : `, which is stale: ${changes.join(', ')}`;
  }

  /** Whether all that speaks against a result is that of needs against which something was told already: one cause, one warning. */
  #isTold(differences: readonly Difference[]): boolean {
    return differences.every((difference) => this.#stale.has(needOf(difference) ?? ''));
  }

  /** Whether a node that is not left out itself rests on this one: of a chain that is left out, only the end is worth a warning. */
  #isUsed(node: GraphNode): boolean {
    return (this.#dependents.get(node.id) ?? []).some((dependent) => this.#parts.roleOf(dependent) !== 'skipped');
  }
}
