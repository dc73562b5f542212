import { setTimeout as delay } from 'node:timers/promises';
import { FailureError } from '@crpm/core';
import type { Repository } from '@crpm/oci';
import type { PushedBlob } from './report.js';

/** How long an API server that is being restarted may be away from somebody who only wants to begin or to tidy up, in milliseconds. */
const AWAY = 30_000;
/** How long the registry may be away when what a program made is to be fetched, in milliseconds. */
const FETCH = 120_000;
const LONGEST_PAUSE = 2_000;

export interface UntilOptions {
  /** Milliseconds. */
  readonly away?: number;
  readonly signal?: AbortSignal;
}

/** Calls again what a cluster or registry that is away for a moment did not answer. What is called may have happened all the same. */
export async function untilAnswered<T>(call: () => Promise<T>, { away = AWAY, signal }: UntilOptions = {}): Promise<T> {
  const end = Date.now() + away;
  for (let pause = 200; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
    try {
      return await call();
    } catch (error) {
      const passing = error instanceof FailureError && error.failure.transient === true;
      if (!passing || signal?.aborted || Date.now() + pause > end) throw error;
    }
    await delay(pause, undefined, signal ? { signal } : {}).catch(() => undefined);
  }
}

/** A registry that is away for a moment is no reason to run a program of hours again. */
export async function untilFetchable(repository: Repository, blob: PushedBlob, signal: AbortSignal): Promise<void> {
  await untilAnswered(() => repository.hasBlob(blob, { signal }), { away: FETCH, signal });
}
