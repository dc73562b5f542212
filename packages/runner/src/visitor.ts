import { dependentsOf, FailureError, toFailure, unreachable, type Engine, type Failure, type GraphNode, type Input, type NodeKind, type NodeOutput, type Role } from '@crpm/core';
import { errorCode, type Fs, type Journal } from '@crpm/state';
import { age } from './age.js';
import type { Announcer } from './announcer.js';
import { decide, type Decision, type Grounds, type Question } from './decide.js';
import { Executor } from './executor.js';
import { toOutput, type History, type NodeRecord } from './history.js';
import type { NodeSummary, RunOptions } from './options.js';
import type { Results } from './results.js';
import type { Step } from './scheduler.js';

interface Parts {
  readonly options: RunOptions;
  readonly fs: Fs;
  readonly journal: Journal;
  readonly history: History;
  readonly results: Results;
  readonly announcer: Announcer;
}

/**
 * Brings one node after the other to its result, when the scheduler says that it is its turn, and knows what became of each.
 *
 * A result can turn out not to be there only when somebody wants to use it: an image that was removed, or a node left out by `--only`
 * that never ran. Then the one who is about to run demands it: the need is visited again, with a reason to run, and all that rests on it
 * is decided once more. That happens at most once per node, since what ran in this run is there.
 */
