import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { notInstalled } from '../../src/build/build-requires.js';
import { OutputTail } from '../../src/build/telling-lines.js';

let folder: string;
let mirror: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'crpm-mirror-'));
  // A port that was free a moment ago: nobody answers there.
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  mirror = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/el9/`;
  await new Promise((resolve) => server.close(resolve));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** What a real dnf says of a mirror that does not answer, and what that is taken for. */
async function install(skip: '0' | '1') {
  const settings = [`reposdir=${folder}/none`, `cachedir=${folder}/cache`, `logdir=${folder}`, 'retries=1', 'timeout=5', 'gpgcheck=0', `skip_if_unavailable=${skip}`].map((one) => `--setopt=${one}`);
  const { all, exitCode } = await execa('dnf', [`--installroot=${folder}/root`, '--releasever=9', ...settings, `--repofrompath=dead,${mirror}`, '--repo=dead', '-y', 'install', 'libnbd-devel'], { all: true, reject: false, env: { LC_ALL: 'C' } });
  expect(exitCode).toBe(1);
  const output = new OutputTail();
  for (const line of all.split('\n')) output.line(line);
  return notInstalled('qemu-kvm.spec', output);
}

test('a mirror that does not answer is no fault of the spec: what is named is the network, and the mirror', async () => {
  expect(await install('0')).toMatchObject({
    class: 'environment', cause: 'network', message: 'dnf reached no repository with the BuildRequires of qemu-kvm.spec',
    next: expect.stringContaining('reach the mirror') as string, lines: expect.arrayContaining([expect.stringContaining(mirror)]) as string[],
  });
});

test('also where dnf may go on without it, and then knows no such package', async () => {
  expect(await install('1')).toMatchObject({ class: 'environment', cause: 'network', message: 'BuildRequires libnbd-devel of qemu-kvm.spec is in no repository that dnf reached' });
});
