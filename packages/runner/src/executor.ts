import { dependentsOf, FailureError, toFailure, type Budget, type Engine, type Failure, type GraphNode, type Input, type Json, type NodeReporter } from '@crpm/core';
import type { Announcer, NodeVoice } from './announcer.js';
import { contendersOf, SharedBudget, type Grant } from './budget.js';
import { contextOf, listInputs, type Grounds, type Question } from './decide.js';
import { fingerprintOf } from './fingerprint.js';
import type { NodeRecord } from './history.js';
import type { RunOptions } from './options.js';
import type { Results } from './results.js';

/** How an execution ended. */
export type End =
  | { readonly outcome: 'ran'; readonly record: NodeRecord; readonly ms: number; readonly log: string }
  | { readonly outcome: 'failed' | 'cancelled'; readonly failure: Failure; readonly ms: number; readonly log: string }
  /** The run was stopping before it began. */
  | { readonly outcome: 'stopped' };

interface Parts {
  readonly options: RunOptions;
  readonly results: Results;
  readonly announcer: Announcer;
  readonly grounds: Grounds;
  readonly engine: () => Promise<Engine>;
  /** Whether a node's turn may still come, so that a share of the budget should be left for it. */
  readonly mayWantBudget: (node: GraphNode) => boolean;
}

/** Runs nodes: gives each what the contract promises it, and makes what it leaves a result. */
export class Executor {
  readonly #parts: Parts;
  readonly #budget: SharedBudget;
  readonly #dependents: ReturnType<typeof dependentsOf>;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#budget = new SharedBudget(parts.options.budget);
    this.#dependents = dependentsOf(parts.options.graph);
  }

  async execute(question: Question, reason: string, inputs: readonly Input[], stopping: () => boolean): Promise<End> {
    const grant = await this.#grant(question);
    try {
      if (stopping()) return { outcome: 'stopped' };
      const voice = this.#parts.announcer.started(question.node, reason);
      try {
        return await this.#run(question, inputs, grant?.budget ?? lightBudget(this.#parts.options.budget), voice);
      } finally {
        voice.close();
      }
    } finally {
      grant?.release();
    }
  }

  async #run(question: Question, inputs: readonly Input[], budget: Budget, voice: NodeVoice): Promise<End> {
    const { node } = question;
    const { signal } = this.#parts.options;
    const begun = performance.now();
    const took = () => performance.now() - begun;
    const out = this.#parts.results.open(node.id);
    try {
      const data = await this.#call(question, out, budget, voice.report);
      const record = await this.#parts.results.keep(out, data, {
        node: node.id, kind: node.kind, run: this.#parts.options.runId, at: new Date().toISOString(), ms: took(), inputs,
        fingerprint: fingerprintOf(inputs),
        reusable: await this.#inputsAreStill(question, inputs),
      });
      return { outcome: 'ran', record, ms: took(), log: voice.log };
    } catch (error) {
      const failure = withTail(toFailure(error), error, voice.tail());
      // After a cancel anything may be thrown; but what went wrong before it keeps its name.
      const cancelled = signal.aborted && (failure.class === 'cancelled' || !(error instanceof FailureError));
      return cancelled
        ? { outcome: 'cancelled', failure: { class: 'cancelled', message: 'stopped' }, ms: took(), log: voice.log }
        : { outcome: 'failed', failure, ms: took(), log: voice.log };
    } finally {
      this.#parts.results.discard(out);
    }
  }

  async #call({ node, kind, needs }: Question, out: string, budget: Budget, report: NodeReporter): Promise<Json> {
    const context = {
      ...contextOf(node, needs, this.#parts.grounds),
      out, budget, report,
      engine: this.#parts.engine,
      runId: this.#parts.options.runId,
    };
    const data = await kind.run(node.params, context);
    // What is recorded is what JSON keeps of it; the same is given to dependents, in this run and in later ones.
    return JSON.parse(JSON.stringify(data)) as Json;
  }

  /** Whether the result belongs to the inputs that it is recorded under; a tree may have changed while it was read. */
  async #inputsAreStill(question: Question, inputs: readonly Input[]): Promise<boolean> {
    return fingerprintOf(await listInputs(question, this.#parts.grounds)) === fingerprintOf(inputs);
  }

  #grant({ node, kind }: Question): Promise<Grant> | undefined {
    if (kind.weight === 'light') return undefined;
    const { graph, kinds, jobs } = this.#parts.options;
    const mayWant = (other: GraphNode) => kinds.get(other.kind)?.weight === 'heavy' && this.#parts.mayWantBudget(other);
    return this.#budget.acquire(node.id, (holders) => Math.min(jobs, contendersOf(node, graph, this.#dependents, holders, mayWant)));
  }
}

/** What a node that takes no share may use: next to nothing. */
function lightBudget(total: Budget): Budget {
  return { ...total, jobs: 1 };
}

/** The last lines of output tell most about a program that failed, when the kind picked none itself. What failed for another reason they would only confuse. */
function withTail(failure: Failure, thrown: unknown, tail: readonly string[]): Failure {
  const ofProgram = failure.class === 'build' || failure.class === 'oom' || failure.class === 'environment';
  return failure.lines === undefined && thrown instanceof FailureError && ofProgram && tail.length > 0 ? { ...failure, lines: [...tail] } : failure;
}
