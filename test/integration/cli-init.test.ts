import { cpSync, existsSync, lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fakeEngine, hang, type FakeEngine } from '../../packages/engines/test/fake-engine.js';
import { inTerminal } from '../support/terminal.js';
import { CliRig, CRPM } from './cli-rig.js';

let rig: CliRig;
let engine: FakeEngine;
beforeEach(async () => {
  rig = new CliRig();
  engine = await fakeEngine({});
  rig.env['DOCKER_HOST'] = engine.host;
  rig.write({ 'kubevirt/WORKSPACE': '', 'kubevirt/hack/rpm-deps.sh': 'LIBVIRT_VERSION=${LIBVIRT_VERSION:-0:11.10.0-12.el9}\n', 'libvirt/meson.build': '', 'libvirt/libvirt.spec.in': '' });
});
afterEach(async () => {
  await engine.close();
  rig.remove();
});

const config = () => join(rig.work, 'kubevirt/custom-rpms.config.yaml');

test('init writes a config that crpm takes, a schema for editors, and leaves what is there alone', async () => {
  const cwd = join(rig.work, 'kubevirt/hack');
  const first = await rig.crpm(['init'], { cwd });
  expect(first).toMatchObject({ code: 0, err: '' });
  expect(first.out.split('\n')[0]).toBe('wrote ../custom-rpms.config.yaml: libvirt from ../../libvirt, for ..');
  expect(readFileSync(config(), 'utf8')).toContain('\n  libvirt:\n    dir: ../libvirt\n');
  expect(lstatSync(join(rig.work, 'kubevirt/.crpm')).isSymbolicLink()).toBe(true);
  expect(JSON.parse(readFileSync(join(rig.work, 'kubevirt/.crpm/config.schema.json'), 'utf8'))).toHaveProperty('properties.sources');
  expect((await rig.crpm(['plan'], { cwd })).out).toContain('libvirt.source');

  const again = await rig.crpm(['init'], { cwd });
  expect(again.code).toBe(2);
  expect(again.err).toContain(`${config()} is there already; crpm validate checks it, crpm init --force writes it anew`);
  expect((await rig.crpm(['init', '--force'], { cwd, env: { KUBEVIRT_CENTOS_STREAM_VERSION: '10' } })).code).toBe(0);
  expect(readFileSync(config(), 'utf8')).toContain('basesystem: centos-stream-10 # by KUBEVIRT_CENTOS_STREAM_VERSION');
});

