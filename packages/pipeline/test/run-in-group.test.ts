import { runInGroup } from '@crpm/pipeline/run-in-group';
import { expect, test } from 'vitest';

test('who wants to stop does not wait for a daemon that left the group and holds the output open', async () => {
  const stop = new AbortController();
  const pids: number[] = [];
  const line = (text: string) => {
    if (text === 'up') stop.abort();
    else pids.push(Number(text));
  };
  const script = 'setsid sh -c \'echo $$; echo up; exec sleep 600\' & wait';
  const { signal } = await runInGroup(['sh', '-c', script], { cwd: '/', env: { PATH: process.env['PATH'] }, signal: stop.signal, line });
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  expect(signal).toBe('SIGTERM');
  expect(pids).toHaveLength(1);
});
