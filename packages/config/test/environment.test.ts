import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { setVariables } from '../src/environment.js';
import type { Config } from '@crpm/core';
import { load, loadGood, loadIn, makeFolder } from './workspace.js';

const BOTH = 'sources:\n  qemu: { dir: ./qemu }\n  libvirt: { dir: ./libvirt }\n';
const named = (config: Config | undefined, name: string) => config?.packages.find((each) => each.name === name);

describe('without a file', () => {
  test('the folders of the bash script make a config for the KubeVirt tree at hand', async () => {
    const { folder, config, text } = await loadIn(makeFolder({}), { QEMU_DIR: '../qemu', QEMU_KVM_DIR: '../qemu-kvm', LIBVIRT_DIR: '/src/libvirt' });
    const beside = path.dirname(folder);
    expect(text).toBe('');
    expect(config).toMatchObject({ root: folder, kubevirt: { dir: folder }, basesystems: [{ name: 'centos-stream-9' }], arches: ['x86_64'] });
    expect(config).not.toHaveProperty('file');
    expect(config?.packages.map(({ name, kind, dir, specs }) => ({ name, kind, dir, spec: specs['centos-stream-9'] }))).toEqual([
      { name: 'qemu', kind: 'rpmbuild', dir: path.join(beside, 'qemu'), spec: { kind: 'dir', dir: path.join(beside, 'qemu-kvm') } },
      { name: 'libvirt', kind: 'meson-dist', dir: '/src/libvirt', spec: { kind: 'tree', file: 'libvirt.spec.in' } },
    ]);
  });

  test('one folder is enough; QEMU then comes with the dist-git of the base system', async () => {
    const { config } = await loadIn(makeFolder({}), { QEMU_DIR: 'qemu', KUBEVIRT_CENTOS_STREAM_VERSION: '10' });
    expect(config?.basesystems.map(({ name }) => name)).toEqual(['centos-stream-10']);
    expect(named(config, 'qemu')?.specs['centos-stream-10']).toEqual({ kind: 'git', git: 'https://gitlab.com/redhat/centos-stream/rpms/qemu-kvm.git', branch: 'c10s' });
  });

  test('other variables alone make none', async () => {
    const { text } = await loadIn(makeFolder({}), { LIBVIRT_VERSION: '0:11.10.0', QEMU_DIR: '' });
    expect(text).toMatch(/^error: there is no config: neither /);
  });
});

