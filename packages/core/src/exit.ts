import type { FailureClass } from './failure.js';

/** The exit codes of every command. */
export const EXIT = {
  ok: 0,
  /** A node failed: a build error, or KubeVirt did not take the build. Of revert: rules were kept. */
  node: 1,
  /** The config or the command line. */
  usage: 2,
  /** Engine, disk, network, port. */
  environment: 3,
  /** Somebody else holds the lock. */
  locked: 4,
  /** A bug in crpm. */
  bug: 5,
  sigint: 130,
  sigterm: 143,
} as const;

export function exitCodeOf(failure: FailureClass): number {
  switch (failure) {
    case 'usage':
      return EXIT.usage;
    case 'environment':
      return EXIT.environment;
    case 'locked':
      return EXIT.locked;
    case 'cancelled':
      return EXIT.sigint;
    case 'bug':
      return EXIT.bug;
    case 'build':
    case 'proof':
    case 'oom':
    case 'source':
      return EXIT.node;
  }
}
