import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfig } from '../src/index.js';
import { load, loadGood, makeFolder } from './workspace.js';

test('the smallest config, whole', async () => {
  const { folder, config } = await load('sources: { libvirt: { dir: ../libvirt } }');
  expect(config).toEqual({
    file: path.join(folder, 'custom-rpms.config.yaml'),
    root: folder,
    basesystems: [{
      name: 'centos-stream-9',
      base: { kind: 'image', reference: 'quay.io/centos/centos:stream9' },
      dist: '.el9',
      stream: 9,
      kubevirtBasesystem: 'centos-stream-release',
      specBranch: 'c9s',
      lookaside: 'https://sources.stream.centos.org/sources/rpms',
      packages: [],
      repos: [],
      enable: ['crb'],
      disable: ['epel'],
      macros: {},
      checkBuildRequires: true,
      osRelease: { id: 'centos', version: '9' },
    }],
    arches: ['x86_64'],
    machine: 'x86_64',
    packages: [
      {
        name: 'libvirt',
        kind: 'meson-dist',
        dir: path.join(path.dirname(folder), 'libvirt'),
        specs: { 'centos-stream-9': { kind: 'tree', file: 'libvirt.spec.in' } },
        patches: 'auto',
        rpms: [],
        needs: [],
        build: { profile: 'dev', check: false, debuginfo: false, ccache: true, defines: {}, with: [], without: [] },
        pin: {
          variable: 'LIBVIRT_VERSION',
          rpms: {
            x86_64: ['libvirt-devel', 'libvirt-client', 'libvirt-daemon-driver-qemu'],
            aarch64: ['libvirt-devel', 'libvirt-client', 'libvirt-daemon-driver-qemu'],
            s390x: ['libvirt-devel', 'libvirt-client', 'libvirt-daemon-driver-qemu'],
          },
        },
      },
    ],
    kubevirt: { dir: folder },
    release: { mode: 'stable', suffix: 'crpm0001' },
    serve: { mode: 'process' },
    rpmDeps: { mode: 'auto', versions: { 'centos-stream-9': {} }, crossArchEmulation: false, allowOfficial: [] },
    engine: { kind: 'auto', network: 'bridge' },
    cache: { maxSize: 20 * 1024 ** 3 },
    cluster: { up: false, sync: false, verify: false, timeout: 600 },
    tasks: [],
  });
});

/** The first package of a config that has these fields as its only source. */
const source = async (name: string, fields: string, rest = '') => (await loadGood(`sources: { ${name}: { ${fields} } }\n${rest}`)).packages[0];

