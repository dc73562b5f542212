import { describe, expect, test } from 'vitest';
import { load, type Outcome } from './workspace.js';

/** First lines only: `line:column: severity: message`. */
const headlines = ({ text }: Outcome) =>
  text
    .split('\n')
    .filter((line) => !line.startsWith(' '))
    .map((line) => line.replace('custom-rpms.config.yaml:', ''));

const SOURCES = 'sources: { libvirt: { dir: ../libvirt } }\n';

test('a complaint shows the line and marks the place', async () => {
  const { text } = await load('sources:\n  libvirt:\n    dir: ../libvirt\n    spce: { tree: libvirt.spec.in }\n');
  expect(text).toBe(
    'custom-rpms.config.yaml:4:5: error: unknown key "spce" in sources.libvirt; did you mean "spec"? Allowed: dir, git, ref, tarball, srpm, sha256, preset, kind, arch, spec, patches, rpms, needs, build, pin\n' +
      ' 4 |     spce: { tree: libvirt.spec.in }\n' +
      '   |     ^^^^',
  );
});

describe('one wrong thing makes one complaint, in full:', () => {
  test.each([
    // Shape
    ['basesytem: host', '2:1: error: unknown key "basesytem" in the config; did you mean "basesystem"? Allowed: $schema, basesystem, arch, kubevirt, sources, build, release, serve, rpmDeps, engine, cache, cluster, basesystems, tasks'],
    ['zzz: 1', '2:1: error: unknown key "zzz" in the config; allowed: $schema, basesystem, arch, kubevirt, sources, build, release, serve, rpmDeps, engine, cache, cluster, basesystems, tasks'],
    ['basesystem: [[centos-stream-9]]', '2:14: error: basesystem[0] must be text, not a list'],
    ['arch: x86-64', '2:7: error: arch must be one of: x86_64, aarch64, s390x; not "x86-64"; did you mean "x86_64"?'],
    ['arch: []', '2:1: error: arch must not be empty'],
    ['arch: { a: b }', '2:1: error: arch must be text or a list, not a mapping'],
    ['arch: [x86_64, x86_64]', '2:16: error: arch has "x86_64" twice'],
    ['arch: true', '2:7: error: arch must be text or a list, and YAML reads true as true; quote it: "true"'],
    ['arch:', '2:1: error: arch is empty; it must be text or a list'],
    ['kubevirt: true', '2:11: error: kubevirt can\'t be true; leave it out, or write false'],
    ['kubevirt: ../kubevirt', '2:11: error: kubevirt must be false or a mapping, not "../kubevirt"'],
    ['kubevirt: {}', '2:1: error: kubevirt lacks dir'],
    ['kubevirt: { dir: "" }', '2:18: error: kubevirt.dir must not be empty'],
    ['kubevirt: { dir: "a\\0b" }', '2:18: error: kubevirt.dir can\'t be "a\\u0000b"; expected: a path without control characters'],
    ['build: { jobs: "4" }', '2:16: error: build.jobs must be a whole number; remove the quotes from "4"'],
    ['build: { jobs: 0 }', '2:16: error: build.jobs must be at least 1; not 0'],
    ['build: { jobs: 1.5 }', '2:16: error: build.jobs must be a whole number, not 1.5'],
    ['build: { check: yes }', '2:17: error: build.check must be true or false; YAML 1.2 reads yes as text: write true'],
    ['build: { check: off }', '2:17: error: build.check must be true or false; YAML 1.2 reads off as text: write false'],
    ['build: { memory: 8GB }', '2:18: error: build.memory can\'t be "8GB"; expected: a whole number with KiB, MiB or GiB, as in 8GiB'],
    ['build: { memory: 1MiB }', '2:18: error: memory must be at least 16MiB; not 1MiB'],
    ['cache: { maxSize: 20 }', '2:19: error: cache.maxSize can\'t be "20"; expected: a whole number with KiB, MiB, GiB or TiB, as in 20GiB'],
    ['cache: { maxSize: 20GB }', '2:19: error: cache.maxSize can\'t be "20GB"; expected: a whole number with KiB, MiB, GiB or TiB, as in 20GiB'],
    ['cache: { remote: "https://quay.io/a" }', '2:18: error: cache.remote can\'t be "https://quay.io/a"; expected: oci://, a registry and a path of small letters in it, without tag and password, as in oci://quay.io/team/crpm'],
    ['cache: { remote: { url: "oci://me:pw@quay.io/a" } }', '2:25: error: cache.remote.url can\'t be "oci://me:pw@quay.io/a"; expected: oci://, a registry and a path of small letters in it, without tag and password, as in oci://quay.io/team/crpm'],
    ['cache: { remote: { push: always } }', '2:10: error: cache.remote lacks url'],
    ['cache: { remote: { url: "oci://quay.io/a", push: on } }', '2:50: error: cache.remote.push must be one of: always, ci, never; not "on"'],
    ['cluster: { timeout: 0 }', '2:21: error: cluster.timeout must be at least 1; not 0'],
    ['serve: { port: 22 }', '2:16: error: serve.port must be at least 1024; not 22'],
    ['build: { with: --x }', '2:16: error: build.with must be a list, not "--x"'],
    ['build: { with: [--x] }', '2:17: error: build.with[0] can\'t be "--x"; expected: the name of a build condition: letters, digits, _ or -'],
    ['build: { defines: { "a b": x } }', '2:21: error: the name "a b" in build.defines is not allowed; expected: the name of an RPM macro: three or more letters, digits or _, not beginning with a digit, without %'],
    ['build: { defines: { debug: true } }', '2:28: error: build.defines.debug must be text, and YAML reads true as true; quote it: "true"'],
    ['build: { defines: { debug: ~ } }', '2:28: error: build.defines.debug must be text, and YAML reads ~ as nothing; quote it: "~"'],
    ['release: stabel', '2:10: error: release must be one of: stable, unique, none; not "stabel"; did you mean "stable"?'],
    ['release: { suffix: crpm1 }', '2:20: error: release.suffix can\'t be "crpm1"; expected: small letters, then 4 to 18 digits, parts joined by dots, as in crpm0001 or alice.20260801'],
    ['serve: { mode: process, port: 65536 }', '2:31: error: serve.port must be at most 65535; not 65536'],
    ['rpmDeps: { versions: { LIBVIRT_VERSION: "0:1;touch x" } }', '2:41: error: rpmDeps.versions.LIBVIRT_VERSION can\'t be "0:1;touch x"; expected: EPOCH:VERSION-RELEASE or a beginning of it, as in 0:11.10.0-12.el9 or 0:11.10.0'],
    ['rpmDeps: { versions: { LIBVIRT_VERSION: 12.10 } }', '2:41: error: rpmDeps.versions.LIBVIRT_VERSION can\'t be "12.10"; expected: EPOCH:VERSION-RELEASE or a beginning of it, as in 0:11.10.0-12.el9 or 0:11.10.0'],
    ['engine: podman', '2:9: error: engine must be one of: auto, docker, host, kubernetes; not "podman"'],
    ['basesystem: host\nengine: docker', "3:9: error: the basesystem host is this machine's own, and is built on this machine only: it has no use for engine docker"],
    ['basesystem: host\nengine: { kind: docker }', "3:17: error: the basesystem host is this machine's own, and is built on this machine only: it has no use for engine docker"],
    ['engine: { host: /run/docker.sock }', '2:17: error: engine.host can\'t be "/run/docker.sock"; expected: unix:///PATH or tcp://HOST:PORT'],
    ['tasks: { smoke: {} }', '2:10: error: tasks.smoke lacks run'],
    ['tasks: { "a.b": { run: x } }', '2:10: error: the name "a.b" in tasks is not allowed; expected: a letter, then letters, digits, _ or -'],
    ['tasks: { t: { run: x, outputs: [../y] } }', '2:33: error: tasks.t.outputs[0] can\'t be "../y"; expected: a path inside the config\'s folder, without ..'],
    // Meaning
    ['basesystem: centos-stream-8', '2:13: error: there is no base system "centos-stream-8"; did you mean "centos-stream-9"? There are: centos-stream-9, centos-stream-10, host'],
    ['basesystems: { a: { extends: fedora } }', '2:30: error: there is no base system "fedora"; there are: centos-stream-9, centos-stream-10, host, a'],
    ['basesystems: { a: { extends: b }, b: { extends: a } }', '2:49: error: base systems extend each other in a circle: a → b → a'],
    ['basesystems: { host: { extends: centos-stream-9 } }', '2:16: error: host is built in; give yours another name, and extends: host'],
    ['basesystems: { a: { dist: .el9, stream: 9 } }', '2:16: error: a lacks a base: image, dockerfile, host or extends'],
    ['basesystems: { a: { image: x, stream: 9 } }', '2:16: error: a lacks dist, as in .el9, or extends'],
    ['basesystems: { a: { image: x, dist: .el9 } }', '2:16: error: a lacks stream, the CentOS Stream number of KubeVirt\'s trees, or extends'],
    ['basesystems: { a: { extends: host, image: x, dist: .x, dockerfile: y } }', '2:56: error: a has image and dockerfile; choose one'],
    ['basesystems: { a: { extends: host, context: . } }', '2:36: error: a has a context without a dockerfile'],
    ['basesystems: { a: { extends: host, enable: [x], disable: [x] } }', '2:36: error: a both enables and disables x'],
    ['kubevirt: { dir: ~/kubevirt }', '2:18: error: ~ is not expanded; write the whole path, or one relative to this file'],
    ['build: { with: [x], without: [x] }', '2:21: error: x is in with and in without; choose one'],
    ['serve: { mode: none }', '2:16: error: serve.mode none needs baseUrl, the address where the repository is found'],
    ['serve: { port: 8085, mode: volume }', '2:10: error: port has no use with serve.mode volume; it goes with process, container'],
    ['serve: { baseUrl: "http://x/" }', '2:10: error: baseUrl has no use with serve.mode process; it goes with none, published'],
    ['kubevirt: false\ncluster: { sync: true }', '3:12: error: there is no KubeVirt tree to run in a cluster: kubevirt is false'],
    ['cluster: { basesystem: centos-stream-10 }', '2:24: error: centos-stream-10 is not built for here; basesystem names centos-stream-9'],
    ['tasks: { verify-cluster: { run: x } }', '2:10: error: verify-cluster is a node of crpm\'s own; give the task another id'],
    ['tasks: { verify: { run: x } }', '2:10: error: verify is a node of crpm\'s own; give the task another id'],
    ['tasks: { t: { run: [--x] } }', '2:21: error: run begins with the program; "--x" is none'],
    ['tasks: { t: { run: x, outputs: [o/a] }, u: { run: x, outputs: [./o] } }', '2:33: error: t and u both make o/a; each file has one maker'],
  ])('%s', async (text, expected) => {
    expect(headlines(await load(SOURCES + text))).toEqual([expected]);
  });
});

