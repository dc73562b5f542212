import { FailureError } from '@crpm/core';

/** What a node or command sees when its signal fired. */
export function cancelled(what: string): FailureError {
  return new FailureError({ class: 'cancelled', message: `stopped: ${what}` });
}

/** Throws when the signal has fired already. */
export function checkSignal(signal: AbortSignal, what: string): void {
  if (signal.aborted) throw cancelled(what);
}
