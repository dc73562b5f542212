import { layers, type Config, type Graph, type PackageConfig, type SpecSource } from '@crpm/core';
import { compile } from '@crpm/pipeline/compile/compile';
import { describe, expect, test } from 'vitest';

import { centosStream, everywhere, libvirt, makeConfig, packageConfig, qemu } from '../support/config.js';

const graphOf = (config: Config): Graph => {
  const result = compile(config);
  if (!result.ok) throw new Error(result.error.map(({ message }) => message).join('\n'));
  return result.value;
};
const full = (pkg: PackageConfig): PackageConfig => ({ ...pkg, build: { ...pkg.build, profile: 'full' } });
const needsOf = (config: Config) => Object.fromEntries([...graphOf(config).nodes.values()].map((node) => [node.id, node.needs]));
const layersOf = (config: Config) => layers(graphOf(config)).map((layer) => layer.map((node) => node.id));
const complaints = (config: Config) => {
  const result = compile(config);
  return result.ok ? [] : result.error.map(({ message }) => message);
};

describe('the graph of a config', () => {
  test('leads from the base image and the trees to the proof', () => {
    expect(needsOf(makeConfig([full(qemu), libvirt]))).toEqual({
      base: [],
      'qemu.source': [],
      'qemu.buildroot': ['base', 'qemu.source'],
      'qemu.predict': ['qemu.buildroot'],
      'qemu.dist': ['qemu.source', 'qemu.buildroot'],
      'qemu.rpmbuild': ['qemu.source', 'qemu.buildroot', 'qemu.predict', 'qemu.dist'],
      'libvirt.source': [],
      'libvirt.buildroot': ['base', 'libvirt.source'],
      'libvirt.predict': ['libvirt.buildroot'],
      // In dev a package is built in place, without an archive.
      'libvirt.rpmbuild': ['libvirt.source', 'libvirt.buildroot', 'libvirt.predict'],
      createrepo: ['base', 'qemu.rpmbuild', 'libvirt.rpmbuild'],
      serve: ['createrepo'],
      predict: ['createrepo'],
      closure: ['base', 'createrepo'],
      'rpm-deps': ['createrepo', 'serve', 'predict', 'closure'],
      verify: ['createrepo', 'serve', 'rpm-deps'],
    });
  });

  test('lets independent packages build at the same time', () => {
    expect(layersOf(makeConfig([full(qemu), full(libvirt)]))).toEqual([
      ['base', 'qemu.source', 'libvirt.source'],
      ['qemu.buildroot', 'libvirt.buildroot'],
      ['qemu.predict', 'qemu.dist', 'libvirt.predict', 'libvirt.dist'],
      ['qemu.rpmbuild', 'libvirt.rpmbuild'],
      ['createrepo'],
      ['serve', 'predict', 'closure'],
      ['rpm-deps'],
      ['verify'],
    ]);
  });

  test('builds once for each of several architectures, from one snapshot, into one repository', () => {
    expect(needsOf(makeConfig([full(libvirt)], { arches: ['x86_64', 'aarch64'] }))).toEqual({
      'base@x86_64': [],
      'base@aarch64': [],
      'libvirt.source': [],
      ...Object.fromEntries(
        ['x86_64', 'aarch64'].flatMap((arch) => [
          [`libvirt.buildroot@${arch}`, [`base@${arch}`, 'libvirt.source']],
          [`libvirt.predict@${arch}`, [`libvirt.buildroot@${arch}`]],
          [`libvirt.dist@${arch}`, ['libvirt.source', `libvirt.buildroot@${arch}`]],
          [`libvirt.rpmbuild@${arch}`, ['libvirt.source', `libvirt.buildroot@${arch}`, `libvirt.predict@${arch}`, `libvirt.dist@${arch}`]],
          [`predict@${arch}`, ['createrepo']],
          [`closure@${arch}`, [`base@${arch}`, 'createrepo']],
        ]),
      ),
      createrepo: ['base@x86_64', 'libvirt.rpmbuild@x86_64', 'libvirt.rpmbuild@aarch64'],
      serve: ['createrepo'],
      'rpm-deps': ['createrepo', 'serve', 'predict@x86_64', 'closure@x86_64', 'predict@aarch64', 'closure@aarch64'],
      verify: ['createrepo', 'serve', 'rpm-deps'],
    });
  });

  test('waits with a build root for the RPMs that it is to hold', () => {
    const libnbd = packageConfig({ name: 'libnbd', dir: '/src/libnbd', spec: { kind: 'tree', file: 'libnbd.spec' } });
    const needs = needsOf(makeConfig([libnbd, { ...qemu, needs: ['libnbd'] }]));
    expect(needs['qemu.buildroot']).toEqual(['base', 'qemu.source', 'libnbd.rpmbuild']);
  });

  test('takes RPMs at hand in one node, for all architectures together', () => {
    const libnbd = packageConfig({ name: 'libnbd', kind: 'prebuilt', rpms: ['/rpms'] });
    const needs = needsOf(makeConfig([libnbd, { ...qemu, needs: ['libnbd'] }], { arches: ['x86_64', 's390x'] }));
    expect(needs['libnbd.rpmbuild']).toEqual([]);
    expect(needs['qemu.buildroot@s390x']).toEqual(['base@s390x', 'qemu.source', 'libnbd.rpmbuild']);
    expect(needs['createrepo']).toEqual(['base@x86_64', 'libnbd.rpmbuild', 'qemu.rpmbuild@x86_64', 'qemu.rpmbuild@s390x']);
  });

  test('has nothing to build for a repository that is published already', () => {
    const published = packageConfig({ name: 'libvirt', kind: 'published' });
    const config = makeConfig([published], { serve: { mode: 'published', baseUrl: 'https://example.org/repo/' } });
    expect(needsOf(config)).toEqual({ 'rpm-deps': [], verify: ['rpm-deps'] });
    expect(graphOf(config).nodes.get('verify')?.params).toMatchObject({ published: 'https://example.org/repo/' });
  });

  test('ends with the server without a KubeVirt tree', () => {
    const config: Config & { kubevirt?: unknown } = makeConfig([libvirt]);
    delete config.kubevirt;
    const needs = needsOf(config);
    expect(Object.keys(needs)).toEqual(['base', 'libvirt.source', 'libvirt.buildroot', 'libvirt.rpmbuild', 'createrepo', 'serve']);
    expect(needs['libvirt.rpmbuild']).toEqual(['libvirt.source', 'libvirt.buildroot']);
  });

  test('has a node for each task, which may need any other', () => {
    const task = { id: 'notify', needs: ['verify', 'libvirt.buildroot'], run: ['true'], inputs: [], outputs: [], env: {} };
    expect(needsOf(makeConfig([libvirt], { tasks: [task] }))['notify']).toEqual(['verify', 'libvirt.buildroot']);
  });

  test('tells a lookaside of the package’s own from that of its base system', () => {
    const distGit = { kind: 'dir', dir: '/src/d' } as const;
    const basesystems = [{ ...centosStream(9), lookaside: 'https://theirs/rpms' }];
    const paramsWith = (spec: SpecSource) => graphOf(makeConfig([packageConfig({ name: 'libnbd', dir: '/src/libnbd', spec })], { basesystems })).nodes.get('libnbd.source')?.params;
    expect(paramsWith({ ...distGit, lookaside: 'https://mine/rpms' })).toMatchObject({ elsewhere: { url: 'https://mine/rpms' } });
    expect(paramsWith(distGit)).toMatchObject({ elsewhere: { urlOfBasesystem: 'https://theirs/rpms' } });
  });

  test('makes an archive where the project’s own tools pack it, or none, in dev too', () => {
    const distGit = { kind: 'dir', dir: '/src/d', sources: '/src/more' } as const;
    const nbd = packageConfig({ name: 'libnbd', kind: 'autotools-dist', dir: '/src/libnbd', spec: distGit });
    const swtpm = packageConfig({ name: 'swtpm', kind: 'srpm', upstream: { kind: 'srpm', at: '/src/swtpm.src.rpm' } });
    const mine = packageConfig({ name: 'mine', kind: 'rpmbuild-ta', upstream: { kind: 'tarball', at: 'https://example.org/mine.tar' }, spec: { kind: 'tree' } });
    const { nodes } = graphOf(makeConfig([nbd, swtpm, mine]));
    expect([...nodes.keys()].filter((id) => id.includes('.'))).toEqual([
      ...['source', 'buildroot', 'predict', 'dist', 'rpmbuild'].map((step) => `libnbd.${step}`),
      ...['source', 'buildroot', 'predict', 'dist', 'rpmbuild'].map((step) => `swtpm.${step}`),
      ...['source', 'buildroot', 'predict', 'rpmbuild'].map((step) => `mine.${step}`),
    ]);
    expect(nodes.get('libnbd.source')?.params).toEqual({ package: 'libnbd', tree: { kind: 'dir', dir: '/src/libnbd' }, distGit: { kind: 'dir', dir: '/src/d' }, elsewhere: { given: '/src/more' } });
    expect(nodes.get('libnbd.dist')?.params).toMatchObject({ method: 'autotools', spec: { in: 'dist-git' } });
    expect(nodes.get('swtpm.source')?.params).toEqual({ package: 'swtpm', tree: { kind: 'archive', format: 'srpm', file: '/src/swtpm.src.rpm' } });
    expect(nodes.get('swtpm.dist')?.params).toMatchObject({ method: 'none', spec: { in: 'dist-git' } });
    expect(nodes.get('mine.source')?.params).toMatchObject({ tree: { kind: 'archive-url', format: 'tarball', url: 'https://example.org/mine.tar' }, specInTree: '' });
    expect(nodes.get('mine.rpmbuild')).toMatchObject({ kind: 'rpmbuild-in-place', params: { method: 'archive', spec: { in: 'tree' } } });
  });

  test('asks the base image for the programs that its nodes call, and no more', () => {
    const tools = (config: Config) => (graphOf(config).nodes.get('base')?.params as { tools: string[] }).tools;
    expect(tools(makeConfig([packageConfig({ name: 'a', kind: 'prebuilt', rpms: ['/a'] })]))).toEqual(['createrepo_c']);
    expect(tools(makeConfig([qemu]))).toEqual(['createrepo_c', 'rpmbuild', 'rpmspec', 'tar', 'xz', 'gzip', 'patch']);
    expect(tools(makeConfig([packageConfig({ name: 'b', kind: 'autotools-dist', dir: '/b', spec: { kind: 'dir', dir: '/d' } })]))).toEqual(['createrepo_c', 'rpmbuild', 'rpmspec', 'tar', 'xz', 'gzip', 'patch', 'autoreconf', 'automake', 'make']);
    expect(tools(makeConfig([libvirt]))).toEqual(['createrepo_c', 'rpmbuild', 'rpmspec', 'tar', 'xz', 'gzip', 'git', 'meson', 'ninja']);
  });
});

