import { setTimeout } from 'node:timers/promises';
import { RegistryError } from './failure.js';

export interface RetryOptions {
  /** How often a call is made before it fails. */
  readonly attempts: number;
  /** The pause before the second attempt, milliseconds; it doubles from then on. */
  readonly pause: number;
}

export const USUAL: RetryOptions = { attempts: 4, pause: 500 };

/** Longest pause, whatever the registry asks for; milliseconds. */
const LONGEST = 30_000;

/** Calls again what failed for now, with growing pauses, or after what the registry asked for. */
export async function retrying<T>(options: RetryOptions, signal: AbortSignal | undefined, call: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      if (attempt >= options.attempts || !(error instanceof RegistryError) || !error.passing) throw error;
      await pauseAfter(attempt, error, options, signal);
    }
  }
}

/** Waits after a failure that may pass. Throws it if there is nobody left to wait for. */
export async function pauseAfter(attempt: number, error: RegistryError, { pause }: RetryOptions, signal: AbortSignal | undefined): Promise<void> {
  // Spread out, so that many who were turned away at once do not come back at once.
  const wait = error.retryAfter ?? pause * 2 ** (attempt - 1) * (0.75 + Math.random() / 2);
  await setTimeout(Math.min(wait, LONGEST), undefined, signal ? { signal } : {}).catch(() => undefined);
  if (signal?.aborted) throw error;
}
