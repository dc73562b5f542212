import { FailureError, toFailure, type Budget, type Engine, type Failure, type Input, type Json, type NodeReporter } from '@crpm/core';
import type { Announcer, NodeVoice } from './announcer.js';
import { withRetries } from './attempts.js';
import { contextOf, listInputs, type Grounds, type Question } from './decide.js';
import { isOfNeeds, type Difference } from './difference.js';
import { fingerprintOf } from './fingerprint.js';
import type { NodeRecord } from './history.js';
import type { RunOptions } from './options.js';
import { formatDifferences, formatReason } from './reason.js';
import type { Results } from './results.js';

/** How an execution ended. */
export type End =
  | { readonly outcome: 'ran'; readonly record: NodeRecord; readonly ms: number; readonly log: string }
  | { readonly outcome: 'failed' | 'cancelled'; readonly failure: Failure; readonly ms: number; readonly log: string };

interface Parts {
  readonly options: RunOptions;
  readonly results: Results;
  readonly announcer: Announcer;
  readonly grounds: Grounds;
  readonly engine: () => Promise<Engine>;
}

/** What is to be done, and with what. */
export interface Job {
  readonly question: Question;
  readonly why: readonly Difference[];
  readonly inputs: readonly Input[];
  readonly budget: Budget;
}

/** Runs nodes: gives each what the contract promises it, and makes what it leaves a result. */
export class Executor {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async execute(job: Job): Promise<End> {
    const voice = this.#parts.announcer.started(job.question.node, { reason: formatReason(job.why), reasons: formatDifferences(job.why), ...(isOfNeeds(job.why) ? { cause: 'needs' } : {}) });
    const { signal } = this.#parts.options;
    const begun = performance.now();
    const took = () => performance.now() - begun;
    try {
      const record = await this.#attempts(job, voice.report, took);
      // Not read once more: every face and every later plan tells the same time.
      return { outcome: 'ran', record, ms: record.ms, log: voice.log };
    } catch (error) {
      // After a cancel anything may be thrown; but what went wrong before it keeps its name.
      const failure = withTail(toFailure(error), error, voice);
      const cancelled = signal.aborted && (failure.class === 'cancelled' || !(error instanceof FailureError));
      return cancelled
        ? { outcome: 'cancelled', failure: { class: 'cancelled', message: 'stopped' }, ms: took(), log: voice.log }
        : { outcome: 'failed', failure, ms: took(), log: voice.log };
    } finally {
      voice.close();
    }
  }

  #attempts(job: Job, report: NodeReporter, took: () => number): Promise<NodeRecord> {
    const { retryDelays, signal } = this.#parts.options;
    return withRetries(() => this.#attempt(job, report, took), {
      ...(retryDelays ? { delays: retryDelays } : {}),
      signal,
      onRetry: ({ message }, delay) => { report.warn(`${message}; trying again in ${String(delay / 1000)} s`); },
    });
  }

  async #attempt({ question, inputs, budget }: Job, report: NodeReporter, took: () => number): Promise<NodeRecord> {
    const { node, kind } = question;
    const { results, options } = this.#parts;
    const out = results.open(node.id);
    try {
      const data = await this.#call(question, out, budget, report);
      const reusable = await this.#inputsAreStill(question, inputs);
      const facts = {
        node: node.id, kind: node.kind, run: options.runId, at: new Date().toISOString(), ms: took(), inputs,
        fingerprint: fingerprintOf(inputs),
        reusable,
      };
      return await results.keep(out, data, facts, kind);
    } finally {
      results.discard(out);
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
}

/** The last lines of output tell most about a program that failed, when the kind picked none itself. What failed for another reason they would only confuse. */
function withTail(failure: Failure, thrown: unknown, voice: NodeVoice): Failure {
  const tail = voice.tail();
  const ofProgram = failure.class === 'build' || failure.class === 'oom' || failure.class === 'environment';
  return failure.lines === undefined && thrown instanceof FailureError && ofProgram && tail.length > 0 ? { ...failure, lines: [...tail] } : failure;
}