describe('a source', () => {
  test('may come from a git address or a tarball, on this machine or elsewhere', async () => {
    expect(await source('libvirt', 'git: "https://example.org/libvirt.git", ref: v9.0.0')).toMatchObject({ kind: 'meson-dist', upstream: { kind: 'git', git: 'https://example.org/libvirt.git', ref: 'v9.0.0' } });
    expect(await source('libvirt', 'tarball: /src/libvirt-9.0.0.tar.xz')).toMatchObject({ kind: 'meson-dist', upstream: { kind: 'tarball', at: '/src/libvirt-9.0.0.tar.xz' } });
    const sha256 = '1'.repeat(64);
    expect((await source('libvirt', `tarball: "https://example.org/libvirt-9.0.0.tar.xz", sha256: ${sha256}`))?.upstream).toEqual({ kind: 'tarball', at: 'https://example.org/libvirt-9.0.0.tar.xz', sha256 });
  });

  test.each([
    ['libvirt', 'dir: x', 'meson-dist'],
    ['qemu', 'dir: x', 'rpmbuild'],
    ['qemu-kvm', 'dir: x', 'rpmbuild'],
    ['libvirt', 'rpms: x', 'prebuilt'],
    ['libvirt', 'dir: x, kind: rpmbuild, spec: y', 'rpmbuild'],
    ['mine', 'dir: x, spec: { tree: mine.spec.in }', 'meson-dist'],
    ['mine', 'dir: x, spec: { tree: mine.spec }', 'rpmbuild'],
    ['mine', 'dir: x, preset: qemu', 'rpmbuild'],
    ['libnbd', 'dir: x', 'autotools-dist'],
    ['libnbd', 'srpm: x.src.rpm', 'srpm'],
    ['mine', 'tarball: x.tar', 'rpmbuild-ta'],
    ['mine', 'tarball: x.tar, spec: y', 'rpmbuild'],
    ['mine', 'tarball: x.tar, kind: rpmbuild-ta, spec: { tree: a.spec }', 'rpmbuild-ta'],
    ['mine', 'dir: x, kind: autotools-dist, spec: y', 'autotools-dist'],
  ])('%s { %s } is of kind %s', async (name, fields, kind) => {
    expect((await source(name, fields))?.kind).toBe(kind);
  });

  test.each([
    ['spec: /d/qemu-kvm', { kind: 'dir', dir: '/d/qemu-kvm' }],
    ['spec: /d/qemu-kvm/my.spec', { kind: 'dir', dir: '/d/qemu-kvm', file: 'my.spec' }],
    ['spec: { dir: /d, file: a.spec }', { kind: 'dir', dir: '/d', file: 'a.spec' }],
    ['spec: { git: "https://h/r.git" }', { kind: 'git', git: 'https://h/r.git', branch: 'c9s' }],
    ['spec: { git: "git@h:r.git", branch: f/x, file: a.spec }', { kind: 'git', git: 'git@h:r.git', branch: 'f/x', file: 'a.spec' }],
    ['spec: { git: "file:///r", branch: main }', { kind: 'git', git: 'file:///r', branch: 'main' }],
    ['spec: { dir: /d, sources: /s, lookaside: "https://h/rpms" }', { kind: 'dir', dir: '/d', sources: '/s', lookaside: 'https://h/rpms' }],
    ['spec: { tree: packaging/x.spec.in }', { kind: 'tree', file: 'packaging/x.spec.in' }],
    ['preset: qemu', { kind: 'git', git: 'https://gitlab.com/redhat/centos-stream/rpms/qemu-kvm.git', branch: 'c9s' }],
  ])('%s', async (fields, spec) => {
    expect((await source('mine', `dir: x, ${fields}`))?.specs).toEqual({ 'centos-stream-9': spec });
  });

  test('preset: none makes it unknown', async () => {
    const libvirt = await source('libvirt', 'dir: x, spec: y, preset: none');
    expect(libvirt?.kind).toBe('rpmbuild');
    expect(libvirt).not.toHaveProperty('pin');
  });

  test('its pin is the same on each arch, or by arch', async () => {
    expect((await source('a', 'dir: x, spec: y, pin: { variable: A_VERSION, rpms: [a] }'))?.pin).toEqual({ variable: 'A_VERSION', rpms: { x86_64: ['a'], aarch64: ['a'], s390x: ['a'] } });
    expect((await source('a', 'dir: x, spec: y, pin: { variable: A_VERSION, rpms: { s390x: [b] } }'))?.pin?.rpms).toEqual({ x86_64: [], aarch64: [], s390x: ['b'] });
  });

  test('its pin may be a variable alone', async () => {
    expect((await source('a', 'dir: x, spec: y, pin: { variable: A_VERSION }'))?.pin).toEqual({ variable: 'A_VERSION' });
  });

  test('may be a source RPM, on this machine or elsewhere, which needs no spec', async () => {
    expect(await source('swtpm', 'srpm: /s/a.src.rpm')).toMatchObject({ kind: 'srpm', specs: {}, upstream: { kind: 'srpm', at: '/s/a.src.rpm' }, pin: { variable: 'SWTPM_VERSION' } });
    const sha256 = '1'.repeat(64);
    expect((await source('mine', `srpm: "https://example.org/a.src.rpm", sha256: ${sha256}`))?.upstream).toEqual({ kind: 'srpm', at: 'https://example.org/a.src.rpm', sha256 });
  });

  test('says that it is experimental where it is built by a preset that was never seen to work', async () => {
    expect(await source('qemu', 'dir: x')).toMatchObject({ experimental: true });
    for (const fields of ['rpms: x', 'srpm: x.src.rpm', 'dir: x, kind: rpmbuild, spec: y, preset: none', 'dir: x, spec: { dir: y }']) expect(await source('qemu', fields)).not.toHaveProperty('experimental');
    expect(await source('libvirt', 'dir: x')).not.toHaveProperty('experimental');
  });

  test('RPMs at hand are absolute paths, or addresses', async () => {
    expect((await source('libvirt', 'rpms: "https://example.org/a.rpm"'))?.rpms).toEqual(['https://example.org/a.rpm']);
    expect((await source('libvirt', 'rpms: [/a, /b/c.rpm]'))?.rpms).toEqual(['/a', '/b/c.rpm']);
    expect(await source('libvirt', 'rpms: /a')).not.toHaveProperty('spec');
  });

  test('a cluster: paths are relative to the file, a bare name of kubectl stays one', async () => {
    const { cluster } = await loadGood('cluster: { sync: true, verify: true, vmi: mine.yaml, kubectl: oc, timeout: 30 }\nsources: { libvirt: { dir: x } }');
    expect(cluster).toEqual({ up: false, sync: true, verify: true, vmi: expect.stringMatching(/^\/.*\/mine\.yaml$/) as string, kubectl: 'oc', timeout: 30 });
    expect((await loadGood('cluster: { kubectl: ./k.sh }\nsources: { libvirt: { dir: x } }')).cluster.kubectl).toMatch(/^\/.*\/k\.sh$/);
  });

  test.each([['1TiB', 1024 ** 4], ['0', 0], ['"512MiB"', 512 * 1024 ** 2], ['4194304', 4194304]])('the bound of the cache, %s, is in bytes', async (written, bytes) => {
    expect((await loadGood(`cache: { maxSize: ${written} }\nsources: { libvirt: { dir: x } }`)).cache).toEqual({ maxSize: bytes });
  });

  test.each<[string, boolean, { readOnly: boolean; push: boolean; insecure: boolean }]>([
    ['"oci://quay.io/team/crpm"', false, { readOnly: false, push: false, insecure: false }],
    ['"oci://quay.io/team/crpm"', true, { readOnly: false, push: true, insecure: false }],
    ['{ url: "oci://quay.io/team/crpm", push: always, insecure: true }', false, { readOnly: false, push: true, insecure: true }],
    ['{ url: "oci://quay.io/team/crpm", push: never }', true, { readOnly: false, push: false, insecure: false }],
    ['{ url: "oci://quay.io/team/crpm", push: always, readOnly: true }', true, { readOnly: true, push: false, insecure: false }],
  ])('a shared store, %s with CI=%s, says who pushes', async (written, ci, rest) => {
    const folder = makeFolder({ 'custom-rpms.config.yaml': `cache: { remote: ${written} }\nsources: { libvirt: { dir: x } }` });
    const result = await loadConfig({ cwd: folder, env: ci ? { CI: 'true' } : {}, machine: 'x64' });
    expect(result.ok && result.value.config.cache.remote).toEqual({ url: 'oci://quay.io/team/crpm', ...rest });
  });

  test('the profile of the command line stands above every other, and checks and debuginfo of the file above the profile', async () => {
    const folder = makeFolder({ 'custom-rpms.config.yaml': 'build: { profile: dev, check: false }\nsources: { libvirt: { dir: x }, qemu: { dir: y, spec: { dir: z }, build: { profile: dev, jobs: 3 } } }' });
    const result = await loadConfig({ cwd: folder, env: {}, machine: 'x64', profile: 'full' });
    const builds = result.ok ? result.value.config.packages.map(({ build }) => build) : [];
    expect(builds).toMatchObject([{ profile: 'full', check: false, debuginfo: true }, { profile: 'full', check: false, debuginfo: true, jobs: 3 }]);
  });

  test('its build options go over those of the file', async () => {
    const rest = 'build: { jobs: 2, memory: 4GiB, check: true, defines: { aaa: "1", bbb: "1" }, with: [x, y], without: [z] }';
    expect((await source('libvirt', 'dir: x, build: { profile: full, check: false, defines: { bbb: 2 }, with: [z], without: [x, w] }', rest))?.build).toEqual({
      profile: 'full',
      check: false,
      debuginfo: true,
      ccache: true,
      jobs: 2,
      memory: 4 * 1024 ** 3,
      defines: { aaa: '1', bbb: '2' },
      with: ['y', 'z'],
      without: ['x', 'w'],
    });
  });

  test.each([
    ['012', '012'],
    ['12.10', '12.10'],
    ['1e3', '1e3'],
    ['0x10', '0x10'],
    ['no', 'no'],
    ['"true"', 'true'],
    ['!!str 1.0', '1.0'],
  ])('text that YAML reads as something else stays as written: %s', async (written, text) => {
    expect((await source('libvirt', `dir: x, build: { defines: { abc: ${written} } }`))?.build.defines).toEqual({ abc: text });
    expect((await loadGood(`tasks: { t: { run: [echo, ${written}] } }`)).tasks[0]?.run).toEqual(['echo', text]);
  });

  test('sources keep the order of the file', async () => {
    const config = await loadGood('sources: { z: { dir: x, spec: y }, libvirt: { dir: x }, a: { dir: x, spec: y, needs: [z] } }');
    expect(config.packages.map(({ name }) => name)).toEqual(['z', 'libvirt', 'a']);
  });
});

