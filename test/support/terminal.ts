import { join } from 'node:path';
import { execa } from 'execa';

export interface TerminalRun {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** What must have been printed, and what is typed then. */
  readonly dialogue?: readonly (readonly [string, string])[];
  readonly rows?: number;
  readonly columns?: number;
}

export interface TerminalEnd {
  /** Negative: the signal that ended it. */
  readonly code: number;
  /** Everything, control sequences included. */
  readonly printed: string;
  /** What of the dialogue was not come to. */
  readonly unsaid: readonly (readonly [string, string])[];
}

/** Runs a program to its end in a real terminal. */
export async function inTerminal({ argv, cwd, env, dialogue = [], rows = 24, columns = 80 }: TerminalRun): Promise<TerminalEnd> {
  const { stdout } = await execa('python3', [join(import.meta.dirname, 'terminal.py'), String(rows), String(columns), JSON.stringify(dialogue), ...argv], {
    cwd,
    env: { TERM: 'xterm', ...env },
    extendEnv: false,
  });
  return JSON.parse(stdout) as TerminalEnd;
}
