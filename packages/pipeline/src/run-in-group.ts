import { LineSplitter } from '@crpm/engines/lines';
import { stopsWithCrpm } from '@crpm/engines/suspend';
import type { FailedProgram } from './how-it-ended.js';
import { stopGroupOnAbort } from './process-group.js';

export interface GroupOptions {
  readonly cwd: string;
  /** All of it: nothing of crpm's own environment is added. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends the program and all that it started. */
  readonly signal: AbortSignal;
  /** A line of either stream, in the order in which they came; also each state of one that is redrawn with carriage returns. */
  readonly line: (text: string) => void;
}

/** Runs a program on this machine to its end, in a process group of its own, so that all of it can be told to end. How it ended is a value. */
export async function runInGroup([program = '', ...args]: readonly string[], { cwd, env, signal, line }: GroupOptions): Promise<FailedProgram & { readonly failed: boolean }> {
  const { execa } = await import('execa');
  const child = execa(program, args, { cwd, env: { ...env }, extendEnv: false, stdin: 'ignore', all: true, buffer: false, reject: false, detached: true });
  const lines = new LineSplitter(line);
  const stop = stopGroupOnAbort(child.pid, signal);
  const alone = stopsWithCrpm(() => (child.pid === undefined ? [] : [-child.pid]));
  try {
    for await (const chunk of child.all) lines.write(chunk as Buffer);
    lines.end();
  } finally {
    alone();
    stop.settled();
  }
  return await child;
}
