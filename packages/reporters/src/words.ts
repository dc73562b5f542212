import type { LeftOut, NodeOutcome } from '@crpm/core';

/** `0.3s`, `12.4s`, `3m05s`, `1h02m`. */
export function formatDuration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)}s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)}m${pad(whole % 60)}s`;
  const minutes = Math.round(whole / 60);
  return `${Math.floor(minutes / 60)}h${pad(minutes % 60)}m`;
}

/** How long ago, for people: `5 seconds`, `3 minutes`, `2 hours`, `4 days`. */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return count(seconds, 'second');
  if (seconds < 3600) return count(Math.floor(seconds / 60), 'minute');
  if (seconds < 86_400) return count(Math.floor(seconds / 3600), 'hour');
  return count(Math.floor(seconds / 86_400), 'day');
}

/** `1 node`, `2 nodes`, `2 addresses`. */
export function count(number: number, noun: string): string {
  return `${number} ${number === 1 ? noun : noun.endsWith('s') ? `${noun}es` : `${noun}s`}`;
}

/** How an outcome is called in every face; of a node that was left out, what was done with it. */
export function outcomeWord(outcome: NodeOutcome, role?: LeftOut): string {
  if (role !== undefined && (outcome === 'fresh' || outcome === 'not-run')) return outcome === 'fresh' && role === 'as-is' ? 'as it is' : role === 'skipped' ? 'skipped' : 'not run';
  return outcome === 'not-run' ? 'not run' : outcome;
}

function pad(number: number): string {
  return String(number).padStart(2, '0');
}
