import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { inTerminal } from '../support/terminal.js';
import { CliRig, CRPM } from './cli-rig.js';

let rig: CliRig;
beforeEach(() => {
  rig = new CliRig();
});
afterEach(() => {
  rig.remove();
});

const TASKS = `kubevirt: false
basesystem: host
sources: {}
tasks:
  make-greeting: { run: "echo hello > greeting.txt", outputs: [greeting.txt], inputs: [name.txt] }
  read-greeting: { run: [cat, greeting.txt], needs: [make-greeting], inputs: [greeting.txt] }
`;

/** What a refused command must leave: nothing beside the config, and no state. */
function expectNothingBegun(): void {
  expect(existsSync(join(rig.work, '.crpm'))).toBe(false);
  expect(existsSync(join(rig.root, 'state'))).toBe(false);
}

test('--version prints the version and nothing else', async () => {
  expect(await rig.crpm(['--version'])).toEqual({ code: 0, out: '0.1.0', err: '' });
});

test('every command has help with examples', async () => {
  const { out } = await rig.crpm(['--help']);
  const commands = [...out.matchAll(/^ {2}([a-z]+) +(?:\[|<|[a-z])/gm)].map(([, name]) => name ?? '').filter((name) => name !== 'crpm');
  expect(commands).toEqual(['init', 'run', 'watch', 'plan', 'explain', 'graph', 'validate', 'schema', 'status', 'logs', 'shell', 'runs', 'events', 'report', 'ui', 'source', 'eject', 'update', 'verify', 'serve', 'prefetch', 'revert', 'cache', 'clean', 'doctor', 'completion', 'man', 'help']);
  for (const command of commands.slice(0, -1)) {
    const help = await rig.crpm([command, '--help']);
    expect(help.code).toBe(0);
    expect(help.out).toMatch(/\nExamples:\n {2}.*\bcrpm /);
  }
});

test('help is a command too', async () => {
  expect((await rig.crpm(['help'])).out).toBe((await rig.crpm(['--help'])).out);
  expect(await rig.crpm(['help', 'logs'])).toEqual(await rig.crpm(['logs', '--help']));
  expect((await rig.crpm(['help', 'frobnicate'])).code).toBe(2);
});

test('doctor: a config that is missing or wrong makes 2, as everywhere', async () => {
  const none = await rig.crpm(['doctor']);
  expect([none.code, none.out]).toEqual([2, expect.stringMatching(/error {3}config: there is no config: .*\n {8}next: crpm init$/)]);
  rig.write({ 'custom-rpms.config.yaml': 'basesistem: host\n' });
  const { code, out } = await rig.crpm(['doctor']);
  expect(code).toBe(2);
  expect(out).toContain('error   config: ');
  expectNothingBegun();
});

test('doctor: whatever is not ok says what mends it, in words and as JSON, and an engine that is missing makes 3', async () => {
  rig.write({ 'custom-rpms.config.yaml': 'basesystem: centos-stream-10\nkubevirt: false\nsources: { tiny: { dir: tree, preset: none, kind: rpmbuild, spec: { git: "file:///nowhere", branch: c9s } } }\n', 'tree/text': '' });
  const env = { KUBEVIRT_CRI: 'podman', XDG_RUNTIME_DIR: rig.root, https_proxy: 'http://proxy.example.org' };
  const { code, out } = await rig.crpm(['doctor'], { env });
  expect([code, out]).toEqual([3, expect.stringMatching(/^error {3}engine: no container engine answers: none is at any of these places\n {8}the rootless Podman socket: .*\n {8}the system Podman socket: .*\n {8}next: Start Podman’s socket: /m)]);
  const { findings } = JSON.parse((await rig.crpm(['doctor', '--json'], { env })).out) as { findings: readonly { state: string; what: string; next?: string }[] };
  const bad = findings.filter(({ state }) => state !== 'ok');
  expect(bad.map(({ state, what }) => `${state} ${what}`)).toEqual(expect.arrayContaining(['warning proxy', 'warning spec of tiny', 'error engine']));
  expect(bad.filter(({ next = '' }) => next === '')).toEqual([]);
  for (const { what, next = '' } of bad) expect(out).toMatch(new RegExp(`^(?:warning|error  ) ${what}: [^]*?\n {8}next: ${next.replaceAll(/[^\w ]/g, '.')}$`, 'm'));
});

test('a basesystem of this machine is not built in a container engine', async () => {
  rig.write({ 'custom-rpms.config.yaml': TASKS });
  const { code, err } = await rig.crpm(['run', '--engine', 'docker']);
  expect(code).toBe(2);
  expect(err).toContain("--engine docker: basesystem host is this machine's own");
  expectNothingBegun();
});

test.each([
  [['frobnicate'], "error: unknown command 'frobnicate'"],
  [['help', 'frobnicate'], "error: unknown command 'frobnicate'"],
  [['help', 'rnu'], "error: unknown command 'rnu'"],
  [['run', '--bogus'], "error: unknown option '--bogus'"],
  [['run', '--jobs', '0'], "error: option '--jobs <n>' argument '0' is invalid. It must be a whole number from 1 to 4096."],
  [['serve', '--port', '22'], "error: option '--port <n>' argument '22' is invalid. Ports below 1024 are for services of the system; choose one from 1024 to 65535."],
  [['run', '--reporter', 'opera'], 'error: --reporter opera: there is no "opera"; there are: live, plain, ndjson, github, junit, trace, html'],
  [['graph', '--format', 'png'], "error: option '--format <format>' argument 'png' is invalid. Allowed choices are text, json, dot, mermaid, svg, html."],
  [['ui', '--port', '80'], "error: option '--port <n>' argument '80' is invalid. Ports below 1024 are for services of the system; choose one from 1024 to 65535."],
  [['explain'], "error: missing required argument 'node'"],
])('crpm %j is a usage error', async (argv, message) => {
  const { code, err } = await rig.crpm(argv);
  expect(err.split('\n')[0]).toBe(message);
  expect(code).toBe(2);
  expectNothingBegun();
});

test('without a config it says where it looked', async () => {
  const { code, err } = await rig.crpm(['run']);
  expect(code).toBe(2);
  expect(err).toContain('custom-rpms.config.yaml');
  expectNothingBegun();
});

test('every complaint about a config is told at once, with its place', async () => {
  rig.write({ 'custom-rpms.config.yaml': 'basesistem: host\nsources:\n  qemu: { dir: [] }\n' });
  const { code, err } = await rig.crpm(['validate']);
  expect(code).toBe(2);
  expect(err).toMatch(/^custom-rpms.config.yaml:1:1: error: unknown key "basesistem" in the config; did you mean "basesystem"\? Allowed: .*\n 1 \| basesistem: host\n {3}\| \^{10}\n/);
  expect(err).toContain('\ncustom-rpms.config.yaml:3:11: error: ');
  const forPrograms = await rig.crpm(['validate', '--json']);
  expect([forPrograms.code, forPrograms.err]).toEqual([2, '']);
  const { valid, complaints } = JSON.parse(forPrograms.out) as { valid: boolean; complaints: { severity: string; message: string; file: string; line: number; column: number; length: number }[] };
  expect(valid).toBe(false);
  expect(complaints.map(({ file, line, column, severity, message }) => `${file}:${String(line)}:${String(column)}: ${severity}: ${message}`)).toEqual(err.split('\n').filter((line) => line.startsWith('custom-rpms.config.yaml:')));
  expectNothingBegun();
});

test('a config that is valid says of what to programs too', async () => {
  rig.write({ 'custom-rpms.config.yaml': 'basesystem: host\nkubevirt: false\nsources: {}\ntasks:\n  greet: { run: ["true"] }\n' });
  const { code, out } = await rig.crpm(['validate', '--json']);
  expect([code, JSON.parse(out)]).toEqual([0, { valid: true, file: join(rig.work, 'custom-rpms.config.yaml'), packages: [], nodes: ['greet'], complaints: [] }]);
});

test('missing trees are told before anything starts', async () => {
  rig.write({ 'custom-rpms.config.yaml': 'basesystem: host\nkubevirt: { dir: kv }\nsources:\n  libvirt: { dir: nowhere }\n' });
  for (const command of ['validate', 'plan', 'run']) {
    const { code, err } = await rig.crpm([command]);
    expect([command, code]).toEqual([command, 2]);
    expect(err).toContain(`custom-rpms.config.yaml:4:19: error: sources.libvirt.dir: nowhere does not exist\n`);
    expect(err).toContain(`custom-rpms.config.yaml:2:18: error: kubevirt.dir: kv does not exist`);
  }
  expectNothingBegun();
});

test('QEMU_ONLY and LIBVIRT_ONLY at once are refused', async () => {
  rig.write({ 'custom-rpms.config.yaml': TASKS });
  const { code, err } = await rig.crpm(['validate'], { env: { QEMU_ONLY: '1', LIBVIRT_ONLY: '1' } });
  expect(code).toBe(2);
  expect(err).toContain('QEMU_ONLY');
  expect(err).toContain('LIBVIRT_ONLY');
});

test.each([[['run', 'nope']], [['run', '--only', 'nope']], [['plan', '--from', 'nope']]])('crpm %j names the nodes there are', async (argv) => {
  rig.write({ 'custom-rpms.config.yaml': TASKS });
  expect(await rig.crpm(argv)).toEqual({ code: 2, out: '', err: 'error: there is no node nope; the nodes are: make-greeting, read-greeting' });
  expectNothingBegun();
});

test('where npx or a script of npm started it, what is to be typed begins with npx, in what people read', async () => {
  rig.write({ 'custom-rpms.config.yaml': 'kubevirt: false\nbasesystem: host\nsources: {}\ntasks:\n  bad: { run: ["false"] }\n' });
  for (const env of [{ npm_command: 'exec' }, { npm_command: 'run-script', npm_lifecycle_event: 'rpms' }]) {
    expect((await rig.crpm(['run'], { env })).out).toMatch(/\n {2}type: npx crpm logs bad\n {2}log: {2}\.crpm\/logs\/\S+\/bad\.log\n/);
    expect((await rig.crpm(['--help'], { env })).out).toMatch(/^Usage: npx crpm \[options\] \[command\]\n/);
  }
  const { out } = await rig.crpm(['status', '--json'], { env: { npm_command: 'exec' } });
  expect(JSON.parse(out)).toMatchObject({ failures: [{ node: 'bad', log: expect.stringContaining(rig.root) as unknown }] });
  expect(out).not.toContain('npx');
});

test('a cycle is printed as it is', async () => {
  rig.write({ 'custom-rpms.config.yaml': `${TASKS.replace('outputs: [greeting.txt],', 'outputs: [greeting.txt], needs: [read-greeting],')}` });
  expect(await rig.crpm(['run'])).toEqual({ code: 2, out: '', err: expect.stringMatching(/^custom-rpms\.config\.yaml:5:\d+: error: nodes need each other in a circle: make-greeting → read-greeting → make-greeting\n 5 \| {3}make-greeting: /) as string });
  expectNothingBegun();
});

test('-C and --config say where', async () => {
  rig.write({ 'deep/custom-rpms.config.yaml': TASKS, 'deep/other.yaml': 'kubevirt: false\nbasesystem: host\nsources: {}\ntasks:\n  alone: { run: ["true"] }\n' });
  expect((await rig.crpm(['-C', 'deep', 'graph'])).out).toBe('make-greeting\nread-greeting ← make-greeting');
  expect((await rig.crpm(['-C', 'deep', '--config', 'other.yaml', 'graph'])).out).toBe('alone');
  expect((await rig.crpm(['--config', join(rig.work, 'deep/other.yaml'), 'graph', '--format', 'json'])).out).toContain('"id": "alone"');
});

test('plan and --dry-run execute nothing and change nothing in the tree', async () => {
  rig.write({ 'custom-rpms.config.yaml': TASKS, 'name.txt': 'x' });
  for (const argv of [['plan'], ['run', '--dry-run']]) {
    const { code, out } = await rig.crpm(argv);
    expect(code).toBe(0);
    expect(out).toMatch(/^step +node +why\n1 +make-greeting +run +first run\n2 +read-greeting +run +first run\n\n2 of 2 to run; /);
  }
  expect(readdirSync(rig.work).sort()).toEqual(['custom-rpms.config.yaml', 'name.txt']);
  const plan = JSON.parse((await rig.crpm(['plan', '--json'])).out) as { nodes: { node: string; action: string }[] };
  expect(plan.nodes.map(({ node, action }) => [node, action])).toEqual([
    ['make-greeting', 'run'],
    ['read-greeting', 'run'],
  ]);
});

test('a reader that goes away ends nothing in an error', async () => {
  rig.write({ 'custom-rpms.config.yaml': `kubevirt: false\nbasesystem: host\nsources: {}\ntasks:\n${Array.from({ length: 3000 }, (_, i) => `  t${i}: { run: ["true"] }\n`).join('')}` });
  const process = rig.start(['graph', '--format', 'json']);
  process.stdout.once('data', () => process.stdout.destroy());
  const { exitCode, stderr } = await process;
  expect(stderr).toBe('');
  expect(exitCode).toBe(0);
});

test('output that can not be written ends nothing half-way, and is told at the end', async () => {
  rig.write({ 'custom-rpms.config.yaml': TASKS, 'name.txt': 'x' });
  const { exitCode, stderr } = await execa('sh', ['-c', 'exec "$0" "$1" run > /dev/full', process.execPath, CRPM], { cwd: rig.work, env: rig.env, extendEnv: false, reject: false });
  expect(stderr).toMatch(/^error: what was written is not complete: ENOSPC: .*\n {2}next: The work itself was done; crpm status tells how it ended\.$/);
  expect(exitCode).toBe(3);
  expect((await rig.crpm(['status', '--json'])).out).toContain('"exitCode": 0');
});

describe('on a terminal', () => {
  /** What a run prints whose task takes long enough for a live view. */
  const printed = async (argv: readonly string[], env: NodeJS.ProcessEnv = {}) => {
    rig.write({ 'custom-rpms.config.yaml': 'kubevirt: false\nbasesystem: host\nsources: {}\ntasks:\n  told: { run: "echo ${NO_COLOR-with colours}; sleep 1" }\n' });
    const { printed: all } = await inTerminal({ argv: [process.execPath, CRPM, ...argv], cwd: rig.work, env: { ...rig.env, ...env } });
    return all;
  };
  const COLOUR = /\u001b\[(?:[1-9]|[34]\d|9\d)(?:;\d+)*m/;

  test('outcomes have colours, with NO_COLOR and --no-color they have none, before the command or behind it', async () => {
    expect(await printed(['run', '--force'])).toMatch(COLOUR);
    for (const [argv, env] of [[['run', '--force'], { NO_COLOR: '1' }], [['--no-color', 'run', '--force']], [['run', '--force', '--no-color']]] as const) {
      expect(await printed(argv, env)).not.toMatch(COLOUR);
    }
    expect((await rig.crpm(['logs', 'told'])).out).toBe('1');
  });

  test('with CI, and where the terminal can do nothing, a run is told in lines', async () => {
    expect(await printed(['run', '--force'])).toContain('\u001b[?1049h');
    for (const env of [{ CI: 'true' }, { TERM: 'dumb' }]) {
      const lines = await printed(['run', '--force'], env);
      expect(lines).not.toContain('\u001b[?');
      expect(lines).toContain('told: forced');
    }
  });
});
