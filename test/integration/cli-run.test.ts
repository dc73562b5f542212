import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CliRig, Puppet } from './cli-rig.js';

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

const config = (tasks: string) => `kubevirt: false\nbasesystem: host\nsources: {}\ntasks:\n${tasks}`;
const waiting = (...options: readonly string[]) => config(`  wait: { run: ${puppet.command(rig.root, ...options)}, inputs: [in.txt] }\n`);

test('a first run does the work, a second finds all fresh, a changed input runs again', async () => {
  rig.write({ 'custom-rpms.config.yaml': config('  greet: { run: "tr a-z A-Z < name.txt > out.txt", inputs: [name.txt], outputs: [out.txt] }\n'), 'name.txt': 'crpm\n' });
  const first = await rig.crpm(['run']);
  expect(first.code).toBe(0);
  expect(first.out).toMatch(/^greet: first run\ngreet: ran in \d\.\ds\n\nnode {3}outcome {6}time\ngreet {2}ran {7} +\d\.\ds\n\n1 node: 1 ran; \d\.\ds$/);
  expect(readFileSync(join(rig.work, 'out.txt'), 'utf8')).toBe('CRPM\n');
  expect(lstatSync(join(rig.work, '.crpm')).isSymbolicLink()).toBe(true);

  expect((await rig.crpm(['run'])).out).toMatch(/^\nnode {3}outcome {6}time\ngreet {2}fresh +-\n\n1 node: 1 fresh; \d\.\ds$/);

  rig.write({ 'name.txt': 'again\n' });
  expect((await rig.crpm(['run'])).out).toContain('name.txt');
  expect(readFileSync(join(rig.work, 'out.txt'), 'utf8')).toBe('AGAIN\n');
});

const HEAVY = ['dockerode', 'docker-modem', 'execa', 'listr2', 'sirv', 'ajv'];

test('a run in which all is fresh loads neither engine, nor execa, nor listr2', async () => {
  rig.write({ 'custom-rpms.config.yaml': config('  greet: { run: "cp name.txt out.txt", inputs: [name.txt], outputs: [out.txt] }\n'), 'name.txt': 'x' });
  await rig.crpm(['run']);
  const { code, out, packages } = await rig.packagesOf(['run']);
  expect(code).toBe(0);
  expect(out).toContain('1 node: 1 fresh');
  expect(packages).toContain('commander');
  for (const name of HEAVY) expect(packages).not.toContain(name);
  // What is not in the bundle, Node tells of on stderr.
  expect((await rig.crpm(['run'], { env: { NODE_DEBUG: 'esm,module' } })).err).not.toContain('/node_modules/');
});

test('a task that fails makes 1, names its last lines and its log, and what needs it does not run', async () => {
  rig.write({ 'custom-rpms.config.yaml': config('  bad: { run: "echo before; echo oops >&2; exit 7" }\n  after: { run: ["true"], needs: [bad] }\n  other: { run: ["true"] }\n') });
  const { code, out } = await rig.crpm(['run', '--keep-going']);
  expect(code).toBe(1);
  expect(out).toMatch(/\nbad +failed/);
  expect(out).toMatch(/\nafter +not run +-/);
  expect(out).toMatch(/\nother +ran/);
  const log = /\n {2}log: {2}(\.crpm\/logs\/.*bad\.log)\n/.exec(out)?.[1] ?? '';
  expect(out).toContain('\n  | oops\n');
  expect(readFileSync(join(rig.work, log), 'utf8')).toContain('before\noops\n');
  expect((await rig.crpm(['logs', 'bad'])).out).toContain('before\noops');
});

test('events as lines of JSON, and nothing else on stdout', async () => {
  rig.write({ 'custom-rpms.config.yaml': config('  greet: { run: [echo, hello] }\n') });
  const { out } = await rig.crpm(['run', '--json']);
  const events = out.split('\n').map((line) => JSON.parse(line) as { type: string; text?: string });
  expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(['run-started', 'node-started', 'node-line', 'node-finished', 'run-finished']));
  expect(events.find(({ type }) => type === 'node-line')?.text).toBe('hello');
});

