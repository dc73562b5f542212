const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const;

/** How long ago an ISO 8601 instant was, for people: `2 days ago`, `just now`. A time in the future is `just now` too. */
export function age(instant: string, now: number = Date.now()): string {
  const past = now - Date.parse(instant);
  for (const [unit, length] of UNITS) {
    const count = Math.floor(past / length);
    if (count >= 1) return `${String(count)} ${unit}${count === 1 ? '' : 's'} ago`;
  }
  return 'just now';
}