describe('a base system', () => {
  test.each(['centos-stream-10', 'host'])('%s is built in', async (name) => {
    expect((await loadGood(`basesystem: ${name}\nsources: { libvirt: { dir: x } }`)).basesystems.map((one) => one.name)).toEqual([name]);
  });

  test('of its own, extended twice', async () => {
    const { folder, config } = await load(
      [
        'basesystem: b',
        'sources: { libvirt: { dir: x } }',
        'basesystems:',
        '  a: { extends: centos-stream-10, image: "registry.example.com:5000/x/y:1@sha256:' + 'a'.repeat(64) + '", packages: [ccache], macros: { vendor: A, abc: "1" }, specBranch: main }',
        '  b:',
        '    extends: a',
        '    dockerfile: ./images/Dockerfile',
        '    packages: ["pkgconfig(glib-2.0)"]',
        '    macros: { vendor: B }',
        '    enable: [epel]',
        '    disable: [crb]',
        '    repos: [{ name: mine, baseUrl: "https://example.com/el10/" }]',
        '    checkBuildRequires: false',
      ].join('\n'),
    );
    expect(config?.basesystems[0]).toEqual({
      name: 'b',
      base: { kind: 'dockerfile', file: path.join(folder, 'images/Dockerfile'), context: path.join(folder, 'images') },
      dist: '.el10',
      stream: 10,
      kubevirtBasesystem: 'centos-stream-release',
      specBranch: 'main',
      lookaside: 'https://sources.stream.centos.org/sources/rpms',
      packages: ['ccache', 'pkgconfig(glib-2.0)'],
      repos: [{ name: 'mine', baseUrl: 'https://example.com/el10/' }],
      enable: ['epel'],
      disable: ['crb'],
      macros: { vendor: 'B', abc: '1' },
      checkBuildRequires: false,
      osRelease: { id: 'centos', version: '10' },
    });
  });
});