describe('params', () => {
  test('hold what changes a result, in the node whose result it changes', () => {
    const pkg = packageConfig({ ...qemu, build: { profile: 'full', check: true, debuginfo: true, jobs: 3, memory: 1024, defines: { rcrel: '.1' }, without: ['lto'] } });
    const { nodes } = graphOf(makeConfig([pkg]));
    const options = { macros: {}, suffix: 'crpm0001', defines: { rcrel: '.1' }, with: [], without: ['lto'] };
    expect(nodes.get('qemu.source')?.params).toEqual({ package: 'qemu', tree: { kind: 'dir', dir: '/src/qemu' }, distGit: { kind: 'dir', dir: '/src/qemu-kvm' } });
    expect(nodes.get('qemu.buildroot')?.params).toEqual({ package: 'qemu', arch: 'x86_64', spec: { in: 'dist-git' }, options, network: 'bridge' });
    expect(nodes.get('qemu.dist')?.params).toEqual({ package: 'qemu', arch: 'x86_64', spec: { in: 'dist-git' }, options, method: 'archive', patches: 'auto', network: 'bridge' });
    expect(nodes.get('qemu.rpmbuild')?.params).toEqual({ package: 'qemu', arch: 'x86_64', options, check: true, debuginfo: true, profile: 'full', ccache: true, jobs: 3, memory: 1024 });
  });

  test('of a build in place say all that archive and build say', () => {
    const { kind, params } = graphOf(makeConfig([packageConfig({ ...libvirt, build: { ccache: false } })])).nodes.get('libvirt.rpmbuild') ?? {};
    expect(kind).toBe('rpmbuild-in-place');
    const options = { macros: {}, suffix: 'crpm0001', defines: {}, with: [], without: [] };
    expect(params).toEqual({ package: 'libvirt', arch: 'x86_64', options, check: false, debuginfo: false, profile: 'dev', ccache: false, method: 'meson', spec: { in: 'tree', file: 'libvirt.spec.in' }, patches: 'auto', network: 'bridge' });
  });

  test('do not change in the build when only the KubeVirt side of the config does', () => {
    const one = graphOf(makeConfig([libvirt]));
    const other = graphOf(makeConfig([libvirt], { kubevirt: { dir: '/elsewhere' }, serve: { mode: 'process', port: 4711 } }));
    for (const [id, node] of one.nodes) {
      if (['serve', 'predict', 'libvirt.predict', 'closure', 'rpm-deps', 'verify'].includes(id)) continue;
      expect(other.nodes.get(id)).toEqual(node);
    }
  });

  test('name the lock file beside the config for a dist-git repository', () => {
    const spec = { kind: 'git', git: 'https://example.org/qemu-kvm.git', branch: 'c9s' } as const;
    expect(graphOf(makeConfig([{ ...qemu, specs: everywhere(spec) }])).nodes.get('qemu.source')?.params).toEqual({
      package: 'qemu',
      tree: { kind: 'dir', dir: '/src/qemu' },
      distGit: { kind: 'git', git: 'https://example.org/qemu-kvm.git', ref: 'c9s', lockFile: '/src/custom-rpms.lock.yaml' },
    });
  });

  test('give a version override to the build root of its package alone', () => {
    const rpmDeps = { mode: 'script', versions: everywhere({ LIBVIRT_VERSION: '0:12.5.0-1.el9' }), crossArchEmulation: false, allowOfficial: [] } as const;
    const { nodes } = graphOf(makeConfig([qemu, libvirt], { rpmDeps }));
    expect(nodes.get('libvirt.buildroot')?.params).toMatchObject({ override: { variable: 'LIBVIRT_VERSION', version: '0:12.5.0-1.el9' } });
    expect(nodes.get('qemu.buildroot')?.params).not.toHaveProperty('override');
  });

  test('are plain JSON, so that they can be hashed', () => {
    for (const node of graphOf(makeConfig([qemu, libvirt])).nodes.values()) expect(JSON.parse(JSON.stringify(node.params))).toEqual(node.params);
  });
});

