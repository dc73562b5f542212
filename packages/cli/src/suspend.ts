import { suspendPrograms } from '@crpm/engines/suspend';

const before = new Set<() => void>();
let listeners = 0;

/** Stops `whom`, as Ctrl-Z does: this process, or, 0, its process group. Whoever asked for it is told before, and programs that no key reaches stop with it. Returns when it goes on. */
export function suspend(whom: number = process.pid): void {
  for (const tell of before) tell();
  // Without a listener the signal does what it always does.
  process.off('SIGTSTP', onStop);
  suspendPrograms(() => process.kill(whom, 'SIGTSTP'));
  if (listeners > 0) process.on('SIGTSTP', onStop);
}

/** Hears of Ctrl-Z; returns what ends that. `tell` is called before this process stops. */
export function beforeSuspend(tell: () => void = () => undefined): () => void {
  before.add(tell);
  if (listeners++ === 0) process.on('SIGTSTP', onStop);
  return () => {
    if (before.delete(tell) && --listeners === 0) process.off('SIGTSTP', onStop);
  };
}

function onStop(): void {
  suspend();
}