describe('the other sections', () => {
  const rest = (text: string) => loadGood(`sources: { libvirt: { dir: x } }\n${text}`);

  test.each([
    ['release: none', { mode: 'none' }],
    ['release: stable', { mode: 'stable', suffix: 'crpm0001' }],
    ['release: unique', { mode: 'unique' }],
    ['release: { suffix: alice.20260801 }', { mode: 'stable', suffix: 'alice.20260801' }],
    ['release: { suffix: alice0042 }', { mode: 'stable', suffix: 'alice0042' }],
  ])('%s', async (text, release) => {
    expect((await rest(text)).release).toEqual(release);
  });

  test.each([
    ['serve: {}', { mode: 'process' }],
    ['serve: { port: 8085 }', { mode: 'process', port: 8085 }],
    ['serve: { mode: container }', { mode: 'container', image: 'docker.io/library/httpd:2.4.65' }],
    ['serve: { mode: container, port: 8085, image: nginx }', { mode: 'container', port: 8085, image: 'nginx' }],
    ['serve: { mode: volume }', { mode: 'volume' }],
    ['serve: { mode: none, baseUrl: "https://h/x/" }', { mode: 'none', baseUrl: 'https://h/x/' }],
  ])('%s', async (text, serve) => {
    expect((await rest(text)).serve).toEqual(serve);
  });

  test('serve.mode published builds nothing', async () => {
    const config = await loadGood('serve: { mode: published, baseUrl: "https://h/x/" }\nsources: { libvirt: {} }');
    expect(config.packages).toMatchObject([{ name: 'libvirt', kind: 'published', pin: { variable: 'LIBVIRT_VERSION' } }]);
    expect(config.packages[0]).not.toHaveProperty('dir');
  });

  test.each([
    ['engine: host', { kind: 'host', network: 'bridge' }],
    ['engine: { host: "unix:///run/x.sock", network: host }', { kind: 'auto', host: 'unix:///run/x.sock', network: 'host' }],
    ['engine: { kind: docker, host: "tcp://[::1]:2375" }', { kind: 'docker', host: 'tcp://[::1]:2375', network: 'bridge' }],
  ])('%s', async (text, engine) => {
    expect((await rest(text)).engine).toEqual(engine);
  });

  test('kubevirt: false ends the graph with serve', async () => {
    expect(await rest('kubevirt: false')).not.toHaveProperty('kubevirt');
  });

  test('tasks, also without sources', async () => {
    expect((await loadGood('tasks:\n  a: { run: "make x && make y", env: { PORT: 8080 } }\n  b: { run: [./x, -y], needs: [a, libvirt.rpmbuild@aarch64], inputs: ["src/**"], outputs: [out/b] }')).tasks).toEqual([
      { id: 'a', needs: [], run: 'make x && make y', inputs: [], outputs: [], env: { PORT: '8080' } },
      { id: 'b', needs: ['a', 'libvirt.rpmbuild@aarch64'], run: ['./x', '-y'], inputs: ['src/**'], outputs: ['out/b'], env: {} },
    ]);
  });

  test("without arch it is this machine's", async () => {
    const folder = makeFolder({ 'custom-rpms.config.yaml': 'sources: { libvirt: { dir: x } }' });
    const on = async (machine: string) => loadConfig({ cwd: folder, env: {}, machine });
    expect(await on('arm64')).toMatchObject({ ok: true, value: { config: { arches: ['aarch64'] } } });
    expect(await on('ppc64')).toMatchObject({
      ok: false,
      error: [{ message: "KubeVirt is not built for this machine's architecture, ppc64; say arch: x86_64, aarch64 or s390x" }],
    });
  });
});
