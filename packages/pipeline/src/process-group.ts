import { hurried } from '@crpm/engines/hurry';

/** How long a program may clean up after SIGTERM: it may have containers to stop. */
const GRACE_MS = 10_000;

/**
 * Ends a program that was started in a process group of its own (`detached`), and all that it started, when the run is cancelled: SIGTERM,
 * then SIGKILL if that is not enough, or somebody is in a hurry. `settled()` is to be called when the program has ended.
 */
export function stopGroupOnAbort(pid: number | undefined, signal: AbortSignal): { settled(): void } {
  let timer: NodeJS.Timeout | undefined;
  const send = (name: NodeJS.Signals) => {
    try {
      if (pid !== undefined) process.kill(-pid, name);
    } catch {
      // It ended by itself.
    }
  };
  const finish = () => send('SIGKILL');
  const onAbort = () => {
    send('SIGTERM');
    send('SIGCONT');
    timer = setTimeout(finish, GRACE_MS);
    if (hurried.aborted) finish();
    else hurried.addEventListener('abort', finish, { once: true });
  };
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  return {
    settled: () => {
      signal.removeEventListener('abort', onAbort);
      hurried.removeEventListener('abort', finish);
      clearTimeout(timer);
    },
  };
}