describe('what can not become a graph', () => {
  test('is told all at once', () => {
    const treeless = packageConfig({ name: 'qemu', spec: { kind: 'dir', dir: '/src/qemu-kvm' } });
    expect(complaints(makeConfig([treeless, { ...libvirt, needs: ['libndb'] }]))).toEqual([
      'sources.qemu has no tree: set dir, git, tarball or srpm',
      'sources.libvirt.needs names libndb, which is no source; the sources are: qemu, libvirt',
    ]);
  });

  test('a task that needs an unknown node', () => {
    const task = { id: 'notify', needs: ['libvirt.rpms'], run: ['true'], inputs: [], outputs: [], env: {} };
    expect(complaints(makeConfig([libvirt], { tasks: [task] }))).toEqual([
      'notify needs libvirt.rpms, which does not exist; the nodes are: base, libvirt.source, libvirt.buildroot, libvirt.predict, libvirt.rpmbuild, createrepo, serve, predict, closure, rpm-deps, verify, notify',
    ]);
  });

  test('what is about a key of the config carries its path, and what may be meant', () => {
    const task = (id: string, needs: readonly string[]) => ({ id, needs, run: ['true'], inputs: [], outputs: [], env: {} });
    const unknown = compile(makeConfig([], { tasks: [task('a', []), task('b', ['a', 'aa'])] }));
    expect(unknown).toMatchObject({ ok: false, error: [{ path: ['tasks', 'b', 'needs', 1], suggestion: { word: 'aa', among: ['a', 'b'] } }] });
    const packages = compile(makeConfig([{ ...qemu, needs: ['libvirt'] }, { ...libvirt, needs: ['qemu'] }]));
    expect(packages).toMatchObject({ ok: false, error: [{ path: ['sources', 'qemu', 'needs', 0] }] });
  });

  test('a task that has the name of a node', () => {
    const task = { id: 'verify', needs: [], run: ['true'], inputs: [], outputs: [], env: {} };
    expect(complaints(makeConfig([libvirt], { tasks: [task] }))).toEqual(['two nodes are named verify']);
  });

  test('packages that need each other', () => {
    const faults = complaints(makeConfig([{ ...qemu, needs: ['libvirt'] }, { ...libvirt, needs: ['qemu'] }]));
    expect(faults).toEqual([
      'nodes need each other in a circle: qemu.buildroot → libvirt.rpmbuild → libvirt.buildroot → qemu.rpmbuild → qemu.buildroot',
    ]);
  });

  test('text that would not stay one argument or one line', () => {
    const config = makeConfig([packageConfig({ ...qemu, build: { defines: { 'a b': '1' }, without: ['x y'] } })]);
    const hostile: Config = { ...config, basesystems: [{ ...centosStream(9), repos: [{ name: 'x]\n[y', baseUrl: 'http://a\nenabled=0' }], packages: ['gcc\0'] }] };
    expect(complaints(hostile)).toEqual([
      'basesystems.0.packages.0 holds a NUL character, which no program can be given',
      'basesystems.centos-stream-9.repos: "x]\\n[y" is no repository id; letters, digits, ".", "_" and "-" are allowed',
      'basesystems.centos-stream-9.repos: the baseUrl of "x]\\n[y" holds a line break',
      'build.defines of qemu: "a b" is no macro name; letters, digits and "_" are allowed, without the leading %',
      'build.with and build.without of qemu: "x y" is no name of a build condition; letters, digits and "_+.-" are allowed',
    ]);
  });
});

