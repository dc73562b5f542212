import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

import { toFailure, type Config, type Engine, type Failure, type PackageConfig, type WorkspacePaths } from '@crpm/core';
import { chooseEngine } from '@crpm/engines';
import type { RpmsFact } from '@crpm/pipeline/facts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { buildRpms } from '../../../test/support/rpms.js';
import { centosStream, makeConfig, packageConfig } from './support/config.js';
import { makeWorkspace, removeFolder, runGraph, type GraphRun } from './support/run-graph.js';
import { autotoolsDistGit, autotoolsTree, commitAll, emulatorDistGit, emulatorTree, fileInRpm, folderDigest, writeTree } from './support/trees.js';

/** On this machine itself. */
const missing = ['rpmbuild', 'cc', 'make', 'autoreconf', 'automake', 'rpm2archive'].filter((tool) => {
  try {
    execFileSync('sh', ['-c', 'command -v "$1"', 'sh', tool]);
    return false;
  } catch {
    return true;
  }
});
if (missing.length > 0) console.warn(`SKIPPED: kinds of build, on this machine, which lacks ${missing.join(', ')}`);

let root: string;
let engine: Engine;
let workspace: WorkspacePaths;
/** A web server on loopback: what it has, by path, and what it was asked for. */
let server: Server;
let address: string;
const served = new Map<string, Buffer>();
const asked: string[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const content = served.get(request.url ?? '');
    if (content) response.end(content);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
});

afterAll(() => server.close());

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'crpm-kinds-'));
  workspace = makeWorkspace(root);
  served.clear();
  asked.length = 0;
  engine = await chooseEngine({ config: { kind: 'host', network: 'bridge' }, basesystems: config([]).basesystems, env: process.env, signal: AbortSignal.timeout(600_000), workDir: join(root, 'work'), sharedDir: join(root, 'shared') });
});

afterEach(async () => {
  await engine.close();
  removeFolder(root);
});

function config(packages: Config['packages']): Config {
  return { ...makeConfig(packages), root, basesystems: [{ ...centosStream(9), name: 'host', base: { kind: 'host' }, enable: [], disable: [], checkBuildRequires: false }] };
}

const build = (pkg: PackageConfig): Promise<GraphRun> => runGraph(config([pkg]), { engine, workspace, until: `${pkg.name}.rpmbuild` });

const failureOf = async (pkg: PackageConfig): Promise<Failure> => {
  try {
    await build(pkg);
  } catch (error) {
    return toFailure(error);
  }
  throw new Error(`${pkg.name} was built`);
};

function rpmsOf(run: GraphRun, name: string) {
  const output = run.outputs.get(`${name}.rpmbuild`);
  if (!output) throw new Error(`no ${name}.rpmbuild`);
  return (output.data as RpmsFact).rpms.map((rpm) => ({ ...rpm, path: join(output.dir, rpm.file) }));
}

const evrsOf = (run: GraphRun, name: string) => rpmsOf(run, name).map((rpm) => `${rpm.name}-${String(rpm.epoch)}:${rpm.version}-${rpm.release}`);
const contentOf = (run: GraphRun, name: string, rpm: string, file: string) => fileInRpm(rpmsOf(run, name).find((each) => each.name === rpm)?.path ?? '', file).toString('latin1');
const sha512 = (content: Buffer | string) => createHash('sha512').update(content).digest('hex');
const full = { profile: 'full', check: true, debuginfo: false } as const;

