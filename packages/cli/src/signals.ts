import { EXIT, FailureError } from '@crpm/core';
import { hurry } from '@crpm/engines/hurry';
import type { Cli, Io } from './io.js';
import { report } from './report.js';
import { beforeSuspend } from './suspend.js';

/** A terminal's Ctrl-C reaches the whole process group, and `npx` passes it on once more: within this many milliseconds it is one. */
const SAME = 250;

export interface Stop {
  /** Aborted by the first signal; its reason is a `FailureError` of class `cancelled`. */
  readonly signal: AbortSignal;
  /** Aborted by the second: whatever still runs must be killed, not asked. */
  readonly kill: AbortSignal;
  /** What a signal made of the exit code: 130 or 143; absent while there was none. */
  code(): number | undefined;
  /** From now on a Ctrl-C is for the program that has the terminal, which gets it as well. */
  yieldTerminal(): void;
  /** Gives the signals back. */
  dispose(): void;
}

export interface StopOptions {
  /** Whether something runs that has to be stopped; where nothing does, what further signals would do is not told. */
  readonly runs?: () => boolean;
  readonly now?: () => number;
  readonly leave?: (code: number) => void;
}

/** For commands that start nothing which would have to be stopped: they look, or wait for an answer or a reader. */
export const ONLY_WAITS: StopOptions = { runs: () => false };

/**
 * The three steps of stopping: the first signal cancels, with clean-up and summary; the second kills what still runs; the third
 * leaves at once.
 */
export function listenForStop(io: Io, { runs = () => true, now = () => performance.now(), leave = (code) => process.exit(code) }: StopOptions = {}): Stop {
  const first = new AbortController();
  const second = new AbortController();
  let code: number | undefined;
  let count = 0;
  let last: { readonly name: NodeJS.Signals; readonly at: number } | undefined;

  const on = (name: NodeJS.Signals) => {
    if (last?.name === name && now() - last.at < SAME) return;
    last = { name, at: now() };
    code ??= name === 'SIGINT' ? EXIT.sigint : EXIT.sigterm;
    count++;
    const stopped = new FailureError({ class: 'cancelled', message: `stopped by ${name}` });
    if (count === 1) {
      io.stderr.write(runs() ? `\nstopping (${name}); once more kills what still runs, a third time leaves at once\n` : '\n');
      first.abort(stopped);
    } else if (count === 2) {
      io.stderr.write('\nkilling\n');
      second.abort(stopped);
    } else {
      leave(code);
    }
  };
  const names: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const name of names) process.on(name, on);
  return {
    signal: first.signal,
    kill: second.signal,
    code: () => code,
    yieldTerminal: () => {
      process.off('SIGINT', on);
      process.on('SIGINT', nothing);
    },
    dispose: () => {
      process.off('SIGINT', nothing);
      for (const name of names) process.off(name, on);
    },
  };
}

/** Runs the body of a command that may take long. Once a signal came, that decides the exit code, and only real errors are reported. */
export async function stoppable(cli: Cli, body: (stop: Stop) => Promise<void>, options: StopOptions = {}): Promise<void> {
  const stop = listenForStop(cli.io, options);
  const deaf = beforeSuspend();
  stop.kill.addEventListener('abort', hurry, { once: true });
  try {
    await body(stop);
  } catch (error) {
    if (stop.code() === undefined) throw error;
    if (!isCancelled(error)) report(error, cli.io);
  } finally {
    deaf();
    stop.dispose();
    cli.code = stop.code() ?? cli.code;
  }
}

/** A signal without a handler ends the process. */
function nothing(): void {}

function isCancelled(error: unknown): boolean {
  return error instanceof FailureError ? error.failure.class === 'cancelled' : error instanceof Error && error.name === 'AbortError';
}
