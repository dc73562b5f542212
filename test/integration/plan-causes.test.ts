import { appendFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { HOST_VARIABLE } from '../support/dockerd.js';
import { prepareTestImage } from '../support/image.js';
import { buildRpms, hasRpmTools } from '../support/rpms.js';
import { replaceIn, stateOf } from './bad-input-rig.js';
import { CliRig } from './cli-rig.js';

/*
 * A project that was built in containers and is all fresh; then one thing changes. The plan must name that change where it strikes, and nothing else: whatever
 * else is to run says only that something it needs is to be made again.
 */

const QUICKSTART = join(import.meta.dirname, '..', '..', 'examples', 'quickstart');
const dockerHost = process.env[HOST_VARIABLE];
const possible = dockerHost !== undefined && (await hasRpmTools());
if (!possible) console.warn('SKIPPED: the causes that a plan names, on the Docker engine');

interface Entry {
  readonly node: string;
  readonly action: string;
  readonly reason: string;
}

let rig: CliRig;
/** Undoes what a test did to the project. */
const undo: (() => unknown)[] = [];

beforeAll(async () => {
  if (!possible) return;
  const image = await prepareTestImage({ dockerHost });
  rig = new CliRig();
  cpSync(join(QUICKSTART, 'qemu'), join(rig.work, 'qemu'), { recursive: true });
  cpSync(join(QUICKSTART, 'qemu-kvm'), join(rig.work, 'qemu-kvm'), { recursive: true });
  mkdirSync(join(rig.work, 'rpms'));
  await library('one', join(rig.work, 'rpms'));
  rig.write({ 'app/text': 'a text\n', 'app-spec/app.spec': SPEC, 'custom-rpms.config.yaml': config(image) });
  expect(await rig.crpm(['run', 'createrepo'], { env: engine() })).toMatchObject({ code: 0, err: '' });
});
afterEach(async () => {
  if (!possible) return;
  for (const step of undo.splice(0).reverse()) await step();
  expect(await changes()).toEqual({});
});
afterAll(async () => {
  if (!possible) return;
  expect((await rig.crpm(['clean', '--all'], { env: engine() })).code).toBe(0);
  rig.remove();
});

test.skipIf(!possible)('a file', async () => {
  edit('qemu/qemu-img.c', '\n/* a word */\n');
  await expectCause({ 'qemu.source': 'tree: qemu-img.c changed' });
});

test.skipIf(!possible)('files that are new and gone, the first five and how many more', async () => {
  const moved = ['Makefile', 'VERSION', 'README.md', 'configure'];
  for (const name of moved) move(`qemu/${name}`, `qemu/${name}.orig`);
  await expectCause({ 'qemu.source': 'tree: Makefile gone, Makefile.orig new, README.md gone, README.md.orig new, VERSION gone and 3 more' });
});

test.skipIf(!possible)('the spec', async () => {
  edit('qemu-kvm/qemu-kvm.spec', '\n# a word\n');
  await expectCause({ 'qemu.source': 'spec: qemu-kvm.spec changed' });
});

test.skipIf(!possible)('a patch', async () => {
  const patch = '0001-qemu-img-Tell-the-size-on-the-disk.patch';
  const file = join(rig.work, 'qemu-kvm', patch);
  const before = readFileSync(file, 'utf8');
  rig.write({ [`qemu-kvm/${patch}`]: before.replace('Subject: ', 'Subject: a word, ') });
  undo.push(() => { rig.write({ [`qemu-kvm/${patch}`]: before }); });
  await expectCause({ 'qemu.source': `spec: ${patch} changed` });
});

test.skipIf(!possible)('an option', async () => {
  editConfig('check: false', 'check: true');
  await expectCause({ 'qemu.rpmbuild': 'build.check: false → true' });
});

test.skipIf(!possible)('the base image', async () => {
  editConfig(/localhost\/crpm-test-base:\w+/, 'localhost/crpm-test-base:another');
  await expectCause({ base: /^basesystem\.image: localhost\/crpm-test-base:\w+ → localhost\/crpm-test-base:another$/ });
});

test.skipIf(!possible)('an RPM of what is needed', async () => {
  const file = join('rpms', readdirSync(join(rig.work, 'rpms'))[0] ?? '');
  move(file, `${file}.orig`);
  await library('two', join(rig.work, 'rpms'));
  undo.push(() => { rmSync(join(rig.work, file)); });
  await expectCause({ 'libown.rpmbuild': `${file} changed` });
});

test.skipIf(!possible)('an output that was lost', async () => {
  const results = join(stateOf(rig).dir, 'results', 'app.rpmbuild');
  const rpm = readdirSync(results, { recursive: true, encoding: 'utf8' }).find((name) => name.endsWith('.rpm')) ?? '';
  rmSync(join(results, rpm));
  undo.push(run);
  await expectCause({ 'app.rpmbuild': /^its output app-1\.0-1\S*\.rpm is gone$/ });
});

test.skipIf(!possible)('an entry of the store that had to make room', async () => {
  const file = join('rpms', readdirSync(join(rig.work, 'rpms'))[0] ?? '');
  move(file, `${file}.one`);
  await library('two', join(rig.work, 'rpms'));
  expect((await crpm('run', 'libown.rpmbuild')).code).toBe(0);
  // Back to the first, which is published and so may not go; the second may.
  renameSync(join(rig.work, file), join(rig.work, `${file}.two`));
  renameSync(join(rig.work, `${file}.one`), join(rig.work, file));
  expect((await crpm('run', 'libown.rpmbuild')).out).toMatch(/\nlibown\.rpmbuild +restored/);
  expect(await crpm('cache', 'gc', '--max-size', '0')).toMatchObject({ code: 0, err: '' });
  renameSync(join(rig.work, file), join(rig.work, `${file}.one`));
  renameSync(join(rig.work, `${file}.two`), join(rig.work, file));
  undo.push(() => { rmSync(join(rig.work, file)); });
  await expectCause({ 'libown.rpmbuild': `${file} changed, its result was evicted from the store (cache.maxSize)` });
});

test.skipIf(!possible)('the engine', async () => {
  editConfig('engine: docker', 'engine: host');
  await expectCause({ base: 'engine: docker → host' });
});

test.skipIf(!possible)('the architecture, in every node that is made for one', async () => {
  const [mine, other] = process.arch === 'arm64' ? ['aarch64', 'x86_64'] : ['x86_64', 'aarch64'];
  editConfig(`arch: ${mine}`, `arch: ${other}`);
  const found = await changes();
  expect(Object.keys(found)).toContain('base');
  for (const reason of Object.values(found)) expect(reason.replaceAll(/, [\w., -]+ be made again/g, '')).toMatch(new RegExp(`^arch(es)?: (${mine} → ${other}|${other} new, ${mine} gone)$`));
});

/** Where the change strikes, and what is said there; in the JSON and in the lines for people. */
async function expectCause(expected: Readonly<Record<string, string | RegExp>>): Promise<void> {
  const found = await changes();
  expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
  const { out } = await crpm('plan', 'createrepo');
  for (const [node, reason] of Object.entries(expected)) {
    if (typeof reason === 'string') expect(found[node]).toBe(reason);
    else expect(found[node]).toMatch(reason);
    expect(out).toContain(found[node]);
  }
}

/** Why nodes run that do not merely follow others; those that do must name only what runs. */
async function changes(): Promise<Readonly<Record<string, string>>> {
  const { code, out, err } = await crpm('plan', 'createrepo', '--json');
  expect([code, err]).toEqual([0, '']);
  const { nodes } = JSON.parse(out) as { nodes: readonly Entry[] };
  const running = new Set(nodes.filter(({ action }) => action !== 'fresh').map(({ node }) => node));
  for (const { reason } of nodes.filter(({ action }) => action === 'may-run')) {
    expect(reason).toMatch(/ be made again$/);
    expect(reason.replaceAll(/ (will|may) be made again/g, '').split(', ').filter((need) => !running.has(need))).toEqual([]);
  }
  return Object.fromEntries(nodes.filter(({ action }) => action === 'run' || action === 'restore').map(({ node, reason }) => [node, reason]));
}

async function run(): Promise<void> {
  expect(await crpm('run', 'createrepo')).toMatchObject({ code: 0, err: '' });
}

function crpm(...argv: readonly string[]) {
  return rig.crpm(argv, { env: engine() });
}

function engine(): NodeJS.ProcessEnv {
  return { DOCKER_HOST: dockerHost };
}

function edit(path: string, more: string): void {
  const before = readFileSync(join(rig.work, path), 'utf8');
  appendFileSync(join(rig.work, path), more);
  undo.push(() => { rig.write({ [path]: before }); });
}

function editConfig(from: string | RegExp, to: string): void {
  const before = readFileSync(join(rig.work, 'custom-rpms.config.yaml'), 'utf8');
  replaceIn(rig, 'custom-rpms.config.yaml', from, to);
  undo.push(() => { rig.write({ 'custom-rpms.config.yaml': before }); });
}

/** By rename, so that the way back brings the same file, times and all. */
function move(from: string, to: string): void {
  renameSync(join(rig.work, from), join(rig.work, to));
  undo.push(() => { renameSync(join(rig.work, to), join(rig.work, from)); });
}

/** The RPM of a library, always of the same name. */
async function library(salt: string, folder: string): Promise<void> {
  const work = join(tmpdir(), `crpm-libown-${String(process.pid)}-${salt}`);
  try {
    const [rpm = ''] = await buildRpms(work, { source: 'libown', version: '1.0', release: '1.el9', rpms: [{ name: 'libown-devel', noarch: true }] }, salt);
    expect(existsSync(rpm)).toBe(true);
    cpSync(rpm, join(folder, 'libown-devel-1.0-1.el9.noarch.rpm'));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function config(image: string): string {
  return `engine: docker
basesystem: mine
arch: ${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}
basesystems:
  mine: { image: "${image}", dist: .el9, stream: 9, osRelease: ${osRelease()} }
kubevirt: false
sources:
  qemu: { dir: qemu, spec: { dir: qemu-kvm }, build: { check: false } }
  libown: { rpms: rpms }
  app: { dir: app, spec: { dir: app-spec }, needs: [libown] }
`;
}

/** This machine's own, so that the engine `host` is a choice. */
function osRelease(): string {
  const values = Object.fromEntries(readFileSync('/etc/os-release', 'utf8').split('\n').map((line) => line.replaceAll('"', '').split('=')));
  return JSON.stringify({ id: values['ID'], version: String(values['VERSION_ID'] ?? '').split('.')[0] });
}

const SPEC = `Name: app
Version: 1.0
Release: 1%{?dist}
Summary: A program that needs a library
License: Apache-2.0
Source0: app-%{version}.tar.gz
BuildArch: noarch
BuildRequires: libown-devel
%description
Made by a test.
%prep
%setup -q
%build
%install
install -D -m 644 text %{buildroot}/usr/share/app/text
%files
/usr/share/app
`;
