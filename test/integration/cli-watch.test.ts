import { appendFileSync, cpSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { readPrimary } from '@crpm/rpm';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CliRig, Puppet } from './cli-rig.js';

const QUICKSTART = join(import.meta.dirname, '..', '..', 'examples', 'quickstart');
const missing = ['rpmbuild', 'createrepo_c', 'rpm2cpio', 'gcc', 'make'].filter((program) => !(process.env['PATH'] ?? '').split(':').some((folder) => existsSync(join(folder, program))));
if (missing.length > 0) console.warn(`SKIPPED: watch with real builds; not on PATH: ${missing.join(', ')}`);

interface Line {
  readonly type: string;
  readonly round: number;
  readonly exitCode: number;
  readonly changed: readonly string[];
  readonly nodes: readonly { readonly node: string; readonly outcome: string }[];
  readonly baseUrl?: string;
  readonly complaints?: readonly string[];
}

let rig: CliRig;
let puppet: Puppet;
let watching: ReturnType<CliRig['start']> | undefined;
beforeEach(() => {
  rig = new CliRig();
  puppet = new Puppet(rig.root);
});
afterEach(async () => {
  watching?.kill('SIGKILL');
  await watching;
  watching = undefined;
  puppet.close();
  await rig.crpm(['serve', '--stop']);
  rig.remove();
});

/** Starts `crpm watch --json`; gives its lines one by one. */
function watch(...argv: readonly string[]): { next(): Promise<Line> } {
  watching = rig.start(['watch', '--json', ...argv]);
  const lines: AsyncIterator<string> = (createInterface({ input: watching.stdout }) satisfies Interface)[Symbol.asyncIterator]();
  return {
    next: async () => {
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`crpm watch ended: ${(await watching)?.stderr ?? ''}`);
      return JSON.parse(value) as Line;
    },
  };
}

/** Ctrl-C; the exit code. */
async function stop(): Promise<number | undefined> {
  watching?.kill('SIGINT');
  const { exitCode } = (await watching) ?? {};
  watching = undefined;
  return exitCode;
}

const outcomes = ({ nodes }: Line) => Object.fromEntries(nodes.map(({ node, outcome }) => [node, outcome]));
const config = (tasks: string) => `kubevirt: false\nbasesystem: host\nsources: {}\ntasks:\n${tasks}`;
const copying = config('  copy: { run: "cp src/in.txt out.txt", inputs: ["src/**"], outputs: [out.txt] }\n');

test('a first round at once, one more after each save, however it is written; Ctrl-C ends it with 130', async () => {
  rig.write({ 'custom-rpms.config.yaml': copying, 'src/in.txt': 'one' });
  const rounds = watch();
  expect(await rounds.next()).toMatchObject({ type: 'round', round: 1, exitCode: 0, changed: [], nodes: [{ node: 'copy', outcome: 'ran' }] });

  rig.write({ 'src/in.txt': 'two' });
  expect(await rounds.next()).toMatchObject({ round: 2, changed: ['copy: src/in.txt'], nodes: [{ outcome: 'ran' }] });
  expect(readFileSync(join(rig.work, 'out.txt'), 'utf8')).toBe('two');

  // As editors save: a new file takes the place of the old one.
  rig.write({ 'src/.in.txt.swp': 'three' });
  renameSync(join(rig.work, 'src/.in.txt.swp'), join(rig.work, 'src/in.txt'));
  while (readFileSync(join(rig.work, 'out.txt'), 'utf8') !== 'three') expect((await rounds.next()).exitCode).toBe(0);

  mkdirSync(join(rig.work, 'src/deep/er'), { recursive: true });
  rig.write({ 'src/deep/er/new.txt': 'x' });
  for (let changed: readonly string[] = []; !changed.includes('copy: src/deep/er/new.txt'); ) ({ changed } = await rounds.next());
  rig.write({ 'src/deep/er/new.txt': 'y' });
  expect((await rounds.next()).changed).toEqual(['copy: src/deep/er/new.txt']);
  expect(await stop()).toBe(130);
});