describe.skipIf(missing.length > 0)('autotools-dist', () => {
  const small = (distGit: string, dir: string, overrides: object = {}) => packageConfig({ name: 'libsmall', kind: 'autotools-dist', dir, spec: { kind: 'dir', dir: distGit }, ...overrides });

  test('builds what make dist packs, generated files included, and writes nothing into the tree', async () => {
    const tree = autotoolsTree(join(root, 'small tree'), 'made by make dist');
    const before = folderDigest(tree);
    const distGit = autotoolsDistGit(join(root, 'd'));
    const run = await build(small(distGit, tree, { build: full }));
    expect(evrsOf(run, 'libsmall')).toEqual(['libsmall-0:1.20.3-4.el9.crpm0001']);
    expect(contentOf(run, 'libsmall', 'libsmall', '/usr/bin/small')).toContain('made by make dist');
    expect(run.lines.join('\n')).toMatch(/^libsmall\.rpmbuild: checked$/m);
    expect(folderDigest(tree)).toBe(before);
  });

  test('follows the same rules in dev: patches, defines, conditions', async () => {
    const patch = '--- a/generated.h\n+++ b/generated.h\n@@ -1 +1 @@\n-#define MESSAGE "plain"\n+#define MESSAGE "patched"\n';
    const distGit = autotoolsDistGit(join(root, 'd'), { '0001-say.patch': patch });
    const tree = autotoolsTree(join(root, 'q'), 'plain');
    const run = await build(small(distGit, tree, { build: { check: true, with: ['luck'], defines: { dist: '.mine' } } }));
    expect(contentOf(run, 'libsmall', 'libsmall', '/usr/bin/small')).toContain('patched');
    expect(evrsOf(run, 'libsmall')).toEqual(['libsmall-0:1.20.3-4.mine']);
    expect(run.lines.join('\n')).toMatch(/^libsmall\.rpmbuild: checked luckily$/m);

    const dropped = await build(small(distGit, tree, { patches: 'drop' }));
    expect(contentOf(dropped, 'libsmall', 'libsmall', '/usr/bin/small')).toContain('plain');
    const other = autotoolsTree(join(root, 'other'), 'edited');
    expect(await failureOf(small(distGit, other))).toMatchObject({ class: 'build', message: `the patch ${distGit}/0001-say.patch of the spec does not apply to this tree: hunk #1 of generated.h` });
  });

  test('names an archive that the spec does not mean', async () => {
    const tree = autotoolsTree(join(root, 'q'), 'x');
    writeFileSync(join(tree, 'configure.ac'), readFileSync(join(tree, 'configure.ac'), 'utf8').replace('1.20.3', '1.21'));
    expect((await failureOf(small(autotoolsDistGit(join(root, 'd')), tree))).message).toBe('make dist makes libsmall-1.21.tar.gz, but libsmall.spec wants libsmall-1.20.3.tar.xz with the top folder libsmall-1.20.3');
  });
});

describe.skipIf(missing.length > 0)('rpmbuild-ta', () => {
  function tarball(name: string, message: string, extra: Readonly<Record<string, string>> = {}): string {
    const distGit = readFileSync(join(emulatorDistGit(join(root, `${name} d`)), 'qemu-kvm.spec'), 'utf8');
    const spec = distGit.replace('Source10: tool.conf\n', '').replace(/^install .*SOURCE10.*\n/m, '').replace('/etc/qemu-tool.conf\n', '');
    emulatorTree(join(root, name, 'qemu-10.1.0'), message);
    writeTree(join(root, name, 'qemu-10.1.0'), { 'contrib/qemu-kvm.spec': spec, ...extra });
    const file = join(root, `${name}.tar.gz`);
    execFileSync('tar', ['-czf', file, '-C', join(root, name), 'qemu-10.1.0']);
    return file;
  }
  const ta = (at: string, overrides: object = {}) => packageConfig({ name: 'qemu', kind: 'rpmbuild-ta', upstream: { kind: 'tarball', at }, spec: { kind: 'tree' }, ...overrides });

  test.each(['dev', 'full'] as const)('builds a tarball with the spec inside it (%s)', async (profile) => {
    const run = await build(ta(tarball('t', 'from a tarball'), { build: { profile } }));
    expect(evrsOf(run, 'qemu')).toEqual(['qemu-img-17:10.1.0-20.el9.crpm0001', 'qemu-kvm-docs-17:10.1.0-20.el9.crpm0001']);
    expect(contentOf(run, 'qemu', 'qemu-img', '/usr/bin/qemu-tool')).toContain('from a tarball');
  });

  test('names the specs where there are several, and the lack of one', async () => {
    expect((await failureOf(ta(tarball('two', 'x', { 'other/b.spec': '' })))).message).toMatch(/ has several specs: contrib\/qemu-kvm\.spec, other\/b\.spec$/);
    execFileSync('tar', ['-czf', join(root, 'none.tar.gz'), '-C', emulatorTree(join(root, 'n'), 'x'), 'VERSION', 'tool.c']);
    expect((await failureOf(ta(join(root, 'none.tar.gz')))).message).toMatch(/ has no \.spec file$/);
  });
});

