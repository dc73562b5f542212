import type { Diagnostic } from '@crpm/core';

/** More than anybody reads; a broken file of a megabyte could have a hundred thousand. */
const MAX_COMPLAINTS = 100;

type Told = Pick<Diagnostic, 'severity' | 'message'>;

/** Cuts a very long list and says so at its end. Errors stay before warnings then, so that none is lost to them. */
export function cut<T extends Told>(complaints: readonly T[]): readonly (T | Told)[] {
  if (complaints.length <= MAX_COMPLAINTS) return complaints;
  const errors = complaints.filter(({ severity }) => severity === 'error');
  const warnings = complaints.filter(({ severity }) => severity === 'warning');
  const kept = [...errors, ...warnings].slice(0, MAX_COMPLAINTS);
  return [...kept, { severity: errors.length > 0 ? 'error' : 'warning', message: `and ${complaints.length - kept.length} more like these` }];
}
