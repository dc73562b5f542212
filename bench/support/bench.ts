import { quantile, ratioOf, type Times } from './measure.js';

export interface Bench {
  readonly name: string;
  /** What is measured, for `--list`. */
  readonly title: string;
  /** Minutes rather than seconds: only run when asked for by name, or with `--slow`. */
  readonly slow?: boolean;
  run(session: Session): Promise<readonly Row[]>;
}

export interface Session {
  /** Rounds that count, where a round takes a second or less. */
  readonly rounds: number;
}

/** One line of the table. */
export interface Row {
  readonly what: string;
  /** A ratio crpm ÷ peer, or an amount in `unit`. */
  readonly value: number;
  readonly unit: '×' | 'µs' | 'MB' | 's';
  /** `value` must not be above it; absent: shown for comparison only. */
  readonly budget?: number;
  /** What was measured, in words: both medians with their spread. */
  readonly detail: string;
}

/** A row for crpm beside a peer. */
export function compared(what: string, ours: Times, peer: Times, budget?: number): Row {
  return { what, value: ratioOf(ours, peer), unit: '×', ...(budget === undefined ? {} : { budget }), detail: `${spreadOf(ours)} ÷ ${spreadOf(peer)}` };
}

/** `61 ms (58–65)`: the median, and between what half of the rounds lie. */
export function spreadOf({ all }: Times): string {
  const [low, middle, high] = [0.25, 0.5, 0.75].map((at) => quantile(all, at)) as [number, number, number];
  const show = (ms: number) => (middle >= 1000 ? (ms / 1000).toFixed(2) : ms.toFixed(ms < 10 ? 1 : 0));
  return `${show(middle)} ${middle >= 1000 ? 's' : 'ms'} (${show(low)}–${show(high)})`;
}

export function missed({ value, budget }: Row): boolean {
  return budget !== undefined && !(value <= budget);
}