describe('over a file', () => {
  test('folders replace those of the file, and are relative to the working directory', async () => {
    const folder = makeFolder({ 'custom-rpms.config.yaml': BOTH, 'below/x': '' });
    const { config } = await loadIn(path.join(folder, 'below'), { QEMU_DIR: 'mine', QEMU_KVM_DIR: 'dist' });
    expect(named(config, 'qemu')).toMatchObject({ dir: path.join(folder, 'below/mine'), specs: { 'centos-stream-9': { kind: 'dir', dir: path.join(folder, 'below/dist') } } });
    expect(named(config, 'libvirt')?.dir).toBe(path.join(folder, 'libvirt'));
  });

  test('a folder adds a source, takes the place of RPMs at hand, and finds a source by its preset', async () => {
    expect(named(await loadGood('sources: { libvirt: { dir: x } }', { QEMU_DIR: '/q' }), 'qemu')).toMatchObject({ kind: 'rpmbuild', dir: '/q' });
    const fetched = named(await loadGood('sources: { libvirt: { git: "https://example.org/l.git", ref: main } }', { LIBVIRT_DIR: '/l' }), 'libvirt');
    expect(fetched).toMatchObject({ dir: '/l' });
    expect(fetched).not.toHaveProperty('upstream');
    expect(named(await loadGood('sources: { libvirt: { rpms: x, kind: prebuilt } }', { LIBVIRT_DIR: '/l' }), 'libvirt')).toMatchObject({ kind: 'meson-dist', dir: '/l', rpms: [] });
    const config = await loadGood('sources: { virt: { dir: x, preset: libvirt } }', { LIBVIRT_DIR: '/l' });
    expect(config.packages.map(({ name, dir }) => [name, dir])).toEqual([['virt', '/l']]);
  });

  test('empty variables are unset ones', async () => {
    expect(await loadGood(BOTH, { QEMU_DIR: '', SINGLE_ARCH: '', QEMU_ONLY: '', LIBVIRT_VERSION: '', KUBEVIRT_CROSS_ARCH_EMULATION: '' })).toMatchObject({
      arches: ['x86_64'],
      rpmDeps: { versions: { 'centos-stream-9': {} }, crossArchEmulation: false },
    });
  });

  test.each([
    ['QEMU_ONLY', 'true', ['qemu']],
    ['QEMU_ONLY', '1', ['qemu']],
    ['LIBVIRT_ONLY', 'yes', ['libvirt']],
    ['LIBVIRT_ONLY', 'false', ['qemu', 'libvirt']],
  ])('%s=%s leaves %j', async (variable, value, names) => {
    expect((await loadGood(BOTH, { [variable]: value })).packages.map(({ name }) => name)).toEqual(names);
  });

  test.each(['LIBVIRT', 'QEMU', 'SEABIOS', 'EDK2', 'LIBGUESTFS', 'GUESTFSTOOLS', 'PASST', 'VIRTIOFSD', 'SWTPM', 'LIBNBD'])('%s_VERSION replaces the one of the file', async (name) => {
    const config = await loadGood(`${BOTH}rpmDeps: { versions: { ${name}_VERSION: "0:1" } }`, { [`${name}_VERSION`]: '0:0^20260611.ga9c61ff-1.el9' });
    expect(config.rpmDeps.versions).toEqual({ 'centos-stream-9': { [`${name}_VERSION`]: '0:0^20260611.ga9c61ff-1.el9' } });
  });

  test('the rest', async () => {
    const env = { SINGLE_ARCH: 'aarch64', BASESYSTEM: 'my-release', KUBEVIRT_CENTOS_STREAM_VERSION: '10', KUBEVIRT_CROSS_ARCH_EMULATION: 'true' };
    expect(await loadGood(`arch: [x86_64, s390x]\n${BOTH}`, env)).toMatchObject({
      arches: ['aarch64'],
      basesystems: [{ name: 'centos-stream-10', stream: 10 }],
      rpmDeps: { basesystem: 'my-release', crossArchEmulation: true },
    });
  });

  test("a base system of the user's own keeps its stream, with a warning", async () => {
    const mine = `basesystem: mine\nbasesystems: { mine: { extends: centos-stream-9 } }\n${BOTH}`;
    const { config, text } = await load(mine, { KUBEVIRT_CENTOS_STREAM_VERSION: '10' });
    expect(config?.basesystems[0]).toMatchObject({ name: 'mine', stream: 9 });
    expect(text).toBe('warning: KUBEVIRT_CENTOS_STREAM_VERSION=10 is not used: the base system mine is for stream 9');
    expect((await load(mine, { KUBEVIRT_CENTOS_STREAM_VERSION: '9' })).text).toBe('');
  });

  test('CI builds whole, unless the file says otherwise', async () => {
    expect(named(await loadGood(BOTH, { CI: 'true' }), 'qemu')?.build).toMatchObject({ profile: 'full', check: true, debuginfo: true });
    expect(named(await loadGood(`build: { profile: dev }\n${BOTH}`, { CI: 'true' }), 'qemu')?.build).toMatchObject({ profile: 'dev', check: false });
    expect(named(await loadGood(BOTH, { CI: 'false' }), 'qemu')?.build).toMatchObject({ profile: 'dev', check: false, debuginfo: false });
  });
});

