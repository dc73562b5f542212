import { formatDiagnostic, toFailure } from '@crpm/core';
import { ComplaintsError } from '../complaints.js';

/** One thing that was looked at. `warning`: works, with something to know; `error`: a run will fail on it. */
export interface Finding {
  readonly state: 'ok' | 'warning' | 'error';
  readonly what: string;
  readonly detail: string;
  /** What mends it. */
  readonly next?: string;
}

export function fine(what: string, detail: string): Finding {
  return { state: 'ok', what, detail };
}

export function warning(what: string, detail: string, next: string): Finding {
  return { state: 'warning', what, detail, next };
}

export function wrong(what: string, detail: string, next: string): Finding {
  return { state: 'error', what, detail, next };
}

/** What was thrown while something was looked at. A bug goes on. */
export function refused(what: string, error: unknown, next: string): Finding {
  if (error instanceof ComplaintsError) return wrong(what, error.diagnostics.map((diagnostic) => (diagnostic.location ? formatDiagnostic(diagnostic) : diagnostic.message)).join('\n'), next);
  const failure = toFailure(error);
  if (failure.class === 'bug') throw error;
  return wrong(what, [failure.message, ...(failure.lines ?? [])].join('\n'), failure.next ?? next);
}
