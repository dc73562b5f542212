import { join } from 'node:path';
import { FailureError, toFailure, unreachable, type Engine, type Failure, type GraphNode, type NodeKind, type Role } from '@crpm/core';
import { errorCode, type Fs, type Journal } from '@crpm/state';
import type { Announcer } from './announcer.js';
import { SharedBudget, type Claim } from './budget.js';
import { decide, type Decision, type Grounds, type Question } from './decide.js';
import { Demands } from './demands.js';
import type { Difference } from './difference.js';
import { Earlier } from './earlier.js';
import { Executor, type End, type Job } from './executor.js';
import { HeavyFrontier } from './heavy-frontier.js';
import type { History, NodeRecord } from './history.js';
import { kindOf } from './kinds.js';
import { Ledger } from './ledger.js';
import type { NodeSummary, RunOptions } from './options.js';
import { Outcomes } from './outcomes.js';
import { toCached, type Results } from './results.js';
import type { Step } from './scheduler.js';
import type { Shared } from './shared.js';

interface Parts {
  readonly options: RunOptions;
  readonly fs: Fs;
  readonly journal: Journal;
  readonly history: History;
  readonly results: Results;
  readonly announcer: Announcer;
  readonly shared: Shared;
  /** Of nodes that want a share of the budget at the same time, the one with the highest gets it first. */
  readonly priority: (node: GraphNode) => number;
}

/** A node that is about to run, and its share of the budget. */
interface Ready {
  readonly job: Omit<Job, 'budget'>;
  readonly decidedAt: number;
  readonly claim: Claim;
}