describe.skipIf(missing.length > 0)('srpm', () => {
  const PATCH = '--- a/tool.c\n+++ b/tool.c\n@@ -1,2 +1,2 @@\n #include <stdio.h>\n-int main(void) { puts("plain"); return 0; }\n+int main(void) { puts("patched"); return 0; }\n';

  /** Made by rpmbuild -bs, with this payload. */
  function sourceRpm(payload: string): string {
    const sources = emulatorDistGit(join(root, 'sources'), { patches: { '0001-say.patch': PATCH } });
    emulatorTree(join(root, 'in', 'qemu-10.1.0'), 'plain');
    execFileSync('tar', ['-cJf', join(sources, 'qemu-10.1.0.tar.xz'), '-C', join(root, 'in'), 'qemu-10.1.0']);
    const defines = [`_topdir ${join(root, 'srpm')}`, `_sourcedir ${sources}`, 'dist .el9', `_source_payload ${payload}`].flatMap((define) => ['--define', define]);
    execFileSync('rpmbuild', ['-bs', '--nodeps', ...defines, join(sources, 'qemu-kvm.spec')], { stdio: 'ignore' });
    return join(root, 'srpm/SRPMS', 'qemu-kvm-10.1.0-20.el9.src.rpm');
  }
  const rebuild = (at: string, overrides: object = {}) => packageConfig({ name: 'qemu', kind: 'srpm', upstream: { kind: 'srpm', at }, ...overrides });

  test('is rebuilt with the suffix, its patches applied', async () => {
    const run = await build(rebuild(sourceRpm('w6.gzdio'), { build: full }));
    expect(evrsOf(run, 'qemu')).toEqual(['qemu-img-17:10.1.0-20.el9.crpm0001', 'qemu-kvm-docs-17:10.1.0-20.el9.crpm0001']);
    expect(contentOf(run, 'qemu', 'qemu-img', '/usr/bin/qemu-tool')).toContain('patched');
    expect(contentOf(run, 'qemu', 'qemu-img', '/etc/qemu-tool.conf')).toBe('answer = 42\n');
  });

  test('is taken from an address once, pinned, in dev too; patches and defines have their say', async () => {
    const file = sourceRpm('w7.xzdio');
    served.set('/a/qemu.src.rpm', readFileSync(file));
    const at = `${address}/a/qemu.src.rpm`;
    const run = await build(rebuild(at, { patches: 'drop', build: { defines: { rcrel: '.rc7' } } }));
    expect(evrsOf(run, 'qemu')[0]).toBe('qemu-img-17:10.1.0-20.rc7.el9.crpm0001');
    expect(contentOf(run, 'qemu', 'qemu-img', '/usr/bin/qemu-tool')).toContain('plain');
    expect(readFileSync(join(root, 'custom-rpms.lock.yaml'), 'utf8')).toContain(createHash('sha256').update(readFileSync(file)).digest('hex'));
    served.clear();
    await build(rebuild(at));
    expect(asked).toEqual(['/a/qemu.src.rpm']);
  });

  test('with another sha256, cut, or no source RPM at all: refused by name', async () => {
    const file = sourceRpm('w3.zstdio');
    expect((await failureOf(rebuild(file, { upstream: { kind: 'srpm', at: file, sha256: 'a'.repeat(64) } }))).message).toContain(`${file} is not what was expected`);
    const cut = join(root, 'cut.src.rpm');
    writeFileSync(cut, readFileSync(file).subarray(0, 3000));
    expect(await failureOf(rebuild(cut))).toMatchObject({ class: 'usage', message: expect.stringContaining('cut.src.rpm') as string });
    const [binary] = await buildRpms(join(root, 'b'), { source: 'a', version: '1', release: '1', rpms: [{ name: 'a' }] });
    expect((await failureOf(rebuild(binary ?? ''))).message).toBe(`${basename(binary ?? '')} is the RPM a for x86_64, not a source RPM`);
  });
});

