import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { buildRpms, hasRpmTools } from '../support/rpms.js';
import { temporariesIn } from '../support/kill.js';
import { CliRig, Puppet } from './cli-rig.js';

const MANY = 20;
const canBuild = await hasRpmTools();

let rig: CliRig;
let puppet: Puppet;
beforeEach(() => {
  rig = new CliRig();
  puppet = new Puppet(rig.root);
});
afterEach(() => {
  puppet.close();
  rig.remove();
});

/** One task, which ends when the test says so. */
const waiting = () => ({ 'custom-rpms.config.yaml': `kubevirt: false\nbasesystem: host\nsources: {}\ntasks:\n  wait: { run: ${puppet.command(rig.root)}, inputs: [in.txt] }\n`, 'in.txt': '' });
const start = (...more: readonly string[]) => Array.from({ length: MANY }, () => rig.start(['run', ...more]));

test(`of ${String(MANY)} runs started at once in one workspace one works, and the others end with 4 and name it`, async () => {
  rig.write(waiting());
  const runs = start();
  const task = await puppet.started();
  const ended: { pid: number; code: number | undefined; err: string }[] = [];
  const all = runs.map(async (run) => {
    const { exitCode, stderr } = await run;
    ended.push({ pid: run.pid ?? 0, code: exitCode, err: stderr });
    // Only when all the others have given up may the one that works go on.
    if (ended.length === MANY - 1) task.end(0);
  });
  await Promise.all(all);
  const worker = ended.at(-1);
  expect(worker?.code).toBe(0);
  for (const { code, err } of ended.slice(0, -1)) {
    expect(code).toBe(4);
    expect(err).toContain(`this workspace is in use by pid ${String(worker?.pid)} on `);
  }
  expect((await rig.crpm(['plan'])).out).toContain('all fresh');
});

test(`with --wait all ${String(MANY)} end well, one after the other, and the work is done once`, async () => {
  rig.write(waiting());
  const runs = start('--wait');
  (await puppet.started()).end(0);
  const ended = await Promise.all(runs);
  expect(ended.map(({ exitCode, stderr }) => [exitCode, stderr.replace(/^waiting: this workspace is in use by pid .*$/gm, '').trim()])).toEqual(runs.map(() => [0, '']));
  expect(ended.filter(({ stdout }) => stdout.includes('1 node: 1 ran; '))).toHaveLength(1);
  expect(ended.filter(({ stdout }) => stdout.includes('1 node: 1 fresh; '))).toHaveLength(MANY - 1);
});

test.skipIf(!canBuild)(`${String(MANY)} workspaces at once on one store: all end well, and the store is whole`, async () => {
  const workspaces = Array.from({ length: MANY }, (_, index) => `w${String(index)}`);
  mkdirSync(join(rig.work, 'rpms'));
  const rpms = await buildRpms(join(rig.root, 'rpmbuild'), { source: 'lib', version: '1.0', release: '1', rpms: [{ name: 'lib', noarch: true }, { name: 'lib-devel', noarch: true }] });
  rig.write(Object.fromEntries(workspaces.map((name) => [`${name}/custom-rpms.config.yaml`, `basesystem: host\nkubevirt: false\nsources:\n  lib: { rpms: [${rpms.slice(0, 2).join(', ')}] }\n`])));
  const run = () => Promise.all(workspaces.map((name) => rig.crpm(['run', 'createrepo'], { cwd: join(rig.work, name) })));
  for (const { code, err } of await run()) expect([code, err]).toEqual([0, '']);
  for (const { out } of await run()) expect(out).toMatch(/\d nodes: \d fresh; /);

  const verified = await rig.crpm(['cache', 'verify'], { cwd: join(rig.work, 'w0') });
  expect([verified.code, verified.err]).toEqual([0, '']);
  expect(temporariesIn(rig)).toEqual([]);
  const repositories = workspaces.map((name) => readdirSync(join(rig.work, name, '.crpm', 'repo', 'current'), { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.rpm')).sort());
  expect(new Set(repositories.map((list) => JSON.stringify(list))).size).toBe(1);
  expect(repositories[0]).toHaveLength(2);
});
