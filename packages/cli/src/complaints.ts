import type { Diagnostic } from '@crpm/core';

/** The config or the command line was refused; carries every complaint to the seam that prints them and exits with 2. */
export class ComplaintsError extends Error {
  constructor(readonly diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((diagnostic) => diagnostic.message).join('; '));
    this.name = 'ComplaintsError';
  }
}

/** Refuses with one sentence about the command line. */
export function refuse(message: string): never {
  throw new ComplaintsError([{ severity: 'error', message }]);
}