test('who holds the workspace is named, and --wait waits for its end', async () => {
  rig.write({ 'custom-rpms.config.yaml': waiting(), 'in.txt': '' });
  const first = rig.start(['run']);
  const task = await puppet.started();

  const refused = await rig.crpm(['run']);
  expect(refused.code).toBe(4);
  expect(refused.err).toMatch(new RegExp(`^error: this workspace is in use by pid ${first.pid ?? 0} on \\S+ since \\S+: crpm run\\n {2}next: `));

  const patient = rig.start(['run', '--wait']);
  await new Promise((resolve) => patient.stderr.once('data', resolve));
  task.end(0);
  expect((await first).exitCode).toBe(0);
  const { exitCode, stdout, stderr } = await patient;
  expect(stderr).toContain('waiting: this workspace is in use by pid');
  expect(stdout).toContain('1 node: 1 fresh');
  expect(exitCode).toBe(0);
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 143],
] as const)('%s ends what runs, with a summary and exit code %d', async (signal, code) => {
  rig.write({ 'custom-rpms.config.yaml': waiting(), 'in.txt': '' });
  const run = rig.start(['run']);
  const task = await puppet.started();
  run.kill(signal);
  await task.gone;
  const { exitCode, stdout, stderr } = await run;
  expect(exitCode).toBe(code);
  expect(stdout).toContain('1 node: 1 cancelled; ');
  expect(stderr).toContain(`stopping (${signal})`);
  // The lock is free again, and nothing is taken for a result.
  const again = rig.start(['run']);
  (await puppet.started()).end(0);
  expect((await again).stdout).toContain('1 node: 1 ran; ');
});

test('a program that does not heed the first signal is left behind only by the third', async () => {
  rig.write({ 'custom-rpms.config.yaml': waiting('--stubborn'), 'in.txt': '' });
  const run = rig.start(['run']);
  const task = await puppet.started();
  run.kill('SIGINT');
  await new Promise((resolve) => run.stderr.once('data', resolve));
  run.kill('SIGTERM');
  await new Promise((resolve) => run.stderr.once('data', resolve));
  run.kill('SIGHUP');
  expect((await run).exitCode).toBe(130);
  task.end(0);
  await task.gone;
});

test('after kill -9 the next run takes the lock over and does the work', async () => {
  rig.write({ 'custom-rpms.config.yaml': waiting(), 'in.txt': '' });
  const killed = rig.start(['run']);
  const task = await puppet.started();
  killed.kill('SIGKILL');
  await killed;
  task.end(0);
  const again = rig.start(['run']);
  (await puppet.started()).end(0);
  const { exitCode, stdout } = await again;
  expect(exitCode).toBe(0);
  expect(stdout).toContain('1 node: 1 ran; ');
});

test('logs -f goes on until the node ends', async () => {
  rig.write({ 'custom-rpms.config.yaml': waiting(), 'in.txt': '' });
  const run = rig.start(['run']);
  const task = await puppet.started();
  const follow = rig.start(['logs', '-f', 'wait']);
  await new Promise((resolve) => follow.stdout.once('data', resolve));
  task.end(0);
  const { exitCode, stdout } = await follow;
  expect(exitCode).toBe(0);
  expect(stdout).toContain('puppet is up');
  await run;
});

