import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { FailureError, WorkspacePaths } from '@crpm/core';
import { serverStatus, startServer, stopServer } from '../../src/serve/control.js';
import { installedUnit, installService, uninstallService } from '../../src/serve/service.js';
import { unitText } from '../../src/serve/service-unit.js';
import { temporaryWorkspace } from './support/repository.js';
import { bundleServer } from './support/server-entry.js';
import { temporaryFolder } from './support/temporary.js';

let serverEntry: string;
let workspace: WorkspacePaths;
let folder: string;
let env: NodeJS.ProcessEnv;
let count = 0;

/** Does what systemd would: reads the unit, starts and ends its program. What it was asked goes into a file. */
const SYSTEMCTL = `#!${process.execPath}
const { spawn } = require('node:child_process');
const { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } = require('node:fs');
const here = (name) => require('node:path').join(__dirname, name);
const [, verb, ...rest] = process.argv.slice(2);
const name = rest.at(-1);
appendFileSync(here('asked'), [verb, ...rest].join(' ') + '\\n');
const pid = () => Number(readFileSync(here('pid'), 'utf8'));
const end = () => { try { process.kill(pid(), 'SIGTERM'); } catch {} rmSync(here('pid'), { force: true }); };
const start = () => {
  const line = /^ExecStart=(.*)$/m.exec(readFileSync(process.env.XDG_CONFIG_HOME + '/systemd/user/' + name, 'utf8'))[1];
  const argv = [...line.matchAll(/"((?:[^"\\\\]|\\\\.)*)"/g)].map(([, text]) => text.replace(/\\\\(.)/g, '$1').replaceAll('%%', '%').replaceAll('$$', '$'));
  if (existsSync(here('broken'))) return;
  const child = spawn(argv[0], argv.slice(1), { detached: true, stdio: 'ignore' });
  writeFileSync(here('pid'), String(child.pid));
  child.unref();
};
if (existsSync(here('absent'))) { console.error('Failed to connect to bus: No medium found'); process.exit(1); }
if (verb === 'restart') { if (existsSync(here('pid'))) end(); start(); }
if (verb === 'start' && !existsSync(here('pid'))) start();
if (verb === 'disable') end();
if (verb === 'is-active') process.exit(existsSync(here('pid')) ? 0 : 3);
if (verb === 'status') { console.log('code=exited, status=203/EXEC'); process.exit(3); }
`;

beforeAll(async () => {
  serverEntry = await bundleServer();
});
beforeEach(() => {
  workspace = temporaryWorkspace(`service-${process.pid}-${count++}`);
  folder = temporaryFolder('systemctl');
  for (const [name, text] of [['systemctl', SYSTEMCTL], ['loginctl', '#!/bin/sh\necho no\n']] as const) {
    writeFileSync(join(folder, name), text);
    chmodSync(join(folder, name), 0o755);
  }
  env = { PATH: `${folder}:${process.env['PATH'] ?? ''}`, HOME: folder, XDG_CONFIG_HOME: join(folder, 'config') };
});
afterEach(async () => {
  await uninstallService({ workspace, env });
  await stopServer({ workspace });
});

const asked = () => readFileSync(join(folder, 'asked'), 'utf8').trim().split('\n');

test('the server becomes a service in place of the one that crpm started, stays one process, and stops being one', async () => {
  const detached = await startServer({ workspace, serverEntry });
  const first = await installService({ workspace, serverEntry, env });
  expect(first).toMatchObject({ changed: true, lingers: false, unit: join(folder, `config/systemd/user/crpm-serve-${workspace.id}.service`), server: { port: detached.port } });
  expect(first.server.pid).toBe(Number(readFileSync(join(folder, 'pid'), 'utf8')));
  expect(asked().map((line) => line.split(' ')[0])).toEqual(['show-environment', 'daemon-reload', 'enable', 'restart']);
  expect(await installService({ workspace, serverEntry, env })).toMatchObject({ changed: false, server: first.server });

  expect(await installService({ workspace, serverEntry, env, port: first.server.port })).toMatchObject({ changed: false });
  expect(await uninstallService({ workspace, env })).toBe(true);
  expect([existsSync(first.unit), installedUnit(workspace)]).toEqual([false, undefined]);
  await expect.poll(async () => (await serverStatus({ workspace })).running).toBe(false);
  expect(await uninstallService({ workspace, env })).toBe(false);
});

test('a service that is down is started by systemd, and what systemd started can be stopped', async () => {
  const { server } = await installService({ workspace, serverEntry, env });
  expect(await stopServer({ workspace })).toBe(true);
  expect((await serverStatus({ workspace })).running).toBe(false);
  const before = process.env['PATH'];
  const config = process.env['XDG_CONFIG_HOME'];
  try {
    Object.assign(process.env, { PATH: env['PATH'], XDG_CONFIG_HOME: env['XDG_CONFIG_HOME'] });
    execFileSync('rm', [join(folder, 'pid')]);
    const again = await startServer({ workspace, serverEntry });
    expect(again.port).toBe(server.port);
    expect(again.pid).toBe(Number(readFileSync(join(folder, 'pid'), 'utf8')));
  } finally {
    process.env['PATH'] = before;
    if (config === undefined) delete process.env['XDG_CONFIG_HOME'];
    else process.env['XDG_CONFIG_HOME'] = config;
  }
  expect(asked().at(-1)).toBe(`start crpm-serve-${workspace.id}.service`);
});

test('without a systemd of the user nothing is written, and the unit is told', async () => {
  writeFileSync(join(folder, 'absent'), '');
  const { failure } = await installService({ workspace, serverEntry, env }).then(
    () => expect.fail('there is none'),
    (error: FailureError) => error,
  );
  expect(failure).toMatchObject({ class: 'environment', message: 'there is no systemd of the user here to serve by: Failed to connect to bus: No medium found' });
  expect(failure.lines).toContain('[Service]');
  expect(existsSync(join(folder, 'config'))).toBe(false);
});

test('a service that does not come up is taken back, and the repository is served as before', { timeout: 60_000 }, async () => {
  writeFileSync(join(folder, 'broken'), '');
  const { failure } = await installService({ workspace, serverEntry, env }).then(
    () => expect.fail('it does not start'),
    (error: FailureError) => error,
  );
  expect(failure).toMatchObject({ class: 'environment', lines: ['code=exited, status=203/EXEC'] });
  expect(installedUnit(workspace)).toBeUndefined();
  expect((await serverStatus({ workspace })).running).toBe(true);
});

const analyze = ['/usr/bin/systemd-analyze', '/bin/systemd-analyze'].find((file) => existsSync(file));
test.skipIf(analyze === undefined)('systemd itself finds no fault in the unit, and reads its arguments as they were meant', () => {
  const odd = join(folder, 'a b%h$HOME"c\\d');
  mkdirSync(odd, { recursive: true });
  const text = unitText({ node: process.execPath, serverEntry: join(odd, 'server.js'), server: { workspace: 'w-0123abcd', repoDir: odd, port: 20_000 } });
  const file = join(folder, 'crpm-serve-w-0123abcd.service');
  writeFileSync(file, text);
  const said = execFileSync(analyze ?? '', ['--user', '--man=no', 'verify', file], { env: { ...process.env, XDG_RUNTIME_DIR: folder, HOME: folder }, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  expect(said).toBe('');
  expect(text).toContain(`ExecStart="${process.execPath}" "${folder}/a b%%h$$HOME\\"c\\\\d/server.js" "{`);
});