test('compiling reads no file: the trees of these configs do not exist', () => {
  expect(compile(makeConfig([qemu, libvirt])).ok).toBe(true);
});

test('a cluster that the config asks for comes up beside the builds, is synced after the proof, and is proven last', () => {
  const on = { up: true, sync: true, verify: true, timeout: 600 };
  const needs = (overrides: Partial<Config>, pkg = libvirt) => {
    const graph = compile(makeConfig([pkg], overrides));
    if (!graph.ok) return expect.fail('it compiles');
    return Object.fromEntries([...graph.value.nodes.values()].filter(({ id }) => id.includes('cluster')).map((node) => [node.id, node.needs]));
  };
  expect(needs({})).toEqual({});
  expect(needs({ cluster: on })).toEqual({ 'cluster-up': [], 'cluster-sync': ['serve', 'verify', 'cluster-up'], 'verify-cluster': ['createrepo', 'serve', 'verify', 'cluster-sync'] });
  expect(needs({ cluster: { ...on, sync: false } })).toMatchObject({ 'verify-cluster': ['createrepo', 'serve', 'verify', 'cluster-up'] });
  const published = packageConfig({ name: 'libvirt', kind: 'published' });
  expect(needs({ cluster: on, serve: { mode: 'published', baseUrl: 'https://rpms.example.com/' } }, published)).toMatchObject({ 'cluster-sync': ['verify', 'cluster-up'], 'verify-cluster': ['verify', 'cluster-sync'] });
});