test('in a git tree .crpm is kept out of git, and the dist-git folder’s branch says which stream', async () => {
  const git = (...argv: readonly string[]) => execa('git', argv, { cwd: join(rig.work, 'kubevirt'), env: rig.env, extendEnv: false });
  await git('init', '--quiet');
  rig.write({ 'kubevirt/hack/rpm-deps.sh': 'LIBVIRT_VERSION=${LIBVIRT_VERSION:-0:11.10.0-12.el10}\nQEMU_VERSION=${QEMU_VERSION:-18:10.1.0-25.el10}\n', 'qemu/configure': '', 'qemu/VERSION': '10.1.0\n', 'qemu-kvm/qemu-kvm.spec': 'Name: qemu-kvm\n' });
  await execa('git', ['init', '--quiet', '--initial-branch=c10s', join(rig.work, 'qemu-kvm')], { env: rig.env, extendEnv: false });
  expect((await rig.crpm(['init', '--yes'], { cwd: join(rig.work, 'kubevirt'), env: { SINGLE_ARCH: 'x86_64' } })).code).toBe(0);
  const text = readFileSync(config(), 'utf8');
  expect(text).toMatch(/^# yaml-language-server: \$schema=\.\/\.crpm\/config\.schema\.json\n/);
  expect(text).toMatch(/\nbasesystem: centos-stream-10 # by the branch c10s of .*\narch: "x86_64" # by SINGLE_ARCH;[^]*\n  qemu:\n    dir: \.\.\/qemu\n    spec: \.\.\/qemu-kvm\n/);
  expect(readFileSync(join(rig.work, 'kubevirt/.git/info/exclude'), 'utf8')).toMatch(/^\.crpm$/m);
  expect((await git('status', '--porcelain', '--untracked-files=all')).stdout).not.toContain('.crpm');
  expect((await rig.crpm(['validate'], { cwd: join(rig.work, 'kubevirt') })).code).toBe(0);
});

test('what keeps a run from it is told at once', async () => {
  rig.write({ 'kubevirt/hack/rpm-deps.sh': '' });
  const { code, err } = await rig.crpm(['init'], { cwd: join(rig.work, 'kubevirt') });
  expect([code, err]).toEqual([0, expect.stringMatching(/^to be mended before it can run: .*LIBVIRT_VERSION/)]);
});

test('where there is nothing to build nothing is written', async () => {
  rig.write({ 'far/away/x': '' });
  const { code, err } = await rig.crpm(['init', '--yes'], { cwd: join(rig.work, 'far/away') });
  expect([code, err]).toEqual([2, expect.stringContaining('there is no tree to build')]);
  expect(existsSync(join(rig.work, 'far/away/custom-rpms.config.yaml'))).toBe(false);
});

test.each([
  ['is not there', () => Promise.resolve('unix:///nonexistent/engine.sock')],
  [
    'says nothing',
    async () => {
      await engine.close();
      engine = await fakeEngine({ 'GET /version': hang });
      return engine.host;
    },
  ],
])('where an engine %s, that is told, and what is built for stays what KubeVirt takes', async (_state, start) => {
  const { code, out, err } = await rig.crpm(['init', '--yes'], { cwd: join(rig.work, 'kubevirt'), env: { DOCKER_HOST: await start() } });
  expect([code, err]).toEqual([0, expect.stringMatching(/^warning: no container engine answers \(Docker or Podman’s socket\), and centos-stream-9 is built in one: start one before crpm run; crpm doctor says how\. basesystem: host makes RPMs of this machine’s distribution, .*, which KubeVirt’s images don’t take\.$/)]);
  expect(out).toContain('wrote custom-rpms.config.yaml: libvirt from ../libvirt');
  expect(readFileSync(config(), 'utf8')).toContain('\nbasesystem: centos-stream-9 # ');
});

describe('on a terminal', () => {
  const init = (dialogue: readonly (readonly [string, string])[], env: NodeJS.ProcessEnv = {}) => {
    rig.write({ 'empty/kubevirt/WORKSPACE': '', 'empty/kubevirt/hack/rpm-deps.sh': '' });
    return inTerminal({ argv: [process.execPath, CRPM, 'init'], cwd: join(rig.work, 'empty/kubevirt'), env: { ...rig.env, ...env }, dialogue });
  };
  const written = () => join(rig.work, 'empty/kubevirt/custom-rpms.config.yaml');

  test('it asks for what it cannot see, again where the answer is none', async () => {
    cpSync(join(rig.work, 'libvirt'), join(rig.root, 'home/libvirt'), { recursive: true });
    const { code, unsaid } = await init([
      ['QEMU tree (empty: none): ', '../nowhere\r'],
      ['There is no ', '\r'],
      ['libvirt tree (empty: none): ', '../kubevirt\r'],
      // Broken between words wherever the folder's name leaves room.
      ['libvirt.spec.in.', '~/libvirt\r'],
      ['or for host [9]: ', '11\r'],
      ['"11" is none of 9, 10 and host.', '10\r'],
    ]);
    expect([code, unsaid]).toEqual([0, []]);
    expect(readFileSync(written(), 'utf8')).toMatch(/^basesystem: centos-stream-10 #[^]*\n  libvirt:\n    dir: \S*\/home\/libvirt"?\n/m);
  });

  test.each([
    ['', 'centos-stream-9'],
    ['HOST', 'host'],
    ['10', 'centos-stream-10'],
  ])('without an engine it says so and offers host: the answer “%s” is %s', async (typed, basesystem) => {
    cpSync(join(rig.work, 'libvirt'), join(rig.work, 'empty/libvirt'), { recursive: true });
    const { code, printed, unsaid } = await init([['or for host [9]: ', `${typed}\r`]], { DOCKER_HOST: 'unix:///nonexistent/engine.sock', KUBEVIRT_CENTOS_STREAM_VERSION: '9' });
    expect([code, unsaid, printed.replaceAll(/\s+/g, ' ')]).toEqual([0, [], expect.stringMatching(/No container engine answers \(Docker or Podman’s socket\), and CentOS Stream is built in one: start one before crpm run; crpm doctor says how\. host makes RPMs of this machine’s distribution, .*, which KubeVirt’s images don’t take\. .*Built for/)]);
    expect(readFileSync(written(), 'utf8')).toMatch(new RegExp(`^basesystem: ${basesystem} #`, 'm'));
  });

  test.each([
    ['Ctrl-C', '\u0003', 130, ''],
    ['Ctrl-D', '\u0004', 2, 'nothing was written: the answers ended'],
  ])('%s leaves nothing behind', async (_key, typed, exit, told) => {
    const { code, printed } = await init([['QEMU tree (empty: none): ', typed]]);
    expect(code).toBe(exit);
    expect(printed).toContain(told);
    expect(printed).not.toContain('stopping');
    expect(existsSync(written())).toBe(false);
  });
});