export class Visitor {
  readonly failures: Failure[] = [];
  readonly #parts: Parts;
  readonly #grounds: Grounds;
  readonly #executor: Executor;
  readonly #outputs = new Map<string, NodeOutput>();
  readonly #summaries = new Map<string, NodeSummary>();
  /** For each node that is done: the digests of its needs when it was decided. */
  readonly #basis = new Map<string, string>();
  /** Why a node is demanded. */
  readonly #mustRun = new Map<string, string>();
  readonly #ran = new Set<string>();
  readonly #dependents: ReturnType<typeof dependentsOf>;
  #engine: Promise<Engine> | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    const { fs, history, results, options } = parts;
    this.#dependents = dependentsOf(options.graph);
    this.#grounds = { fs, workspace: options.workspace, history, signal: options.signal, mayRestore: (record) => results.mayRestore(record) };
    this.#executor = new Executor({
      options, results, announcer: parts.announcer,
      grounds: this.#grounds,
      engine: () => this.#openEngine(),
      mayWantBudget: (node) => !this.#summaries.has(node.id) && ['normal', 'forced'].includes(this.#roleOf(node)),
    });
  }

  async visit(node: GraphNode, stopping: () => boolean): Promise<Step> {
    try {
      return await this.#visit(node, stopping);
    } catch (error) {
      // Looking at its inputs, or asking the engine, failed before anything was started.
      const failure = toFailure(error);
      const cancelled = this.#parts.options.signal.aborted && (failure.class === 'cancelled' || !(error instanceof FailureError));
      return cancelled ? 'stopped' : this.#failed(node, failure, { ms: 0 });
    }
  }

  /** For a node whose turn never came. */
  notRun(id: string): void {
    this.#summaries.set(id, { outcome: 'not-run', ms: 0 });
    this.#parts.announcer.finished(id, 'not-run', { ms: 0 });
  }

  /** In the order of the graph. */
  summaries(): ReadonlyMap<string, NodeSummary> {
    const all = [...this.#parts.options.graph.nodes.keys()].map((id) => [id, this.#summaries.get(id) ?? { outcome: 'not-run', ms: 0 }] as const);
    return new Map<string, NodeSummary>(all);
  }

  async close(): Promise<void> {
    // An engine that could not be opened has failed its node already.
    const engine = await this.#engine?.catch(() => undefined);
    await engine?.close();
  }

  async #visit(node: GraphNode, stopping: () => boolean): Promise<Step> {
    if (this.#isSettled(node)) return 'done';
    const question = this.#question(node);
    if (question.role === 'normal' || question.role === 'forced' || question.mustRun !== undefined) {
      const absent = this.#demandAbsent(node);
      if (absent.length > 0) return { reopen: absent };
    }
    let decision = await decide(question, this.#grounds);
    if (stopping()) return 'stopped';
    if (decision.action === 'restore') decision = await this.#restore(node, decision);
    switch (decision.action) {
      case 'fresh':
        this.#remember(decision.record, decision.identities);
        return this.#use(node, 'fresh', this.#outputOf(decision.record));
      case 'stand-in':
        this.#remember(decision.record, decision.identities);
        return this.#standIn(node, decision.record, decision.stale);
      case 'absent':
        return this.#absent(node, decision.reason);
      case 'restore':
        return this.#restored(node, decision.record);
      case 'run':
        return this.#run(question, decision.reason, decision.inputs, stopping);
      default:
        return unreachable(decision);
    }
  }

  #question(node: GraphNode): Question {
    const role = this.#roleOf(node);
    const mustRun = this.#ran.has(node.id) || role === 'skipped' ? undefined : this.#mustRun.get(node.id);
    return {
      node,
      kind: this.#kindOf(node),
      // What was forced and has run is normal when it is visited again.
      role: role === 'forced' && this.#ran.has(node.id) ? 'normal' : role,
      needs: this.#needsOf(node),
      ...(mustRun === undefined ? {} : { mustRun }),
    };
  }

  async #run(question: Question, reason: string, inputs: readonly Input[], stopping: () => boolean): Promise<Step> {
    const { node } = question;
    const reopen = await this.#demandMissing(node);
    if (reopen) return { reopen };
    const end = await this.#executor.execute(question, reason, inputs, stopping);
    switch (end.outcome) {
      case 'stopped':
        return 'stopped';
      case 'ran': {
        this.#ran.add(node.id);
        return this.#use(node, 'ran', this.#outputOf(end.record), end);
      }
      case 'cancelled':
        this.#settle(node, { outcome: 'cancelled', ms: end.ms, failure: end.failure, log: end.log });
        this.#parts.announcer.finished(node.id, 'cancelled', { ms: end.ms, failure: end.failure, log: end.log });
        return 'failed';
      case 'failed':
        return this.#failed(node, end.failure, { ms: end.ms, log: end.log });
    }
  }

  /** Turns a wish to restore into what became of it. */
  async #restore(node: GraphNode, wish: Decision & { action: 'restore' }): Promise<Decision> {
    const record = await this.#parts.results.restore(wish.record);
    if (record) return { ...wish, record };
    const reason = `${wish.reason}, and the store does not have it whole`;
    if (wish.otherwise === 'absent') return { action: 'absent', reason };
    return { action: 'run', reason: wish.record === this.#parts.history.last(node.id) ? reason : wish.reason, inputs: wish.inputs };
  }

  #restored(node: GraphNode, record: NodeRecord): Step {
    if (['as-is', 'skipped'].includes(this.#roleOf(node))) return this.#standIn(node, record, 'its files came back from the store');
    return this.#use(node, 'restored', this.#outputOf(record));
  }

  #standIn(node: GraphNode, record: NodeRecord, stale: string | undefined): Step {
    const output = this.#outputOf(record);
    if (stale === undefined) return this.#use(node, 'fresh', output);
    const text = `using the result of ${age(record.at)} (${record.at})`;
    if (this.#roleOf(node) === 'skipped') {
      if (this.#isUsed(node)) this.#parts.announcer.warnNode(node.id, `skipped: ${text}`);
    } else this.#parts.announcer.warn(`${node.id}: ${text}, which is stale: ${stale}`);
    return this.#use(node, 'fresh', { ...output, asOf: record.at });
  }

  #absent(node: GraphNode, reason: string): Step {
    this.#outputs.delete(node.id);
    this.#settle(node, { outcome: 'not-run', ms: 0 });
    if (this.#roleOf(node) === 'skipped' && this.#isUsed(node)) this.#parts.announcer.warnNode(node.id, `skipped, and there is no result to use instead: ${reason}`);
    this.#parts.announcer.finished(node.id, 'not-run', { ms: 0 });
    return 'done';
  }

  /** Whether a node that is not left out itself rests on this one: of a chain that is left out, only the end is worth a warning. */
  #isUsed(node: GraphNode): boolean {
    return (this.#dependents.get(node.id) ?? []).some((dependent) => this.#roleOf(dependent) !== 'skipped');
  }

  #use(node: GraphNode, outcome: 'ran' | 'fresh' | 'restored', output: NodeOutput, ran?: { readonly ms: number; readonly log: string }): Step {
    this.#outputs.set(node.id, output);
    const details = ran ? { ms: ran.ms, log: ran.log } : { ms: 0 };
    const before = this.#summaries.get(node.id);
    // Visited again, because something it rests on was, and still as it was found: that is no news.
    const told = before !== undefined && outcome === 'fresh';
    this.#settle(node, told ? { ...before, output } : { outcome, output, ...details });
    if (!told) this.#parts.announcer.finished(node.id, outcome, { ...details, data: output.data });
    return 'done';
  }

  #failed(node: GraphNode, failure: Failure, details: { readonly ms: number; readonly log?: string }): Step {
    this.failures.push(failure);
    this.#settle(node, { outcome: 'failed', failure, ...details });
    this.#parts.announcer.finished(node.id, 'failed', { failure, ...details });
    return 'failed';
  }

  #settle(node: GraphNode, summary: NodeSummary): void {
    this.#summaries.set(node.id, summary);
    this.#basis.set(node.id, this.#basisOf(node));
  }

  /** Whether a node that is visited again would be decided from the same as before. */
  #isSettled(node: GraphNode): boolean {
    if (this.#mustRun.has(node.id) && !this.#ran.has(node.id)) return false;
    return this.#basis.get(node.id) === this.#basisOf(node);
  }

  #basisOf(node: GraphNode): string {
    return node.needs.map((need) => this.#outputs.get(need)?.digest ?? '-').join(' ');
  }

  /** Needs left out by `--only` that have no result to stand in. */
  #demandAbsent(node: GraphNode): readonly string[] {
    const absent = node.needs.filter((need) => !this.#outputs.has(need) && this.#parts.options.roles.get(need) === 'as-is');
    for (const need of absent) this.#mustRun.set(need, 'it never had a result');
    return absent;
  }

  /** Asks the engine for what the needs of a node that is about to run left there. Nothing if all is there, or can't be made again. */
  async #demandMissing(node: GraphNode): Promise<readonly string[] | undefined> {
    const gone: string[] = [];
    let dropped = false;
    for (const need of node.needs) {
      const needed = this.#parts.options.graph.nodes.get(need);
      const output = this.#outputs.get(need);
      if (!needed || !output || this.#ran.has(need)) continue;
      const kind = this.#kindOf(needed);
      const reason = kind.missing && (await kind.missing(needed.params, output, await this.#openEngine()));
      // Somebody else may have had it made again while the engine was asked.
      if (reason === undefined || this.#ran.has(need)) continue;
      if (this.#roleOf(needed) === 'skipped') {
        this.#absent(needed, reason);
        dropped = true;
      } else {
        this.#mustRun.set(need, reason);
        gone.push(need);
      }
    }
    return gone.length > 0 || dropped ? gone : undefined;
  }

  /** Saves looking into the files once more the next time; not worth failing for. */
  #remember(record: NodeRecord, identities: readonly string[] | undefined): void {
    if (!identities) return;
    try {
      this.#parts.history.seen(this.#parts.journal, record, identities);
    } catch (error) {
      if (errorCode(error) === undefined) throw error;
      this.#parts.announcer.warn(`can't write the journal: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #needsOf(node: GraphNode): ReadonlyMap<string, NodeOutput> {
    const needs = new Map<string, NodeOutput>();
    for (const need of node.needs) {
      const output = this.#outputs.get(need);
      if (output) needs.set(need, output);
    }
    return needs;
  }

  #openEngine(): Promise<Engine> {
    return (this.#engine ??= this.#parts.options.openEngine());
  }

  #outputOf(record: NodeRecord): NodeOutput {
    return toOutput(this.#parts.options.workspace, record);
  }

  #roleOf(node: GraphNode): Role {
    return this.#parts.options.roles.get(node.id) ?? 'normal';
  }

  #kindOf(node: GraphNode): NodeKind {
    const kind = this.#parts.options.kinds.get(node.kind);
    if (!kind) throw new Error(`${node.id} is of the unknown kind ${node.kind}`);
    return kind;
  }
}
