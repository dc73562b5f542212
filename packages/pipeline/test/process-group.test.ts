import { hurry } from '@crpm/engines/hurry';
import { runInGroup } from '@crpm/pipeline/run-in-group';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

// The time that a program has to end by itself never passes.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

test('a program that minds no request to end is killed once somebody is in a hurry, and at once from then on', async () => {
  const run = async (onAbort: () => void) => {
    const stop = new AbortController();
    const line = (text: string) => {
      if (text === 'terminated') return onAbort();
      stop.abort();
    };
    return runInGroup(['bash', '-c', 'trap "echo terminated" TERM; echo up; while :; do read -rt 0.1 <> <(:); done'], { cwd: '/', env: { PATH: process.env['PATH'] }, signal: stop.signal, line });
  };
  expect((await run(hurry)).signal).toBe('SIGKILL');
  expect((await run(() => undefined)).signal).toBe('SIGKILL');
});