describe('sources, in full:', () => {
  test.each([
    ['libvirt: ../libvirt', '2:12: error: sources.libvirt must be a mapping, not "../libvirt"'],
    ['libvirt:', '2:3: error: sources.libvirt is empty; it must be a mapping'],
    ['libvirt: {}', '2:3: error: libvirt has neither a source to build (dir, git, tarball or srpm) nor rpms, RPMs already at hand'],
    ['libvirt: { dir: x, git: "https://example.org/x.git", ref: main }', '2:22: error: libvirt has both dir and git; a source has one tree'],
    ['libvirt: { git: "https://example.org/x.git", tarball: x.tar, ref: main }', '2:48: error: libvirt has both git and tarball; a source has one tree'],
    ['libvirt: { git: "https://example.org/x.git" }', '2:14: error: libvirt lacks ref: the branch, tag or commit of https://example.org/x.git to build'],
    ['libvirt: { dir: x, ref: main }', '2:22: error: ref goes with git only'],
    [`libvirt: { dir: x, sha256: ${'a'.repeat(64)} }`, '2:22: error: sha256 goes with tarball and srpm only'],
    ['libvirt: { tarball: x.tar, rpms: y }', '2:30: error: libvirt has both rpms and tarball; give the source tree or the RPMs'],
    ['libvirt: { tarball: "https://me:secret@example.org/x.tar" }', '2:23: error: libvirt: an address is http(s)://host/path, without user name, spaces or #'],
    ['libvirt: { tarball: x.tar, sha256: abc }', '2:38: error: sources.libvirt.sha256 can\'t be "abc"; expected: 64 hex digits, small letters'],
    ['"-x": { dir: x, preset: libvirt }', '2:3: error: the name "-x" in sources is not allowed; expected: a letter, then letters, digits, . _ or -'],
    ['foo: { dir: x }', '2:3: error: foo lacks spec: a dist-git folder, { git, branch }, or { tree } for a spec inside the source tree'],
    ['foo: { dir: x, kind: prebuilt }', '2:3: error: foo is prebuilt and lacks rpms: the folder, the files or the addresses of its RPMs|2:10: error: foo is prebuilt, so dir has no use; remove it'],
    ['libvirt: { dir: x, rpms: y }', '2:22: error: libvirt has both rpms and dir; give the source tree or the RPMs'],
    ['libvirt: { rpms: y, kind: rpmbuild }', '2:14: error: libvirt has both rpms and kind: rpmbuild; give the source tree or the RPMs'],
    ['libvirt: { rpms: y, patches: drop }', '2:23: error: libvirt is prebuilt, so patches has no use; remove it'],
    ['libvirt: { dir: x, srpm: y.src.rpm }', '2:22: error: libvirt has both dir and srpm; a source has one tree'],
    ['a: { kind: srpm }', '2:3: error: a is srpm and lacks srpm, the source RPM to rebuild: a path or an http(s) address'],
    ['a: { kind: srpm, dir: x }', '2:20: error: a is srpm, so dir has no use; name the source RPM under srpm, or remove kind'],
    ['a: { srpm: x.src.rpm, spec: y }', '2:25: error: a is a source RPM, which brings its spec along; remove spec'],
    ['a: { srpm: x.src.rpm, rpms: y }', '2:25: error: a has both rpms and srpm; give the source tree or the RPMs'],
    ['libvirt: { srpm: x.src.rpm, kind: meson-dist }', '2:31: error: libvirt is meson-dist, but srpm is rebuilt as it is: remove kind, or name a tree (dir, git or tarball) in place of srpm'],
    ['a: { srpm: "https://me:secret@example.org/x.src.rpm" }', '2:14: error: a: an address is http(s)://host/path, without user name, spaces or #'],
    ['a: { kind: rpmbuild-ta }', '2:3: error: a is rpmbuild-ta and lacks tarball, an archive with its spec inside: a path or an http(s) address'],
    ['a: { kind: rpmbuild-ta, dir: x }', '2:27: error: a is rpmbuild-ta, which builds a tarball, not dir; for a tree set kind: rpmbuild, and spec: { tree: … } for a spec inside it'],
    ['a: { kind: rpmbuild-ta, srpm: x.src.rpm }', '2:27: error: a is rpmbuild-ta, which builds a tarball, not srpm; remove kind to rebuild the source RPM'],
    ['a: { kind: rpmbuild-ta, tarball: x.tar, spec: y }', '2:43: error: a is rpmbuild-ta, so its spec is inside the tarball; remove spec, or name it with spec: { tree: … }'],
    ['a: { kind: autotools-dist, dir: x }', '2:3: error: a lacks spec: a dist-git folder, { git, branch }, or { tree } for a spec inside the source tree'],
    ['a: { kind: autotools-dist, dir: x, spec: { tree: a.spec.in } }', '2:52: error: a is autotools-dist, and a.spec.in is a template, which only meson-dist fills in; name a spec that is one already, or a dist-git folder'],
    ['a: { rpms: [x.rpm, y.src.rpm] }', '2:22: error: a: y.src.rpm is a source RPM; name it under srpm to rebuild it'],
    ['a: { rpms: "https://example.org/el9/" }', '2:14: error: a: an address under rpms is that of one RPM and ends in .rpm; a whole repository goes under serve, with mode: published'],
    ['a: { dir: x, spec: { tree: a.spec, sources: y } }', '2:38: error: sources goes with dir or git only: a tree has no list of files that are kept elsewhere'],
    ['a: { dir: x, spec: { dir: y, lookaside: "ftp://h/x" } }', '2:43: error: sources.a.spec.lookaside can\'t be "ftp://h/x"; expected: http://… or https://… without a user name, a query or spaces'],
    ['libvirt: { dir: x, spec: {} }', '2:22: error: sources.libvirt.spec takes exactly one of dir, git, tree; it has none'],
    ['libvirt: { dir: x, spec: { dir: a, tree: b } }', '2:22: error: sources.libvirt.spec takes exactly one of dir, git, tree; it has dir and tree'],
    ['libvirt: { dir: x, spec: { dir: a, branch: b } }', '2:38: error: branch goes with git only'],
    ['libvirt: { dir: x, spec: { tree: a, file: b.spec } }', '2:39: error: file goes with dir or git only; tree names the file itself'],
    ['libvirt: { dir: x, spec: { git: "ext::sh -c x", branch: b } }', '2:35: error: sources.libvirt.spec.git can\'t be "ext::sh -c x"; expected: https://…, http://…, git://…, ssh://…, file:///… or user@host:path, without a password in it'],
    ['libvirt: { dir: x, spec: { git: "https://me:secret@h/x" } }', '2:35: error: sources.libvirt.spec.git can\'t be "https://me:secret@h/x"; expected: https://…, http://…, git://…, ssh://…, file:///… or user@host:path, without a password in it'],
    ['libvirt: { dir: x, needs: [libvirt] }', '2:30: error: libvirt needs itself'],
    ['libvirt: { git: ../gl, ref: main }', '2:19: error: sources.libvirt.git can\'t be "../gl"; expected: https://…, http://…, git://…, ssh://…, file:///… or user@host:path, without a password in it; a folder on this machine goes under dir: { dir: ../gl }'],
    ['libvirt: { dir: x, spec: { git: ../gl, branch: b } }', '2:35: error: sources.libvirt.spec.git can\'t be "../gl"; expected: https://…, http://…, git://…, ssh://…, file:///… or user@host:path, without a password in it; a folder on this machine goes under dir: { dir: ../gl }'],
    ['libvirt: { dir: x, needs: [qmeu] }\n  qemu: { dir: y }', '2:30: error: libvirt needs "qmeu", which is no source here; did you mean "qemu"? There are: libvirt, qemu'],
    ['libvirt: { dir: x }\n  mine: { dir: y, preset: libvirt }', '3:3: error: mine and libvirt both set LIBVIRT_VERSION; KubeVirt takes one version: give one of them preset: none'],
  ])('%s', async (text, expected) => {
    expect(headlines(await load(`sources:\n  ${text}\n`)).join('|')).toBe(expected);
  });

  test('QEMU on a base system without a spec branch needs its spec', async () => {
    expect(headlines(await load('basesystem: host\nsources:\n  qemu: { dir: x }\n'))).toEqual([
      '3:3: error: qemu lacks spec: the base system host has no specBranch to take it from dist-git',
    ]);
    expect(headlines(await load('basesystem: host\nsources:\n  qemu: { dir: x, spec: { git: "https://h/x.git" } }\n'))).toEqual([
      '3:19: error: sources.qemu.spec lacks branch; the base system host has no specBranch',
    ]);
  });

  test('nothing is built from a published repository', async () => {
    expect(headlines(await load('serve: { mode: published, baseUrl: "http://x/" }\nsources:\n  libvirt: { dir: x }\n  qemu: { needs: [libvirt] }\n'))).toEqual([
      '3:14: error: serve.mode is published, so nothing is built: dir has no use here',
      '4:11: error: serve.mode is published, so nothing is built: needs has no use here',
    ]);
  });

  test('a source whose name is nearly one that crpm knows', async () => {
    const message = 'lacks spec: a dist-git folder, { git, branch }, or { tree } for a spec inside the source tree';
    expect(headlines(await load('sources: { libvrt: { dir: x }, mine: { dir: y }, swptm: { dir: z, preset: none } }\n'))).toEqual([
      `1:12: error: libvrt ${message}; did you mean "libvirt"?`,
      `1:32: error: mine ${message}`,
      `1:50: error: swptm ${message}`,
    ]);
  });

  test('a published repository without a source: which to name, and how', async () => {
    expect(headlines(await load('serve: { mode: published, baseUrl: "http://x/" }\nsources: {}\n'))).toEqual([
      '2:1: error: nothing is named that KubeVirt should take; name the sources whose RPMs are at serve.baseUrl: sources: { libvirt: {}, qemu: {} }',
    ]);
  });

  test.each([
    ['arch: aarch64', '1:7'],
    ['arch: [x86_64, aarch64]', '1:16'],
  ])('the host builds for itself only: %s', async (arch, place) => {
    const sources = 'sources: { libvirt: { dir: x } }\n';
    const message = "builds for this machine's architecture only: x86_64; not aarch64";
    expect(headlines(await load(`${arch}\nbasesystem: host\n${sources}`))).toEqual([`${place}: error: the basesystem host ${message}`]);
    const own = `${arch}\nbasesystem: mine\nbasesystems: { mine: { extends: host } }\n${sources}`;
    expect(headlines(await load(own))).toEqual([`${place}: error: the basesystem mine ${message}`]);
    expect((await load(`${arch}\n${sources}`)).text).toBe('');
    expect((await load(`${arch}\nbasesystem: host\nsources: { libvirt: { rpms: x } }\n`)).text).toBe('');
  });

  test('a config without sources and tasks has nothing to build', async () => {
    expect(headlines(await load('arch: x86_64\n'))).toEqual([
      '1:1: error: there is nothing to build; name at least one source: sources: { libvirt: { dir: ../libvirt } }',
    ]);
  });
});

