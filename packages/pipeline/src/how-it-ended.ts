/** What execa tells of a program that failed. */
export interface FailedProgram {
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  /** Of the error, when it could not be started. */
  readonly code?: string | undefined;
  readonly originalMessage?: string | undefined;
}

/** How it failed, as the end of a sentence: `ended with exit code 2`. `program` is what was to be started. */
export function howItEnded({ exitCode, signal, code, originalMessage }: FailedProgram, program: string): string {
  if (exitCode !== undefined) return `ended with exit code ${String(exitCode)}`;
  if (signal !== undefined) return `was ended by ${signal}`;
  switch (code) {
    case 'ENOENT':
      return `could not be started: ${program.includes('/') ? `${program}, or the interpreter that its first line names, is not there` : `${program} is not on PATH`}`;
    case 'EACCES':
      return `could not be started: ${program} is not executable`;
    default:
      return `could not be started: ${originalMessage ?? 'nobody knows why'}`;
  }
}
