import { diagnosticWithin, type Diagnostic } from '@crpm/core';
import { prose, widthOf, type Screen } from '@crpm/reporters';
import type { TakeLook } from '@crpm/sources';

/** The process as commands see it, so that they can be run in memory. */
export interface Io {
  readonly stdout: Screen;
  readonly stderr: Screen;
  readonly env: NodeJS.ProcessEnv;
  /** Absolute. */
  readonly cwd: string;
  /** Looks at the trees that were started with the process. */
  readonly look?: TakeLook;
}

/** What the commands share: the process, and the exit code of the one that ran. */
export interface Cli {
  readonly io: Io;
  readonly version: string;
  code: number;
}

/** Options that every command takes. */
export interface GlobalOptions {
  /** `-C`: as if crpm had been started there. */
  readonly C?: string;
  readonly config?: string;
}

/** Prints prose, which ends with a newline. */
export function tell(screen: Screen, text: string): void {
  screen.write(`${prose(text, screen)}\n`);
}

export function warn({ stderr }: Io, text: string): void {
  tell(stderr, `warning: ${text}`);
}

/** Prints complaints about what the user wrote. */
export function complain({ stderr }: Io, diagnostics: readonly Diagnostic[]): void {
  for (const diagnostic of diagnostics) stderr.write(`${diagnosticWithin(diagnostic, widthOf(stderr))}\n`);
}

/** Prints one JSON document. */
export function printJson(io: Io, value: unknown): void {
  io.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
}
