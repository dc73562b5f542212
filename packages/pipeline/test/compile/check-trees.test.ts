import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Config } from '@crpm/core';
import { checkTrees } from '@crpm/pipeline/compile/check-trees';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { everywhere, libvirt, makeConfig, packageConfig, qemu } from '../support/config.js';
import { writeTree } from '../support/trees.js';

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), 'crpm-trees-'))));
afterEach(() => rmSync(root, { recursive: true }));

const at = (...parts: string[]) => join(root, ...parts);
const complaints = (packages: Config['packages'], kubevirt = at('kubevirt'), skip: readonly string[] = []) =>
  checkTrees(makeConfig(packages, { kubevirt: { dir: kubevirt } }), skip).map(({ message }) => message);
const kubevirtTree = (script = 'x-$QEMU_VERSION y-$LIBVIRT_VERSION') => writeTree(at('kubevirt'), { 'hack/rpm-deps.sh': script });

test('trees that are all there give no complaint', () => {
  kubevirtTree();
  writeTree(at('qemu'), { VERSION: '1' });
  writeTree(at('qemu-kvm'), { 'qemu-kvm.spec': '' });
  writeTree(at('libvirt'), { 'meson.build': '', 'libvirt.spec.in': '' });
  expect(complaints([{ ...qemu, dir: at('qemu'), specs: everywhere({ kind: 'dir', dir: at('qemu-kvm') }) }, { ...libvirt, dir: at('libvirt') }])).toEqual([]);
});

test('everything that is wrong is told at once', () => {
  mkdirSync(at('empty'));
  writeFileSync(at('file'), '');
  writeTree(at('two'), { 'a.spec': '', 'b.spec': '' });
  writeTree(at('libvirt'), { 'README': '' });
  expect(
    complaints(
      [
        { ...qemu, dir: at('gone'), specs: everywhere({ kind: 'dir', dir: at('two') }) },
        packageConfig({ name: 'seabios', dir: at('empty'), spec: { kind: 'dir', dir: at('file') } }),
        packageConfig({ name: 'edk2', dir: at('two'), spec: { kind: 'dir', dir: at('libvirt'), file: 'edk2.spec' } }),
        { ...libvirt, dir: at('libvirt') },
        packageConfig({ name: 'libnbd', kind: 'prebuilt', rpms: [at('no.rpm')] }),
      ],
      at('libvirt'),
    ),
  ).toEqual([
    `sources.qemu.dir: ${at('gone')} does not exist`,
    `sources.qemu.spec: ${at('two')} has several specs (a.spec, b.spec): set file to one of them`,
    `sources.seabios.dir: ${at('empty')} is empty`,
    `sources.seabios.spec: ${at('file')} is no folder`,
    `sources.edk2.spec: ${at('libvirt')} has no file edk2.spec`,
    `sources.libvirt.dir: ${at('libvirt')} has no meson.build, so it is no tree for meson dist`,
    `sources.libvirt.spec: ${at('libvirt')} has no file libvirt.spec.in`,
    `sources.libnbd.rpms: ${at('no.rpm')} does not exist`,
    `kubevirt.dir: ${at('libvirt')} has no hack/rpm-deps.sh, so it is no KubeVirt tree; name one, or write kubevirt: false to end with a served repository`,
  ]);
});

test('a variable that KubeVirt’s script knows no more is told before anything is built', () => {
  kubevirtTree('# no QEMU_VERSION here\nlibvirt-${LIBVIRT_VERSION}\n');
  const rpms = { kind: 'prebuilt', rpms: [at('kubevirt')] } as const;
  const mine = packageConfig({ name: 'mine', ...rpms, pin: { variable: 'MINE_VERSION' } });
  expect(complaints([{ ...qemu, ...rpms }, { ...libvirt, ...rpms }, mine])).toEqual(
    [['qemu', 'QEMU_VERSION'], ['mine', 'MINE_VERSION']].map(
      ([name, variable]) =>
        `${at('kubevirt', 'hack', 'rpm-deps.sh')} does not know ${variable ?? ''}, so it can't be told which ${name ?? ''} to take; name the variable that it reads under sources.${name ?? ''}.pin, or, where KubeVirt has no such RPM, set preset: none`,
    ),
  );
});

test('trees for make dist, source RPMs, folders of sources: what is not there is told, addresses are not looked at', () => {
  kubevirtTree();
  writeTree(at('tree'), { README: '' });
  writeTree(at('d'), { 'a.spec': '' });
  expect(
    complaints([
      packageConfig({ name: 'libnbd', kind: 'autotools-dist', dir: at('tree'), spec: { kind: 'dir', dir: at('d'), sources: at('gone') } }),
      packageConfig({ name: 'swtpm', kind: 'srpm', upstream: { kind: 'srpm', at: at('no.src.rpm') } }),
      packageConfig({ name: 'passt', kind: 'srpm', upstream: { kind: 'srpm', at: 'https://example.org/a.src.rpm' } }),
      packageConfig({ name: 'edk2', kind: 'prebuilt', rpms: ['https://example.org/a.rpm'] }),
    ]),
  ).toEqual([
    `sources.libnbd.dir: ${at('tree')} has no configure.ac, so it is no tree for make dist`,
    `sources.libnbd.spec.sources: ${at('gone')} does not exist`,
    `sources.swtpm.srpm: ${at('no.src.rpm')} does not exist`,
  ]);
});

test('a package that is left out of the run is left alone', () => {
  kubevirtTree();
  expect(complaints([{ ...qemu, dir: at('gone') }], at('kubevirt'), ['qemu'])).toEqual([]);
});

test('a KubeVirt tree that is none comes with the ways to go on, without a config file others', () => {
  mkdirSync(at('empty'));
  const config = makeConfig([], { kubevirt: { dir: at('empty') } });
  const told = (one: Config) => checkTrees(one).map(({ message }) => message);
  expect(told({ ...config, file: at('custom-rpms.config.yaml') })).toEqual([`kubevirt.dir: ${at('empty')} is empty; name one, or write kubevirt: false to end with a served repository`]);
  const withoutFile = { ...config };
  delete withoutFile.file;
  expect(told(withoutFile)).toEqual([`kubevirt.dir: ${at('empty')} is empty; start crpm in a KubeVirt tree, or let crpm init write a config that does without`]);
});