describe('a bad value names its variable:', () => {
  test.each([
    [{ QEMU_ONLY: '1', LIBVIRT_ONLY: '1' }, 'QEMU_ONLY and LIBVIRT_ONLY are both set, which leaves nothing to build; unset one'],
    [{ QEMU_ONLY: 'maybe' }, 'the environment has QEMU_ONLY="maybe"; expected: true or false'],
    [{ LIBVIRT_VERSION: '0:1;touch x' }, 'the environment has LIBVIRT_VERSION="0:1;touch x"; expected: EPOCH:VERSION-RELEASE or a beginning of it, as in 0:11.10.0-12.el9'],
    [{ LIBNBD_VERSION: '1.20' }, 'the environment has LIBNBD_VERSION="1.20"; expected: EPOCH:VERSION-RELEASE or a beginning of it, as in 0:11.10.0-12.el9'],
    [{ SINGLE_ARCH: 'arm64' }, 'the environment has SINGLE_ARCH="arm64"; it must be one of: x86_64, aarch64, s390x'],
    [{ SINGLE_ARCH: 'x86-64' }, 'the environment has SINGLE_ARCH="x86-64"; it must be one of: x86_64, aarch64, s390x; did you mean "x86_64"?'],
    [{ BASESYSTEM: '--x' }, 'the environment has BASESYSTEM="--x"; expected: the name of an RPM, as in centos-stream-release'],
    [{ KUBEVIRT_CENTOS_STREAM_VERSION: '8' }, 'the environment has KUBEVIRT_CENTOS_STREAM_VERSION="8"; it must be 9 or 10'],
    [{ KUBEVIRT_CROSS_ARCH_EMULATION: 'false' }, `the environment has KUBEVIRT_CROSS_ARCH_EMULATION="false"; KubeVirt's script takes any text for yes; unset it for no`],
    [{ QEMU_DIR: 'a\nb' }, 'the environment has QEMU_DIR="a\\nb"; expected: a path without control characters'],
  ])('%j', async (env, message) => {
    expect((await load(BOTH, env)).text).toBe(`error: ${message}`);
    expect((await loadIn(makeFolder({}), { QEMU_DIR: '/q', LIBVIRT_DIR: '/l', ...env })).text).toBe(`error: ${message}`);
  });

  test('QEMU_KVM_DIR without QEMU', async () => {
    expect((await loadIn(makeFolder({}), { LIBVIRT_DIR: '/l', QEMU_KVM_DIR: '/k' })).text).toBe('error: QEMU_KVM_DIR is set, but there is no QEMU to build with it; set QEMU_DIR, too');
  });

  test('SINGLE_ARCH of another machine, on the host', async () => {
    expect((await load('basesystem: host\nsources: { libvirt: { dir: x } }', { SINGLE_ARCH: 's390x' })).text).toBe(
      "error: the environment has SINGLE_ARCH=s390x; the basesystem host builds for this machine's architecture only: x86_64",
    );
  });

  test('QEMU_ONLY with nothing but libvirt is one complaint', async () => {
    expect((await loadIn(makeFolder({}), { LIBVIRT_DIR: '/l', QEMU_ONLY: '1' })).text).toBe('error: QEMU_ONLY is set, but there is no source qemu; set QEMU_DIR, or add it to the config');
  });

  test('QEMU_ONLY without QEMU', async () => {
    expect((await load('sources: { libnbd: { dir: x } }', { QEMU_ONLY: '1' })).text).toBe('error: QEMU_ONLY is set, but there is no source qemu; set QEMU_DIR, or add it to the config');
  });

  test('along with what is wrong in the file', async () => {
    const { diagnostics } = await load('sourcse: 1\nsources: { libvirt: { dir: x } }', { SINGLE_ARCH: 'x', BASESYSTEM: ' ' });
    expect(diagnostics.map(({ message }) => message.split(';')[0])).toEqual([
      'the environment has SINGLE_ARCH="x"',
      'the environment has BASESYSTEM=" "',
      'unknown key "sourcse" in the config',
    ]);
  });
});

test('what stands above the config is told as it would be typed; what is empty, unset or says no is not', () => {
  expect(setVariables({ LIBVIRT_DIR: '../lv', QEMU_ONLY: 'no', LIBVIRT_ONLY: '1', SINGLE_ARCH: '', LIBVIRT_VERSION: '0:1', HOME: '/root' })).toEqual(['LIBVIRT_DIR=../lv', 'LIBVIRT_ONLY=1', 'LIBVIRT_VERSION=0:1']);
});
