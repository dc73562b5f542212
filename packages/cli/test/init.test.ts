import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readBaseSystem, withoutAsking } from '../src/init/base-system.js';
import { configText } from '../src/init/config-text.js';
import { lookAround, type Surroundings } from '../src/init/surroundings.js';

let top: string;
beforeEach(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), 'crpm-init-')));
});
afterEach(() => {
  rmSync(top, { recursive: true });
});

function write(...paths: readonly string[]): void {
  for (const path of paths) {
    mkdirSync(dirname(join(top, path)), { recursive: true });
    writeFileSync(join(top, path), path.endsWith('HEAD') ? 'ref: refs/heads/c10s\n' : '');
  }
}

const KUBEVIRT = ['kubevirt/WORKSPACE', 'kubevirt/hack/rpm-deps.sh'];
const QEMU = ['qemu/configure', 'qemu/VERSION'];
const LIBVIRT = ['libvirt/meson.build', 'libvirt/libvirt.spec.in'];

function look(cwd: string, env: NodeJS.ProcessEnv = {}): Surroundings {
  return lookAround({ cwd: join(top, cwd), env, known: ['qemu', 'libvirt', 'seabios', 'passt'] });
}

test('from anywhere in KubeVirt, the trees beside it are found, and the stream by the branch of the dist-git folder', () => {
  write(...KUBEVIRT, 'kubevirt/pkg/x.go', ...QEMU, ...LIBVIRT, 'qemu-kvm/qemu-kvm.spec', 'qemu-kvm/.git/HEAD', 'seabios/Makefile');
  expect(look('kubevirt/pkg')).toEqual({
    root: join(top, 'kubevirt'),
    kubevirt: join(top, 'kubevirt'),
    trees: [{ name: 'qemu', dir: join(top, 'qemu'), distGit: join(top, 'qemu-kvm') }, { name: 'libvirt', dir: join(top, 'libvirt') }],
    others: [{ name: 'seabios', dir: join(top, 'seabios') }],
    stream: { number: 10, from: `the branch c10s of ${join(top, 'qemu-kvm')}` },
  });
});

test('a folder that merely has the name is no tree, and one that a variable names is whatever it holds', () => {
  write(...KUBEVIRT, 'libvirt/README', 'src/lv/README');
  expect(look('kubevirt').trees).toEqual([]);
  expect(look('kubevirt', { LIBVIRT_DIR: '../src/lv', KUBEVIRT_CENTOS_STREAM_VERSION: '9' })).toMatchObject({
    trees: [{ name: 'libvirt', dir: join(top, 'src/lv'), variable: 'LIBVIRT_DIR' }],
    stream: { number: 9, from: 'KUBEVIRT_CENTOS_STREAM_VERSION' },
  });
});

test('a downstream tree under the name of its package is QEMU, a dist-git folder is none', () => {
  write(...KUBEVIRT, 'qemu-kvm/configure', 'qemu-kvm/VERSION');
  expect(look('kubevirt').trees).toEqual([{ name: 'qemu', dir: join(top, 'qemu-kvm') }]);
});

test('what the script’s other variables say: one package alone, one architecture', () => {
  write(...KUBEVIRT, ...QEMU, ...LIBVIRT);
  const seen = look('kubevirt', { LIBVIRT_ONLY: 'true', QEMU_ONLY: 'no', SINGLE_ARCH: 'aarch64' });
  expect(seen).toMatchObject({ trees: [{ name: 'libvirt' }], others: [{ name: 'qemu', dir: join(top, 'qemu'), variable: 'LIBVIRT_ONLY' }], arch: 'aarch64' });
  const text = configText({ ...seen, basesystem: { name: 'centos-stream-9', stream: 9 }, schema: './s' });
  expect(text).toContain('\narch: "aarch64" # by SINGLE_ARCH; also a list of x86_64, aarch64, s390x\n');
  expect(text).toContain('\n  libvirt:\n    dir: ../libvirt\n  # qemu: { dir: ../qemu } # left out by LIBVIRT_ONLY\n');
});