test('one round at a time: of several saves during one, the newest is what the next one takes', async () => {
  rig.write({ 'custom-rpms.config.yaml': config(`  wait: { run: ${puppet.command(rig.root)}, inputs: [in.txt] }\n  copy: { run: "cp in.txt out.txt", inputs: [in.txt], needs: [wait], outputs: [out.txt] }\n`), 'in.txt': 'one' });
  const rounds = watch();
  const first = await puppet.started();
  rig.write({ 'in.txt': 'two' });
  rig.write({ 'in.txt': 'three' });
  first.end(0);
  expect((await rounds.next()).round).toBe(1);
  (await puppet.started()).end(0);
  expect(await rounds.next()).toMatchObject({ round: 2, changed: ['wait: in.txt', 'copy: in.txt'], nodes: [{ node: 'wait', outcome: 'ran' }, { node: 'copy' }] });
  expect(readFileSync(join(rig.work, 'out.txt'), 'utf8')).toBe('three');
});

test('Ctrl-C during a round tells that it was cancelled', async () => {
  rig.write({ 'custom-rpms.config.yaml': config(`  wait: { run: ${puppet.command(rig.root)} }\n`) });
  const rounds = watch();
  await puppet.started();
  const ended = stop();
  expect(await rounds.next()).toMatchObject({ round: 1, exitCode: 130, nodes: [{ node: 'wait', outcome: 'cancelled' }] });
  expect(await ended).toBe(130);
});

test('between rounds the workspace is free; a round waits for whoever has it', async () => {
  rig.write({ 'custom-rpms.config.yaml': config(`  wait: { run: ${puppet.command(rig.root)}, inputs: [in.txt] }\n`), 'in.txt': 'one' });
  const rounds = watch();
  (await puppet.started()).end(0);
  await rounds.next();
  const other = rig.start(['run', '--force']);
  const task = await puppet.started();
  rig.write({ 'in.txt': 'two' });
  await new Promise((resolve) => watching?.stderr.once('data', resolve));
  task.end(0);
  expect((await other).exitCode).toBe(0);
  (await puppet.started()).end(0);
  expect(await rounds.next()).toMatchObject({ round: 2, exitCode: 0, changed: ['wait: in.txt'] });
});

test('a config that is saved is loaded anew; one that is wrong is told, and waited for, and it is told that it goes on', async () => {
  rig.write({ 'custom-rpms.config.yaml': copying, 'src/in.txt': 'one' });
  const rounds = watch();
  await rounds.next();
  rig.write({ 'custom-rpms.config.yaml': copying.replace('tasks', 'taskz') });
  const refused = await rounds.next();
  expect(refused.type).toBe('refused');
  expect(refused.complaints?.join('\n')).toContain('unknown key "taskz"');
  // As it was: no round, but a word.
  rig.write({ 'custom-rpms.config.yaml': copying });
  expect(await rounds.next()).toMatchObject({ type: 'mended' });
  rig.write({ 'custom-rpms.config.yaml': copying.replace('cp src', 'cp -f src') });
  expect(await rounds.next()).toMatchObject({ type: 'round', round: 2, exitCode: 0, changed: [], nodes: [{ node: 'copy', outcome: 'ran' }] });
});

