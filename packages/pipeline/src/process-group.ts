/** How long a program may clean up after SIGTERM: it may have containers to stop. */
const GRACE_MS = 10_000;

/**
 * Ends a program that was started in a process group of its own (`detached`), and all that it started, when the run is cancelled: SIGTERM,
 * then SIGKILL if that is not enough. `settled()` is to be called when the program has ended.
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
  const onAbort = () => {
    send('SIGTERM');
    timer = setTimeout(() => send('SIGKILL'), GRACE_MS);
  };
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  return {
    settled: () => {
      signal.removeEventListener('abort', onAbort);
      clearTimeout(timer);
    },
  };
}
