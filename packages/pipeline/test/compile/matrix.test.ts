import { select, type Arch, type Config, type Graph } from '@crpm/core';
import { compile } from '@crpm/pipeline/compile/compile';
import { describe, expect, test } from 'vitest';

import { centosStream, libvirt, makeConfig, packageConfig, qemu } from '../support/config.js';

const MATRIX: Partial<Config> = { arches: ['x86_64', 'aarch64'] satisfies Arch[], basesystems: [centosStream(9), centosStream(10)] };

const graphOf = (packages: Config['packages'], overrides: Partial<Config> = {}): Graph => {
  const result = compile(makeConfig(packages, { ...MATRIX, ...overrides }));
  if (!result.ok) throw new Error(result.error.map(({ message }) => message).join('\n'));
  return result.value;
};
const needsOf = ({ nodes }: Graph) => Object.fromEntries([...nodes.values()].map((node) => [node.id, node.needs]));

const git = (branch: string) => ({ kind: 'git', git: 'https://example.org/qemu-kvm.git', branch }) as const;
const ownSpecs = { ...qemu, specs: { 'centos-stream-9': git('c9s'), 'centos-stream-10': git('c10s') } };

describe('the graph of several streams and architectures', () => {
  test('builds each package for each of them, from one snapshot, into one repository, for one rpm-deps', () => {
    const places = ['x86_64_cs9', 'aarch64_cs9', 'x86_64_cs10', 'aarch64_cs10'];
    expect(needsOf(graphOf([libvirt]))).toEqual({
      ...Object.fromEntries(places.map((place) => [`base@${place}`, []])),
      'libvirt.source': [],
      ...Object.fromEntries(places.flatMap((place) => [
        [`libvirt.buildroot@${place}`, [`base@${place}`, 'libvirt.source']],
        [`libvirt.predict@${place}`, [`libvirt.buildroot@${place}`]],
        [`libvirt.rpmbuild@${place}`, ['libvirt.source', `libvirt.buildroot@${place}`, `libvirt.predict@${place}`]],
        [`predict@${place}`, ['createrepo']],
        [`closure@${place}`, [`base@${place}`, 'createrepo']],
      ])),
      createrepo: ['base@x86_64_cs9', ...places.map((place) => `libvirt.rpmbuild@${place}`)],
      serve: ['createrepo'],
      'rpm-deps': ['createrepo', 'serve', ...places.flatMap((place) => [`predict@${place}`, `closure@${place}`])],
      verify: ['createrepo', 'serve', 'rpm-deps'],
    });
  });

  test('has one snapshot for each stream that has a spec of its own', () => {
    const { nodes } = graphOf([ownSpecs]);
    expect([...nodes.keys()].filter((id) => id.includes('.source'))).toEqual(['qemu.source@cs9', 'qemu.source@cs10']);
    expect(nodes.get('qemu.source@cs10')?.params).toMatchObject({ tree: { kind: 'dir', dir: '/src/qemu' }, distGit: { ref: 'c10s' } });
    expect(nodes.get('qemu.buildroot@aarch64_cs10')?.needs).toEqual(['base@aarch64_cs10', 'qemu.source@cs10']);
    expect(nodes.get('qemu.rpmbuild@aarch64_cs9')?.needs).toEqual(['qemu.source@cs9', 'qemu.buildroot@aarch64_cs9', 'qemu.predict@aarch64_cs9']);
  });

  test('builds a package only where it is to be built, and makes no base image where nothing is', () => {
    const some = { ...libvirt, arches: ['aarch64'] as const };
    const { nodes } = graphOf([some], { machine: 'x86_64' });
    expect([...nodes.keys()].filter((id) => /^(base|.*rpmbuild)/.test(id))).toEqual(['base@aarch64_cs9', 'base@aarch64_cs10', 'libvirt.rpmbuild@aarch64_cs9', 'libvirt.rpmbuild@aarch64_cs10']);
    expect(nodes.get('createrepo')?.needs[0]).toBe('base@aarch64_cs9');
    expect(nodes.get('predict@x86_64_cs9')?.params).toMatchObject({ foretold: [] });
    expect([...graphOf([some, qemu]).nodes.keys()]).toContain('base@x86_64_cs10');
  });

  test('refuses a package that needs another where that is not built', () => {
    const result = compile(makeConfig([{ ...libvirt, needs: ['qemu'] }, { ...qemu, arches: ['x86_64'] }], MATRIX));
    expect(result.ok ? [] : result.error.map(({ message }) => message)).toEqual(['sources.libvirt.needs names qemu, which is not built for aarch64: set sources.qemu.arch']);
  });

  test('takes RPMs at hand once for each stream, all architectures together, with one base image to index them', () => {
    const { nodes } = graphOf([packageConfig({ name: 'seabios', kind: 'prebuilt', rpms: ['/src/rpms'] })], { machine: 's390x' });
    const places = ['x86_64_cs9', 'aarch64_cs9', 'x86_64_cs10', 'aarch64_cs10'];
    expect([...nodes.keys()]).toEqual(['base@s390x_cs9', 'seabios.rpmbuild@cs9', 'seabios.rpmbuild@cs10', 'createrepo', 'serve', ...places.flatMap((place) => [`predict@${place}`, `closure@${place}`]), 'rpm-deps', 'verify']);
    // The dnf of the one base image is asked for all.
    expect(nodes.get('closure@aarch64_cs10')).toMatchObject({ needs: ['base@s390x_cs9', 'createrepo'], params: { runsOn: 's390x', arch: 'aarch64', stream: { stream: 10 } } });
    expect(nodes.get('createrepo')).toMatchObject({ needs: ['base@s390x_cs9', 'seabios.rpmbuild@cs9', 'seabios.rpmbuild@cs10'] });
  });

  test('indexes on this machine’s own architecture where that is one of them', () => {
    const { nodes } = graphOf([libvirt], { machine: 'aarch64' });
    expect(nodes.get('createrepo')).toMatchObject({ needs: expect.arrayContaining(['base@aarch64_cs9']) });
    expect(graphOf([libvirt], { machine: 's390x' }).nodes.get('createrepo')?.needs).toContain('base@x86_64_cs9');
  });

  test('tells rpm-deps of each stream what only fits that one', () => {
    const versions = { 'centos-stream-9': { SEABIOS_VERSION: '0:1.16.3-4.el9' }, 'centos-stream-10': {} };
    const { nodes } = graphOf([libvirt], { rpmDeps: { mode: 'auto', versions, crossArchEmulation: true, allowOfficial: [] } });
    expect(nodes.get('rpm-deps')?.params).toMatchObject({
      arches: ['x86_64', 'aarch64'],
      streams: [
        { basesystem: 'centos-stream-9', stream: 9, kubevirtBasesystem: 'centos-stream-release', versions: { SEABIOS_VERSION: '0:1.16.3-4.el9' } },
        { basesystem: 'centos-stream-10', stream: 10, kubevirtBasesystem: 'centos-stream-release', versions: {} },
      ],
      crossArchEmulation: true,
    });
  });

  test('gives a version to the build roots of its stream alone', () => {
    const versions = { 'centos-stream-9': { LIBVIRT_VERSION: '0:11.10.0' }, 'centos-stream-10': {} };
    const { nodes } = graphOf([libvirt], { rpmDeps: { mode: 'auto', versions, crossArchEmulation: false, allowOfficial: [] } });
    expect(nodes.get('libvirt.buildroot@aarch64_cs9')?.params).toMatchObject({ override: { version: '0:11.10.0' } });
    expect(nodes.get('libvirt.buildroot@aarch64_cs10')?.params).not.toHaveProperty('override');
  });

  test('hands a package the RPMs of what it needs from its own stream and architecture', () => {
    const { nodes } = graphOf([libvirt, { ...qemu, needs: ['libvirt'] }]);
    expect(nodes.get('qemu.buildroot@aarch64_cs10')?.needs).toEqual(['base@aarch64_cs10', 'qemu.source', 'libvirt.rpmbuild@aarch64_cs10']);
  });

  test('lets a task wait for a step of all places, or of one', () => {
    const task = { run: ['true'], inputs: [], outputs: [], env: {} };
    const { nodes } = graphOf([libvirt], { tasks: [{ id: 'all', needs: ['libvirt.rpmbuild', 'verify'], ...task }, { id: 'one', needs: ['libvirt.rpmbuild@aarch64_cs10'], ...task }] });
    expect(nodes.get('all')?.needs).toEqual(['libvirt.rpmbuild@x86_64_cs9', 'libvirt.rpmbuild@aarch64_cs9', 'libvirt.rpmbuild@x86_64_cs10', 'libvirt.rpmbuild@aarch64_cs10', 'verify']);
    expect(nodes.get('one')?.needs).toEqual(['libvirt.rpmbuild@aarch64_cs10']);
  });

  test('is cut by globs of streams and architectures', () => {
    const cut = select(graphOf([ownSpecs]), { targets: ['*.rpmbuild@*cs10'], only: [], skip: [], from: [], force: false });
    if (!cut.ok) throw new Error(cut.error);
    expect([...cut.value.graph.nodes.keys()]).toEqual([
      'base@x86_64_cs10',
      'base@aarch64_cs10',
      'qemu.source@cs10',
      'qemu.buildroot@x86_64_cs10',
      'qemu.predict@x86_64_cs10',
      'qemu.rpmbuild@x86_64_cs10',
      'qemu.buildroot@aarch64_cs10',
      'qemu.predict@aarch64_cs10',
      'qemu.rpmbuild@aarch64_cs10',
    ]);
  });
});