test('a round that fails is told, and the next save mends it', async () => {
  rig.write({ 'custom-rpms.config.yaml': config('  check: { run: "grep good in.txt", inputs: [in.txt] }\n'), 'in.txt': 'bad' });
  watching = rig.start(['watch']);
  const lines = createInterface({ input: watching.stdout })[Symbol.asyncIterator]();
  const next = async () => (await lines.next()).value as string;
  expect(await next()).toMatch(/^\d\d:\d\d:\d\d {2}#1 {2}failed +\d+\.\ds {2}failed check$/);
  expect(await next()).toBe('check failed: the task check ended with exit code 1');
  for (let line = ''; !line.includes('Ctrl-C ends'); ) line = await next();
  rig.write({ 'in.txt': 'good' });
  expect(await next()).toMatch(/^\d\d:\d\d:\d\d {2}#2 {2}ok +\d+\.\ds {2}ran check {2}\(check: in.txt\)$/);
  expect(await stop()).toBe(130);
});

test.each([
  [['watch', '--all', 'copy'], 'error: give either nodes or --all, not both'],
  [['watch', 'nope'], 'error: there is no node nope; the nodes are: copy'],
])('crpm %j is refused before anything is watched', async (argv, message) => {
  rig.write({ 'custom-rpms.config.yaml': copying });
  expect(await rig.crpm(argv)).toEqual({ code: 2, out: '', err: message });
});

describe.skipIf(missing.length > 0)('with a real build on this machine', () => {
  test('an edit is served as a new generation with new RPMs, two in a row as the last of them, and what git ignores is no edit', async () => {
    for (const name of ['qemu', 'qemu-kvm']) cpSync(join(QUICKSTART, name), join(rig.work, name), { recursive: true });
    await execa('git', ['init', '--quiet', 'qemu'], { cwd: rig.work });
    rig.write({ 'custom-rpms.config.yaml': 'basesystem: host\nkubevirt: false\nsources:\n  qemu: { dir: qemu, spec: { dir: qemu-kvm } }\n' });
    const source = join(rig.work, 'qemu/qemu-img.c');
    const original = readFileSync(source, 'utf8');
    const save = (marker: string) => writeFileSync(source, `${original}\nconst char crpm_marker[] __attribute__((used)) = "${marker}";\n`);

    const rounds = watch();
    const first = await rounds.next();
    expect(first).toMatchObject({ round: 1, exitCode: 0 });
    expect(outcomes(first)).toMatchObject({ 'qemu.rpmbuild': 'ran', serve: 'ran' });
    const baseUrl = first.baseUrl ?? '';
    expect(await served(baseUrl, 'marker')).toBe(false);

    save('marker-one');
    const second = await rounds.next();
    expect(second).toMatchObject({ exitCode: 0, changed: ['qemu: qemu-img.c'], baseUrl });
    expect(outcomes(second)).toMatchObject({ base: 'fresh', 'qemu.buildroot': 'fresh', 'qemu.rpmbuild': 'ran', createrepo: 'ran' });
    expect(await served(baseUrl, 'marker-one')).toBe(true);

    appendFileSync(join(rig.work, 'qemu/.gitignore'), '*.tmp\n');
    await rounds.next();
    writeFileSync(join(rig.work, 'qemu/ignored.tmp'), 'x');
    save('marker-two');
    save('marker-three');
    for (let found = false; !found; ) {
      const round = await rounds.next();
      expect(round.changed).toEqual(['qemu: qemu-img.c']);
      found = await served(baseUrl, 'marker-three');
    }
    expect(await served(baseUrl, 'marker-one')).toBe(false);
    expect(await stop()).toBe(130);
    expect((await rig.crpm(['plan'])).out).toContain('all fresh: nothing to do');
  });
});

/** Whether the qemu-img RPM that the repository names now holds a text. */
async function served(baseUrl: string, marker: string): Promise<boolean> {
  const repository = new URL(`host/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}/`, baseUrl).href;
  const rpm = (await readPrimary(repository)).find(({ name }) => name === 'qemu-img');
  const file = join(rig.root, 'served.rpm');
  writeFileSync(file, Buffer.from(await (await fetch(new URL(rpm?.location ?? '', repository))).arrayBuffer()));
  const { stdout: archive } = await execa('rpm2cpio', [file], { encoding: 'buffer' });
  return Buffer.from(archive).includes(marker);
}
