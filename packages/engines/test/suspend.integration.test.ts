import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Work } from '@crpm/core';
import { openHostEngine } from '@crpm/engines/host/index';
import { suspendPrograms } from '@crpm/engines/suspend';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { become, state } from '../../../test/support/process-state.js';

let folder: string;
let work: Work;
const stop = new AbortController();
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'crpm-suspend-'));
  const engine = openHostEngine({ workDir: join(folder, 'work'), sharedDir: join(folder, 'shared'), env: process.env, distribution: 'the test machine' });
  work = await engine.openWork({ image: 'host', arch: engine.arch, labels: { workspace: 'w', run: 'r', node: 'n' }, signal: stop.signal });
});
afterEach(async () => {
  await work.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A program that tells its pid and that of one which has left its process group, and what it hears. */
function start(signal = stop.signal) {
  const said: string[] = [];
  const script = 'trap "echo asked; exit 3" TERM; setsid sh -c \'echo $$; exec sleep 60\' & echo $$; while :; do sleep 0.05; done';
  const ended = work.run({ argv: ['sh', '-c', script], signal, line: (text) => said.push(text) }).then(() => 'ended', () => 'cancelled');
  const pids = () => vi.waitFor(() => {
    const all = said.map(Number);
    if (all.length < 2) throw new Error('not started');
    return all;
  }, { timeout: 20_000 });
  return { said, ended, pids };
}

test('programs of a build stop while crpm is stopped, also one that left its process group, and go on with it', async () => {
  const { pids } = start();
  const all = await pids();
  expect(all.map(state)).toEqual(['running', 'running']);
  suspendPrograms(() => {
    // A signal is acted on a moment after it was sent.
    for (let looks = 0; looks < 100_000 && all.some((pid) => state(pid) !== 'stopped'); looks++);
    expect(all.map(state)).toEqual(['stopped', 'stopped']);
  });
  await become(all, 'running');
});

test('a program that is stopped hears that it is to end', async () => {
  const one = new AbortController();
  const { said, ended, pids } = start(one.signal);
  for (const pid of await pids()) process.kill(pid, 'SIGSTOP');
  one.abort();
  expect(await ended).toBe('cancelled');
  expect(said).toContain('asked');
});

test('what is stopped when crpm is killed is ended as a shell ends stopped jobs', async () => {
  const script = `
    const { spawn } = await import('node:child_process');
    const { stopsWithCrpm, suspendPrograms } = await import(${JSON.stringify(join(import.meta.dirname, '../src/suspend.ts'))});
    const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
    stopsWithCrpm(() => [-child.pid]);
    suspendPrograms(() => {
      process.stdout.write(String(child.pid) + '\\n');
      process.kill(process.pid, 'SIGSTOP');
    });`;
  const crpm = spawn(process.execPath, ['--import', join(import.meta.dirname, '../../../bench/typescript.mjs'), '--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [first] = (await new Promise<Buffer>((resolve) => crpm.stdout.once('data', resolve))).toString().split('\n');
  const pid = Number(first);
  await become([crpm.pid ?? 0, pid], 'stopped');
  crpm.kill('SIGKILL');
  await become([pid], 'gone');
});
