import { setTimeout as sleep } from 'node:timers/promises';
import { fail, FailureError } from '@crpm/core';
import { acquireLock } from '@crpm/state';

export interface ExclusiveOptions {
  /** For whoever has to wait for too long: what is locked. */
  readonly what: string;
  /** For the one who waits: what is being done. */
  readonly command: string;
  /** Milliseconds to wait for others; then the failure of class `locked` is thrown. */
  readonly patience: number;
  readonly signal?: AbortSignal | undefined;
}

const LONGEST_NAP = 100;

/** Does a job while nobody else, in this process or in another, does one under the same lock file; waits for its turn. */
export async function exclusively<T>(lockFile: string, options: ExclusiveOptions, job: () => Promise<T>): Promise<T> {
  const lock = await taken(lockFile, options);
  try {
    return await job();
  } finally {
    lock.release();
  }
}

async function taken(lockFile: string, { what, command, patience, signal }: ExclusiveOptions) {
  const until = performance.now() + patience;
  for (let nap = 2; ; nap = Math.min(nap * 2, LONGEST_NAP)) {
    if (signal?.aborted) fail({ class: 'cancelled', message: `stopped while waiting for ${what}` });
    try {
      return await acquireLock(lockFile, { what, command });
    } catch (error) {
      if (!(error instanceof FailureError) || error.failure.class !== 'locked' || performance.now() > until) throw error;
    }
    await sleep(nap);
  }
}
