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

/**
 * What went wrong, as far as the output of programs tells; finer than the class, which says whose hands can mend it. `docs/troubleshooting.md` has a section for each, and each is
 * shown there by a build that really fails so.
 */
export const CAUSES = [
  'build-requires',
  'patch',
  'configure',
  'compiler',
  'linker',
  'program',
  'unpackaged-files',
  'missing-files',
  'tests',
  'memory',
  'disk',
  'network',
  'resolver',
] as const;
export type Cause = (typeof CAUSES)[number];

/** What a compiler complained of, at a place of the tree that was built. */
export interface Complaint {
  /** Relative to the top of the tree. */
  readonly file: string;
  /** From 1, in the user's own file. */
  readonly line: number;
  /** From 1; absent where the program tells none. */
  readonly column?: number;
  readonly message: string;
}

/** An expected failure, told so that the reader knows what to do next. */
export interface Failure {
  readonly class: FailureClass;
  /** Absent: nobody knows, or it is none of those. */
  readonly cause?: Cause;
  /** One sentence: what went wrong, with the names and values that matter. */
  readonly message: string;
  /** What to type or change now. */
  readonly next?: string;
  /** The lines of output that matter, oldest first; at most ten. */
  readonly lines?: readonly string[];
  /** What compilers and meson complained of. */
  readonly complaints?: readonly Complaint[];
  /** Command lines that help to go on, best first. */
  readonly commands?: readonly string[];
  /** The same for programs, where there is more to tell than sentences: the proof that failed. */
  readonly data?: Json;
  /**
   * Only of class `environment`: the same may well succeed in a moment (a connection was reset, an engine was restarted), so the runner tries the node again. Never
   * for a program of the build that failed.
   */
  readonly transient?: true;
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

const FULL = { cause: 'disk', what: 'the disk is full', next: 'Free some space, then run again; finished work is kept.' } as const;
const TOO_MANY = { what: 'too many files are open', next: 'Raise the limit (ulimit -n 8192), or use fewer nodes at once (--jobs); then run again.' };
const FORBIDDEN = { what: 'this machine does not allow it', next: 'Give the user who started crpm the right to the path named above, then run again.' };

/** System errors that tell of the machine and not of crpm. `ENOENT` and the like are not among them: a path that is wrong is a bug. */
const SYSTEM_ERRORS: Readonly<Partial<Record<string, { readonly cause?: Cause; readonly what: string; readonly next: string }>>> = {
  ENOSPC: FULL,
  EDQUOT: FULL,
  EMFILE: TOO_MANY,
  ENFILE: TOO_MANY,
  EACCES: FORBIDDEN,
  EPERM: FORBIDDEN,
  EROFS: { what: 'the file system is read only', next: 'Mount it for writing (after an error the kernel may have made it read only: see dmesg), then run again.' },
  EIO: { what: 'the disk failed', next: 'See dmesg and check the disk, then run again; finished work is checked before it is used.' },
  ENOMEM: { cause: 'memory', what: 'this machine has no memory left', next: 'End other programs or use fewer compile jobs (build.jobs), then run again.' },
};

/** What was thrown, as a failure: itself if it is an expected one, else a bug with the stack in `lines`. */
export function toFailure(thrown: unknown): Failure {
  if (thrown instanceof FailureError) return thrown.failure;
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const code = (error as NodeJS.ErrnoException).code;
  const ofMachine = code !== undefined && Object.hasOwn(SYSTEM_ERRORS, code) ? SYSTEM_ERRORS[code] : undefined;
  if (ofMachine) return { class: 'environment', ...(ofMachine.cause ? { cause: ofMachine.cause } : {}), message: `${ofMachine.what}: ${error.message}`, next: ofMachine.next };
  return {
    class: 'bug',
    message: `internal error: ${error.message}`,
    next: 'Please report this with the lines below.',
    lines: (error.stack ?? '').split('\n').slice(0, 20),
  };
}
