import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SshAgent } from '@crpm/engines/docker/ssh';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

let dir: string;
let temporary: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'crpm-ssh-test-'));
  temporary = join(dir, 'tmp');
  mkdirSync(temporary);
  // An ssh that only notes where its shared connection would be.
  writeFileSync(join(dir, 'ssh'), `#!/bin/sh\nfor word; do case $word in ControlPath=*) echo "\${word#ControlPath=}" >>${dir}/asked; esac; done\n`, { mode: 0o755 });
  vi.stubEnv('PATH', `${dir}:${process.env['PATH'] ?? ''}`);
  vi.stubEnv('TMPDIR', temporary);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(dir, { recursive: true, force: true });
});

/** Where two connections of one agent have their shared socket. */
async function sockets(): Promise<readonly string[]> {
  const agent = new SshAgent({ kind: 'ssh', host: 'far' });
  for (let i = 0; i < 2; i++) {
    const stream = agent.createConnection({});
    stream.on('error', () => {});
    await new Promise((closed) => stream.on('close', closed));
  }
  const asked = readFileSync(join(dir, 'asked'), 'utf8').trim().split('\n');
  rmSync(join(dir, 'asked'));
  return asked;
}

test('an agent that nobody used has made nothing', () => {
  new SshAgent({ kind: 'ssh', host: 'far' }).destroy();
  expect(readdirSync(temporary)).toEqual([]);
  expect(existsSync(join(dir, 'asked'))).toBe(false);
});

test('all agents of the user have their sockets in one folder, which is the user’s alone', async () => {
  const [one, again] = await sockets();
  const [other] = await sockets();
  expect(again).toBe(one);
  expect(other).not.toBe(one);
  const folder = `crpm-ssh-${String(process.getuid?.())}`;
  expect(readdirSync(temporary)).toEqual([folder]);
  expect([one, other].every((path) => path?.startsWith(`${join(temporary, folder)}/`))).toBe(true);
  expect(statSync(join(temporary, folder)).mode & 0o777).toBe(0o700);
});

test('a folder of that name that others may write to is not used', async () => {
  const squatted = join(temporary, `crpm-ssh-${String(process.getuid?.())}`);
  mkdirSync(squatted);
  chmodSync(squatted, 0o777);
  const [path] = await sockets();
  expect(path?.startsWith(`${squatted}-`)).toBe(true);
});
