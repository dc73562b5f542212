import { FailureError, toFailure, type Failure } from '@crpm/core';
import { RegistryError } from '@crpm/oci';

/** How much a registry may cost before it is left alone. */
export interface Limits {
  /** For a question, milliseconds. */
  readonly question: number;
  /** Failures after which it is asked no more. */
  readonly failures: number;
  /** For what is still to be pushed when all else is done, milliseconds. */
  readonly goodbye: number;
}

/** In a run, where the answer is worth waiting for. */
export const RUN_LIMITS: Limits = { question: 20_000, failures: 3, goodbye: 600_000 };
/** For a look ahead, where people wait. */
export const LOOK_LIMITS: Limits = { question: 5_000, failures: 1, goodbye: 0 };

/** Counts what goes wrong with one way of using a registry, and says when it was enough. */
export class Patience {
  #failures = 0;
  #lost = false;

  constructor(
    private readonly most: number,
    /** `it is asked no more in this run` */
    private readonly end: string,
  ) {}

  get isLost(): boolean {
    return this.#lost;
  }

  /** Notes a failure; the words for it, to go behind what was tried. Nothing once patience was lost before: it was told then. */
  note(error: unknown): string | undefined {
    if (this.#lost) return undefined;
    const failure = expected(error);
    this.#failures++;
    // That it does not know the user, another question does not change.
    this.#lost = this.#failures >= this.most || (error instanceof RegistryError && (error.reason === 'unauthorized' || error.reason === 'denied'));
    const next = failure.next === undefined ? '' : `. ${failure.next}`;
    return `${failure.message}${this.#lost ? `; ${this.end}` : ''}${next}`;
  }
}

/** What is no failure that somebody expected is a bug, and is thrown on. */
function expected(error: unknown): Failure {
  const failure = toFailure(error);
  if (!(error instanceof FailureError) && failure.class === 'bug' && !(error as NodeJS.ErrnoException).code) throw error;
  return error instanceof FailureError ? failure : { class: 'environment', message: (error as Error).message };
}