/** Brings one node after the other to its result, when the scheduler says that it is its turn. */
export class Visitor {
  readonly #parts: Parts;
  readonly #grounds: Grounds;
  readonly #ledger: Ledger;
  readonly #demands: Demands;
  readonly #outcomes: Outcomes;
  readonly #executor: Executor;
  readonly #budget: SharedBudget;
  readonly #ready = new Map<string, Ready>();
  #engine: Promise<Engine> | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    const { fs, history, results, options } = parts;
    const { graph, workspace, signal } = options;
    this.#ledger = new Ledger(graph);
    this.#grounds = { fs, workspace, history, signal, shared: parts.shared, earlier: new Earlier({ cache: workspace.cache, fs, onDamage: (fingerprint) => { results.setAside(fingerprint); } }) };
    const openEngine = () => this.#openEngine();
    this.#executor = new Executor({ options, results, announcer: parts.announcer, grounds: this.#grounds, engine: openEngine });
    this.#demands = new Demands({
      graph, ledger: this.#ledger, openEngine,
      roleOf: (node) => this.#roleOf(node),
      kindOf: (node) => this.#kindOf(node),
      onUnusable: (node, why) => { this.#outcomes.absent(node, [why], this.#ledger.now()); },
    });
    const frontier = new HeavyFrontier(graph, (node) => this.#kindOf(node).weight === 'heavy' && !this.#isLeftOut(node));
    this.#budget = new SharedBudget(options.budget, () => Math.min(options.jobs, frontier.size));
    this.#outcomes = new Outcomes({ options, ledger: this.#ledger, frontier, announcer: parts.announcer, roleOf: (node) => this.#roleOf(node) });
  }

  async visit(node: GraphNode, stopping: () => boolean): Promise<Step> {
    try {
      const ready = this.#ready.get(node.id);
      return ready ? await this.#run(ready) : await this.#visit(node, stopping);
    } catch (error) {
      // Looking at its inputs, or asking the engine, failed before anything was started.
      const failure = toFailure(error);
      const cancelled = this.#parts.options.signal.aborted && (failure.class === 'cancelled' || !(error instanceof FailureError));
      return cancelled ? 'stopped' : this.#outcomes.failed(node, failure, { ms: 0 });
    }
  }

  /** For a node whose turn never came. */
  notRun(node: GraphNode): void {
    this.#outcomes.notRun(node);
  }

  get failures(): readonly Failure[] {
    return this.#outcomes.failures;
  }

  /** In the order of the graph. */
  summaries(): ReadonlyMap<string, NodeSummary> {
    return this.#ledger.summaries();
  }

  async close(): Promise<void> {
    // An engine that could not be opened has failed its node already.
    const engine = await this.#engine?.catch(() => undefined);
    await engine?.close();
  }

  async #visit(node: GraphNode, stopping: () => boolean): Promise<Step> {
    if (this.#demands.on(node) === undefined && this.#ledger.isSettled(node)) return 'done';
    const decidedAt = this.#ledger.now();
    const question = this.#question(node);
    if (!this.#isLeftOut(node) || question.mustRun !== undefined) {
      const absent = this.#demands.absentNeeds(node);
      if (absent.length > 0) return { reopen: absent };
    }
    let decision = await decide(question, this.#grounds);
    if (stopping()) return 'stopped';
    const asked = performance.now();
    if (decision.action === 'restore') decision = await this.#restore(question, decision);
    // Stopped while it was on its way.
    if (decision.action === 'run' && stopping()) return 'stopped';
    switch (decision.action) {
      case 'fresh':
        this.#remember(decision.record, decision.identities);
        return this.#outcomes.use(node, 'fresh', decision.record, decidedAt);
      case 'stand-in':
        this.#remember(decision.record, decision.identities);
        return this.#outcomes.standIn(node, decision.record, decision.stale, decidedAt);
      case 'absent':
        return this.#outcomes.absent(node, decision.why, decidedAt);
      case 'restore':
        if (this.#isLeftOut(node)) return this.#outcomes.standIn(node, decision.record, [{ what: 'output', text: 'its files came back from the store' }], decidedAt);
        if (!decision.remote) await this.#offer(question, decision.record);
        return this.#outcomes.use(node, 'restored', decision.record, decidedAt, decision.remote ? savedBy(decision.record, performance.now() - asked) : { ms: 0 });
      case 'run':
        return this.#prepare({ question, why: decision.why, inputs: decision.inputs }, decidedAt);
      default:
        return unreachable(decision);
    }
  }

  #question(node: GraphNode): Question {
    const role = this.#roleOf(node);
    const mustRun = role === 'skipped' ? undefined : this.#demands.on(node);
    return {
      node,
      kind: this.#kindOf(node),
      // What was forced and has run is normal when it is visited again.
      role: role === 'forced' && this.#ledger.hasRun(node.id) ? 'normal' : role,
      needs: this.#ledger.needsOf(node),
      ...(mustRun === undefined ? {} : { mustRun }),
    };
  }

  /** Sees to it that all is there that the node needs to run, and its share of the budget. */
  async #prepare(job: Omit<Job, 'budget'>, decidedAt: number): Promise<Step> {
    const { node, kind } = job.question;
    const reopen = await this.#demands.missingNeeds(node);
    if (reopen) return { reopen };
    if (kind.weight === 'light') return this.#execute({ ...job, budget: lightBudget(this.#parts.options) }, decidedAt);
    const claim = this.#budget.claim(this.#parts.priority(node), kind.wants?.(node.params));
    const ready = { job, decidedAt, claim };
    this.#ready.set(node.id, ready);
    if (claim.budget) return this.#run(ready);
    return {
      wait: {
        come: claim.come,
        leave: () => {
          this.#ready.delete(node.id);
          claim.leave();
        },
      },
    };
  }

  async #run({ job, decidedAt, claim }: Ready): Promise<Step> {
    this.#ready.delete(job.question.node.id);
    if (!claim.budget) throw new Error(`${job.question.node.id} was called before its turn`);
    let step: Step = 'failed';
    try {
      step = await this.#execute({ ...job, budget: claim.budget }, decidedAt);
      return step;
    } finally {
      // Who gets it next would start before the scheduler hears of a failure that ends the run.
      if (step === 'done' || this.#parts.options.keepGoing) claim.leave();
    }
  }

  async #execute(job: Job, decidedAt: number): Promise<Step> {
    const { node } = job.question;
    const end: End = await this.#executor.execute(job);
    switch (end.outcome) {
      case 'ran':
        this.#ledger.noteRun(node.id);
        await this.#offer(job.question, end.record);
        return this.#outcomes.use(node, 'ran', end.record, decidedAt, { ms: end.ms, log: end.log });
      case 'cancelled':
        return this.#outcomes.cancelled(node, end.failure, { ms: end.ms, log: end.log });
      case 'failed':
        return this.#outcomes.failed(node, end.failure, { ms: end.ms, log: end.log });
    }
  }

  /** Turns a wish to restore into what became of it. */
  async #restore(question: Question, wish: Decision & { action: 'restore' }): Promise<Decision> {
    const { results, announcer } = this.#parts;
    if (wish.remote) announcer.status(question.node.id, 'taking it from the shared store');
    const record = wish.remote ? await results.adopt(wish.remote, question, this.#grounds) : await results.restore(wish.record);
    if (record) return { ...wish, record };
    if (wish.remote) return { action: 'run', why: wish.why, inputs: wish.inputs };
    const why: readonly Difference[] = [...wish.why, { what: 'store', text: 'the store does not have it whole' }];
    return wish.otherwise === 'absent' ? { action: 'absent', why } : { action: 'run', why, inputs: wish.inputs };
  }

  /** Gives a result to others, where it may be of use to them. */
  async #offer({ node, kind }: Question, record: NodeRecord): Promise<void> {
    if (!record.reusable) return;
    const { options, shared } = this.#parts;
    const { files, data, folder } = record.output;
    await shared.offer(toCached(record, files.map(({ path, size, digest }) => ({ path, size, digest })), data), join(options.workspace.state, folder), node, kind);
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

  /** Where programs ran, for people; nothing where no node needed an engine. */
  async engineUsed(): Promise<string | undefined> {
    return (await this.#engine?.catch(() => undefined))?.description;
  }

  #openEngine(): Promise<Engine> {
    return (this.#engine ??= this.#parts.options.openEngine());
  }

  #roleOf(node: GraphNode): Role {
    return this.#parts.options.roles.get(node.id) ?? 'normal';
  }

  #isLeftOut(node: GraphNode): boolean {
    const role = this.#roleOf(node);
    return role === 'as-is' || role === 'skipped';
  }

  #kindOf(node: GraphNode): NodeKind {
    return kindOf(this.#parts.options.kinds, node);
  }
}

/** How it went with a result of somebody else's, which took `ms` to get. */
function savedBy({ ms: made, from = '' }: NodeRecord, ms: number) {
  return { ms, shared: { from, savedMs: Math.max(0, made - ms) } };
}

/** What a node that takes no share may use: next to nothing. */
function lightBudget({ budget: { memory } }: RunOptions): Job['budget'] {
  return memory === undefined ? { jobs: 1 } : { jobs: 1, memory };
}
