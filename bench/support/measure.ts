import { spawnSync } from 'node:child_process';

/** One side of a comparison. */
export interface Contender {
  readonly name: string;
  /** One round of its work. Gives, or resolves to, its own time in milliseconds where it can tell better than who calls it. */
  readonly round: () => unknown;
}

/** Times of one contender, one per round. */
export interface Times {
  readonly name: string;
  readonly all: readonly number[];
}

/**
 * Runs contenders in turn, A B C A B C …, so that whatever else the machine does meets them all alike. The rounds before the first that
 * counts fill the caches of the system and of the contenders.
 */
export async function inTurn(contenders: readonly Contender[], rounds: number, warmUps = 2): Promise<readonly Times[]> {
  const all = contenders.map((): number[] => []);
  for (let round = -warmUps; round < rounds; round++) {
    for (const [index, contender] of contenders.entries()) {
      const begun = performance.now();
      const told = await contender.round();
      const ms = typeof told === 'number' ? told : performance.now() - begun;
      if (round >= 0) all[index]?.push(ms);
    }
  }
  return contenders.map(({ name }, index) => ({ name, all: all[index] ?? [] }));
}

/** The middle one of the ratios of each round: what slows a whole round down falls out of it. */
export function ratioOf(ours: Times, peer: Times): number {
  return quantile(ours.all.map((ms, round) => ms / (peer.all[round] ?? ms)), 0.5);
}

/** Linear between the two nearest; `at` from 0 to 1. */
export function quantile(values: readonly number[], at: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = (sorted.length - 1) * at;
  const below = sorted[Math.floor(place)] ?? 0;
  const above = sorted[Math.ceil(place)] ?? below;
  return below + (above - below) * (place - Math.floor(place));
}

export interface Command {
  readonly argv: readonly string[];
  readonly cwd?: string;
  /** The whole environment. */
  readonly env?: NodeJS.ProcessEnv;
}

const TAIL = 3_000;

/** Runs programs one after the other, their output thrown away. Throws with what one said when it fails. */
export function runAll(commands: readonly Command[]): void {
  for (const { argv, cwd, env } of commands) {
    const [program = '', ...args] = argv;
    const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, env: env ?? process.env, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8', maxBuffer: 1 << 28 });
    if (error) throw error;
    if (status !== 0) throw new Error(`${argv.join(' ')} ended with exit code ${String(status)}\n${stdout.slice(-TAIL)}\n${stderr.slice(-TAIL)}`);
  }
}
