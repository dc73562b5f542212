import { LineSplitter } from '@crpm/engines/lines';
import { stopsWithCrpm } from '@crpm/engines/suspend';
import type { FailedProgram } from './how-it-ended.js';
import { stopGroupOnAbort } from './process-group.js';

/** Time for what a program wrote to arrive once it was told to end and has, in milliseconds. */
const DRAIN_MS = 3_000;

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
  // What left the group may hold the pipes open for ever; whoever wants to stop waits for the program, not for that.
  let timer: NodeJS.Timeout | undefined;
  let left = false;
  const leave = () => {
    if (!signal.aborted || (child.exitCode === null && child.signalCode === null)) return;
    timer ??= setTimeout(() => {
      left = true;
      child.stdout.destroy();
      child.stderr.destroy();
    }, DRAIN_MS);
  };
  child.once('exit', leave);
  signal.addEventListener('abort', leave, { once: true });
  try {
    for await (const chunk of child.all) lines.write(chunk as Buffer);
    lines.end();
  } catch (error) {
    if (!left) throw error;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', leave);
    alone();
    stop.settled();
  }
  return await child;
}