test('logs -f waits for a node whose turn in this run is still to come, whatever it wrote before', async () => {
  rig.write({ 'custom-rpms.config.yaml': config(`  wait: { run: ${puppet.command(rig.root)} }\n  after: { run: [sh, -c, "cat word.txt"], needs: [wait] }\n  quiet: { run: ["true"], needs: [after], inputs: [in.txt] }\n`), 'in.txt': '', 'word.txt': 'old' });
  const first = rig.start(['run']);
  (await puppet.started()).end(0);
  await first;
  expect(await rig.crpm(['logs', 'quiet'])).toEqual({ code: 0, out: expect.stringMatching(/^it ran: first run\nran/) as string, err: 'no program of quiet wrote anything; what it told:' });

  rig.write({ 'word.txt': 'new' });
  const second = rig.start(['run']);
  const task = await puppet.started();
  const before = await rig.crpm(['logs', 'after']);
  expect(before.out).toContain('old');
  expect(before.err).toMatch(/^this is the log of run \S+; after did not run since$/);
  const follow = rig.start(['logs', '-f', 'after']);
  await new Promise((resolve) => follow.stderr.once('data', resolve));
  const passed = rig.start(['logs', '-f', 'quiet']);
  await new Promise((resolve) => passed.stderr.once('data', resolve));
  task.end(0);
  const { exitCode, stdout, stderr } = await follow;
  expect(stderr).toMatch(/^waiting for after in run \S+$/);
  expect(stdout).toContain('new');
  expect(stdout).not.toContain('old');
  expect(exitCode).toBe(0);
  expect((await passed).stderr).toMatch(/\nquiet did not run in \S+: fresh; without -f its last log is shown$/);
  expect((await second).exitCode).toBe(0);
});

test('logs and status know the runs that were recorded', async () => {
  rig.write({ 'custom-rpms.config.yaml': config('  greet: { run: [echo, hello] }\n') });
  expect(await rig.crpm(['logs', 'greet'])).toEqual({ code: 2, out: '', err: 'error: there are no logs: nothing was run in this workspace yet' });
  await rig.crpm(['run']);
  expect((await rig.crpm(['logs', 'nope'])).err).toBe('error: there is no node nope; the nodes with logs are: greet');
  const status = JSON.parse((await rig.crpm(['status', '--json'])).out) as { last: { finished: { exitCode: number } }; nodes: unknown[]; server: { running: boolean } };
  expect(status).toMatchObject({ last: { finished: { exitCode: 0 } }, nodes: [{ node: 'greet', outcome: 'ran' }], server: { running: false } });
});

test('logs without a node has the log of what failed in the last run, else which nodes have one', async () => {
  rig.write({ 'custom-rpms.config.yaml': config('  greet: { run: [echo, hello] }\n  part: { run: "echo so far; exit 3", needs: [greet] }\n') });
  expect((await rig.crpm(['logs'])).err).toBe('error: there are no logs: nothing was run in this workspace yet');
  await rig.crpm(['run']);
  expect(await rig.crpm(['logs'])).toEqual({ code: 0, out: expect.stringContaining('so far') as string, err: 'this is the log of part, which failed' });
  await rig.crpm(['run', 'greet']);
  const { out } = await rig.crpm(['logs']);
  expect(out).toMatch(/^node +last run with a log\ngreet +\S+\npart +\S+$/);
  const run = out.split(/\s+/).at(-1) ?? '';
  expect((await rig.crpm(['logs', '--run', run])).out).toContain('so far');
  expect((await rig.crpm(['logs', '--run', 'nope'])).err).toContain('there is no run nope; the runs are: ');
  expect(await rig.crpm(['logs', '-f'])).toEqual({ code: 2, out: '', err: 'error: -f follows one node: crpm logs -f NODE' });
});

test('clean forgets results and keeps logs, --all removes the rest and the link', async () => {
  rig.write({ 'custom-rpms.config.yaml': config('  greet: { run: "cp name.txt out.txt", inputs: [name.txt], outputs: [out.txt] }\n'), 'name.txt': 'x' });
  await rig.crpm(['run']);
  expect((await rig.crpm(['clean', '--orphans'])).out).toBe('there was nothing to remove');
  expect((await rig.crpm(['run'])).out).toContain('1 fresh');
  expect((await rig.crpm(['clean'])).code).toBe(0);
  expect((await rig.crpm(['plan'])).out).toContain('first run');
  expect((await rig.crpm(['logs', 'greet'])).code).toBe(0);
  expect((await rig.crpm(['clean', '--all'])).code).toBe(0);
  expect((await rig.crpm(['logs', 'greet'])).code).toBe(2);
  expect(existsSync(join(rig.work, '.crpm'))).toBe(false);
});
