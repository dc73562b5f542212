import type { Json } from './graph.js';

/**
 * Why something failed, by whose hands it can be mended:
 * - `usage`: the config, the command line, or a tree that the config names; exit 2.
 * - `environment`: the engine, the network, the disk, a port; exit 3.
 * - `locked`: somebody else holds the workspace, the KubeVirt tree or the builder volume; exit 4.
 * - `build`: a program of the build ended with an error; exit 1.
 * - `proof`: everything ran, and KubeVirt did not take the build; exit 1.
 * - `oom`: the kernel ended a program of the build; exit 1.
 * - `source`: a source tree changed while it was read, or holds what can't be archived; exit 1.
 * - `cancelled`: the user stopped the run; exit 130 or 143.
 * - `bug`: crpm itself; exit 5.
 */
export type FailureClass =
  | 'usage'
  | 'environment'
  | 'locked'
  | 'build'
  | 'proof'
  | 'oom'
  | 'source'
  | 'cancelled'
  | 'bug';

/** An expected failure, told so that the reader knows what to do next. */
export interface Failure {
  readonly class: FailureClass;
  /** One sentence: what went wrong, with the names and values that matter. */
  readonly message: string;
  /** What to type or change now. */
  readonly next?: string;
  /** The lines of output that matter, oldest first; at most about twenty. */
  readonly lines?: readonly string[];
  /** The same for programs, where there is more to tell than sentences: the proof that failed. */
  readonly data?: Json;
}

/**
 * Carries a {@link Failure} up through I/O code to the nearest seam (the runner, a command), where it becomes a value again.
 * Anything else that is thrown is a bug in crpm.
 */
export class FailureError extends Error {
  readonly failure: Failure;
  constructor(failure: Failure, options?: ErrorOptions) {
    super(failure.message, options);
    this.name = 'FailureError';
    this.failure = failure;
  }
}

/** Throws a {@link FailureError}. */
export function fail(failure: Failure, cause?: unknown): never {
  throw new FailureError(failure, cause === undefined ? undefined : { cause });
}

/** What was thrown, as a failure: itself if it is an expected one, else a bug with the stack in `lines`. */
export function toFailure(thrown: unknown): Failure {
  if (thrown instanceof FailureError) return thrown.failure;
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return { class: 'environment', message: `the disk is full: ${error.message}`, next: 'Free some space, then run again; finished work is kept.' };
  }
  return {
    class: 'bug',
    message: `internal error: ${error.message}`,
    next: 'Please report this with the lines below.',
    lines: (error.stack ?? '').split('\n').slice(0, 20),
  };
}
