import { isLeftover, temporaryName } from '@crpm/state';

/** A name for what a shell of this process has in an engine, in place of a run's. */
export function shellRun(): string {
  return temporaryName('shell');
}

/** Whether a run's name in labels is that of a shell somebody may still sit in. */
export function isOpenShell(run: string): boolean {
  return run.startsWith('shell.crpm-') && !isLeftover(run);
}
