import { setTimeout } from 'node:timers/promises';
import { FailureError, type Failure } from '@crpm/core';

/** A request that timed out, an engine that was restarted: it needs a moment, not a person. */
const DELAYS: readonly number[] = [1000, 5000];

export interface Retries {
  /** Milliseconds before each further try. */
  readonly delays?: readonly number[];
  readonly signal: AbortSignal;
  /** Hears of each failure after which it is tried again, and when that will be. */
  readonly onRetry: (failure: Failure, delay: number) => void;
}

/** Does something until it succeeds, or fails for a reason that does not pass, or fails too often. Ends at once when the signal aborts. */
export async function withRetries<T>(attempt: () => Promise<T>, { delays = DELAYS, signal, onRetry }: Retries): Promise<T> {
  for (const delay of delays) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof FailureError) || error.failure.transient !== true || signal.aborted) throw error;
      onRetry(error.failure, delay);
      await setTimeout(delay, undefined, { signal });
    }
  }
  return attempt();
}