test.each(['soruces', 'taks'])('%s for what there is to build is told once, by what may be meant', async (key) => {
  const [line, ...more] = headlines(await load(`basesystem: host\nkubevirt: false\n${key}:\n  libvirt: { dir: ../libvirt }\n`));
  expect(line).toMatch(/^3:1: error: unknown key "\w+" in the config; did you mean "(?:sources|tasks)"\? /);
  expect(more).toEqual([]);
});

test('a key that means nothing does not hide that there is nothing to build', async () => {
  expect(headlines(await load('zzz: 1\n')).map((line) => line.replace(/;.*/, ''))).toEqual(['1:1: error: unknown key "zzz" in the config', '1:1: error: there is nothing to build']);
});

describe('all complaints at once', () => {
  test('those of shape and of meaning, in the order of the file', async () => {
    const text = ['basesystem: centos-strem-9', 'arch: x86', 'sources:', '  libvirt: { dri: ../libvirt, needs: [x] }', '  foo: { dir: ../foo }', 'serve: { mode: none }'].join('\n');
    expect(headlines(await load(text)).map((line) => line.replace(/; .*/, ''))).toEqual([
      '1:13: error: there is no base system "centos-strem-9"',
      '2:7: error: arch must be one of: x86_64, aarch64, s390x',
      '4:14: error: unknown key "dri" in sources.libvirt',
      '4:39: error: libvirt needs "x", which is no source here',
      '5:3: error: foo lacks spec: a dist-git folder, { git, branch }, or { tree } for a spec inside the source tree',
      '6:16: error: serve.mode none needs baseUrl, the address where the repository is found',
    ]);
  });

  test('what was complained about once causes no second complaint', async () => {
    // Without dir, libvirt would be incomplete; without its name, nobody could need it.
    expect(headlines(await load('sources:\n  libvirt: { dir: 1.5.x, kind: mesn-dist }\n  foo: 1\n  bar: { dir: x, spec: y, needs: [foo] }\n')).map((line) => line.replace(/; .*/, ''))).toEqual([
      '2:32: error: sources.libvirt.kind must be one of: rpmbuild, meson-dist, autotools-dist, rpmbuild-ta, srpm, prebuilt',
      '3:8: error: sources.foo must be a mapping, not 1',
    ]);
  });

  test('a long list is cut, and says so', async () => {
    const { diagnostics } = await load(`${SOURCES}build: { with: [${Array.from({ length: 500 }, (_, index) => `-${index}x`).join(', ')}] }\n`);
    expect(diagnostics).toHaveLength(101);
    expect(diagnostics.at(-1)?.message).toBe('and 400 more like these');
  });

  test('a broken megabyte in one line costs no more than its length', { timeout: 10_000 }, async () => {
    const items = Array.from({ length: 30_000 }, (_, index) => `-${index}`).join(',');
    const { diagnostics } = await load(`{ sources: { libvirt: { dir: x, needs: [${items.replaceAll('-', 'n')}] } }, build: { with: [${items}] } }`);
    expect(diagnostics.at(-1)?.message).toBe('and 59900 more like these');
  });

  test('of a long line only the part around the mark is shown', async () => {
    const { text } = await load(`{ "x": "${'a'.repeat(5000)}", "sources": { "libvirt": { "dir": "x" } }, "arch": "${'b'.repeat(3000)}" }`);
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(260);
    expect(text).toContain('arch must be one of: x86_64, aarch64, s390x; not "bbbb');
  });

  test('a root that is no mapping is one complaint', async () => {
    expect(headlines(await load('- a\n'))).toEqual(['1:1: error: the config must be a mapping, not a list']);
    expect(headlines(await load('libvirt\n'))).toEqual(['1:1: error: the config must be a mapping, not "libvirt"']);
  });
});

test('a version variable that nobody knows is a warning only', async () => {
  const outcome = await load(`${SOURCES}rpmDeps: { versions: { LIBVRT_VERSION: "0:1" } }`);
  expect(outcome.config?.rpmDeps.versions['centos-stream-9']).toEqual({ LIBVRT_VERSION: '0:1' });
  expect(headlines(outcome)).toEqual([
    '2:24: warning: LIBVRT_VERSION is passed on, but is no version variable known here: LIBVIRT_VERSION, QEMU_VERSION, SEABIOS_VERSION, EDK2_VERSION, LIBGUESTFS_VERSION, ' +
      'GUESTFSTOOLS_VERSION, PASST_VERSION, VIRTIOFSD_VERSION, SWTPM_VERSION, LIBNBD_VERSION; did you mean "LIBVIRT_VERSION"?',
  ]);
});