describe.skipIf(missing.length > 0)('RPMs at an address', () => {
  const at = (...rpms: string[]) => packageConfig({ name: 'a', kind: 'prebuilt', rpms });

  test('are taken like those of a folder, pinned, and had without network from then on', async () => {
    const [one, two] = await buildRpms(join(root, 'b'), { source: 'a', version: '1', release: '1', rpms: [{ name: 'a' }, { name: 'a-libs' }] });
    mkdirSync(join(root, 'mine'));
    execFileSync('cp', [two ?? '', join(root, 'mine')]);
    served.set('/x/a.rpm', readFileSync(one ?? ''));
    const pkg = at(join(root, 'mine'), `${address}/x/a.rpm`);
    expect(evrsOf(await build(pkg), 'a').sort()).toEqual(['a-0:1-1', 'a-libs-0:1-1']);
    served.clear();
    expect(evrsOf(await build(pkg), 'a')).toHaveLength(2);
    expect(asked).toEqual(['/x/a.rpm']);
  });

  test('that are others than the lock file says are refused; crpm update would take them', async () => {
    const build1 = await buildRpms(join(root, 'b'), { source: 'a', version: '1', release: '1', rpms: [{ name: 'a' }] });
    const build2 = await buildRpms(join(root, 'c'), { source: 'a', version: '1', release: '1', rpms: [{ name: 'a' }] }, 'other bytes');
    served.set('/x/a.rpm', readFileSync(build1[0] ?? ''));
    await build(at(`${address}/x/a.rpm`));
    served.set('/x/a.rpm', readFileSync(build2[0] ?? ''));
    rmSync(join(workspace.cache, 'files'), { recursive: true });
    expect(await failureOf(at(`${address}/x/a.rpm`))).toMatchObject({ class: 'usage', message: expect.stringContaining(`${address}/x/a.rpm is not what was expected: its sha256 is`) as string });
    expect((await failureOf(at(`${address}/gone.rpm`))).message).toBe(`can't get ${address}/gone.rpm: the server answers 404 Not Found`);
  });
});