test('outside of KubeVirt the config belongs where one stands, and a KubeVirt beside is its', () => {
  write(...KUBEVIRT, ...LIBVIRT, 'here/x');
  expect(look('here')).toMatchObject({ root: join(top, 'here'), kubevirt: join(top, 'kubevirt'), trees: [{ name: 'libvirt' }] });
});

test('in the folder that holds the trees they are found below, before those beside it', () => {
  write('src/x', ...[...KUBEVIRT, ...QEMU, ...LIBVIRT, 'qemu-kvm/qemu-kvm.spec', 'seabios/Makefile'].map((path) => `src/${path}`), ...LIBVIRT);
  const at = (path: string) => join(top, 'src', path);
  expect(look('src')).toEqual({
    root: at('.'),
    kubevirt: at('kubevirt'),
    trees: [{ name: 'qemu', dir: at('qemu'), distGit: at('qemu-kvm') }, { name: 'libvirt', dir: at('libvirt') }],
    others: [{ name: 'seabios', dir: at('seabios') }],
  });
});

test('~ in a variable that no shell has expanded is home', () => {
  write(...KUBEVIRT, 'home/me/lv/README');
  expect(look('kubevirt', { HOME: join(top, 'home/me'), LIBVIRT_DIR: '~/lv' }).trees).toEqual([{ name: 'libvirt', dir: join(top, 'home/me/lv'), variable: 'LIBVIRT_DIR' }]);
});

test('what is written names what was found, and why', () => {
  const at = (path: string) => join('/src', path);
  const text = configText({
    root: at('kubevirt'),
    kubevirt: at('kubevirt'),
    trees: [{ name: 'qemu', dir: at('qemu'), distGit: at('qemu-kvm') }, { name: 'libvirt', dir: '/other/place/my libvirt', variable: 'LIBVIRT_DIR' }],
    others: [{ name: 'passt', dir: at('passt') }],
    basesystem: { name: 'centos-stream-10', stream: 10, from: 'by the branch c10s of ../qemu-kvm' },
    schema: './.crpm/config.schema.json',
  });
  expect(text).toBe(`# yaml-language-server: $schema=./.crpm/config.schema.json
# What crpm builds, and for which KubeVirt. crpm run builds it, crpm plan says first what it would do; crpm schema describes every key.

basesystem: centos-stream-10 # by the branch c10s of ../qemu-kvm; also centos-stream-9, a list of both, your own, or host: this machine’s distribution, without a container engine
# arch: x86_64 # default: this machine’s; also a list of x86_64, aarch64, s390x

kubevirt:
  dir: .

sources:
  qemu:
    dir: ../qemu
    spec: ../qemu-kvm
  libvirt:
    dir: "../../other/place/my libvirt" # by LIBVIRT_DIR
  # passt: { dir: ../passt }

# build: { profile: full } # as the distribution builds: %check, debuginfo, its own payload; default: dev, incremental
`);
});

test('of this machine’s distribution it says what an engine would allow, and where QEMU’s spec comes from', () => {
  const basesystem = readBaseSystem('host', 10)!;
  const text = configText({ root: '/src/kubevirt', trees: [{ name: 'qemu', dir: '/src/qemu' }], others: [], basesystem, schema: './s' });
  expect(text).toContain('\nbasesystem: host # this machine’s distribution, with its programs; in an engine (or engine: kubernetes) also centos-stream-10, centos-stream-9, a list of both, or your own\n');
  expect(text).toContain('\n    spec: { git: "https://gitlab.com/redhat/centos-stream/rpms/qemu-kvm.git", branch: c10s } # or a dist-git folder of your own: ../qemu-kvm\n');
  expect(withoutAsking(undefined)).toEqual({ name: 'centos-stream-9', stream: 9 });
});

test.each([
  ['9', 'centos-stream-9'],
  ['10', 'centos-stream-10'],
  ['CentOS-Stream-10', 'centos-stream-10'],
  ['c9s', 'centos-stream-9'],
  ['HOST', 'host'],
  ['11', undefined],
  ['fedora', undefined],
])('the answer %s is %s', (answer, name) => {
  expect(readBaseSystem(answer)?.name).toBe(name);
});