describe.skipIf(missing.length > 0)('sources that dist-git only names', () => {
  const CONF = 'answer = from the lookaside\n';

  /** `tool.conf` is not in dist-git, but in its `sources`; so is the archive that the tree takes the place of. */
  function distGit(lines = `SHA512 (tool.conf) = ${sha512(CONF)}`): string {
    const dir = emulatorDistGit(join(root, 'd'));
    rmSync(join(dir, 'tool.conf'));
    return writeTree(dir, { sources: `SHA512 (qemu-10.1.0.tar.xz) = ${'0'.repeat(128)}\nSHA512 (unused.bin) = ${'1'.repeat(128)}\n${lines}\n` });
  }
  const path = `/rpms/qemu-kvm/tool.conf/sha512/${sha512(CONF)}/tool.conf`;
  const emulator = (dir: string, spec: object, overrides: object = {}) =>
    packageConfig({ name: 'qemu', dir: emulatorTree(join(root, 'q'), 'x'), spec: { kind: 'dir', dir, lookaside: `${address}/rpms`, ...spec }, ...overrides });

  test.each(['dev', 'full'] as const)('are got by their digest, only those that are wanted, once (%s)', async (profile) => {
    served.set(path, Buffer.from(CONF));
    const pkg = emulator(distGit(), {}, { build: { profile } });
    expect(contentOf(await build(pkg), 'qemu', 'qemu-img', '/etc/qemu-tool.conf')).toBe(CONF);
    const again = await runGraph(config([pkg]), { engine, workspace, until: 'qemu.rpmbuild', cleanBuild: true });
    expect(contentOf(again, 'qemu', 'qemu-img', '/etc/qemu-tool.conf')).toBe(CONF);
    expect(asked).toEqual([path]);
    expect(readdirSync(join(workspace.cache, 'files'))).toEqual([`sha512-${sha512(CONF)}`]);
  });

  test('are taken from spec.sources where the digest is right, and refused by name where it is not', async () => {
    const mine = writeTree(join(root, 'mine'), { 'tool.conf': CONF });
    expect(contentOf(await build(emulator(distGit(), { sources: mine })), 'qemu', 'qemu-img', '/etc/qemu-tool.conf')).toBe(CONF);
    writeFileSync(join(mine, 'tool.conf'), 'something else');
    rmSync(join(workspace.cache, 'files'), { recursive: true });
    expect(await failureOf(emulator(distGit(), { sources: mine }, { build: { profile: 'full' } }))).toMatchObject({
      class: 'usage',
      message: `${join(mine, 'tool.conf')} is not the tool.conf that sources of the dist-git folder names: its sha512 is ${sha512('something else')}, not ${sha512(CONF)}`,
    });
    expect(asked).toEqual([]);
  });

  test('are taken from where the distribution’s own tool puts them: beside the spec, ignored by git', async () => {
    const dir = writeTree(distGit(), { '.gitignore': 'tool.conf\n' });
    commitAll(dir);
    writeTree(dir, { 'tool.conf': CONF });
    expect(contentOf(await build(emulator(dir, {})), 'qemu', 'qemu-img', '/etc/qemu-tool.conf')).toBe(CONF);
    expect(asked).toEqual([]);
  });

  test('with another digest are refused, and kept nowhere', async () => {
    served.set(path, Buffer.from('forged'));
    expect((await failureOf(emulator(distGit(), {}))).message).toBe(`${address}${path} is not the tool.conf that sources of the dist-git folder names: its sha512 is ${sha512('forged')}, not ${sha512(CONF)}`);
    expect(readdirSync(join(workspace.cache, 'files'))).toEqual([]);
  });

  test('out of reach: the network’s fault, with the way around it', async () => {
    expect(await failureOf(emulator(distGit(), { lookaside: 'http://127.0.0.1:1/rpms' }))).toMatchObject({
      class: 'environment',
      message: expect.stringMatching(/^can't get http:\/\/127\.0\.0\.1:1\/rpms\/qemu-kvm\/tool\.conf\/sha512\/[0-9a-f]{128}\/tool\.conf: /) as string,
      next: 'Get tool.conf by hand and name its folder under spec.sources, or set spec.lookaside to where the distribution keeps such files.',
    });
  });

  test('by MD5 alone are never fetched, and taken only from spec.sources', async () => {
    const md5 = createHash('md5').update(CONF).digest('hex');
    const old = distGit(`${md5}  tool.conf`);
    expect(await failureOf(emulator(old, {}))).toMatchObject({ class: 'usage', message: 'sources of qemu-kvm names tool.conf by its MD5 only, which can be forged: it is not fetched' });
    const mine = writeTree(join(root, 'mine'), { 'tool.conf': CONF });
    expect(contentOf(await build(emulator(old, { sources: mine })), 'qemu', 'qemu-img', '/etc/qemu-tool.conf')).toBe(CONF);
    expect(asked).toEqual([]);
  });

  test('a line that says nothing is named', async () => {
    expect((await failureOf(emulator(distGit('SHA512 (../../etc/passwd) = 00'), {}))).message).toBe(`line 3 of ${join(root, 'd', 'sources')} is none that names a file by its digest: SHA512 (../../etc/passwd) = 00`);
  });
});
