import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { toFailure, type Config, type Engine, type Failure } from '@crpm/core';
import { chooseEngine } from '@crpm/engines';
import type { RepositoryFact, RpmsFact } from '@crpm/pipeline/facts';
import { readRpmHeader } from '@crpm/rpm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { everywhere, makeConfig, packageConfig } from './support/config.js';
import { makeWorkspace, removeFolder, runGraph, type GraphRun } from './support/run-graph.js';
import { commitAll, emulatorDistGit, emulatorTree, fileInRpm, folderDigest, mesonTree, writeTree } from './support/trees.js';

/** On this machine itself: rpmbuild, createrepo_c, meson and a compiler. */
const missing = ['rpmbuild', 'createrepo_c', 'meson', 'cc', 'rpm2archive'].filter((tool) => {
  try {
    execFileSync('sh', ['-c', 'command -v "$1"', 'sh', tool]);
    return false;
  } catch {
    return true;
  }
});
if (missing.length > 0) console.warn(`SKIPPED: builds on this machine, which lacks ${missing.join(', ')}`);

let root: string;
let engine: Engine;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'crpm-build-'));
  engine = await chooseEngine({ config: { kind: 'host', network: 'bridge' }, basesystems: hostConfig([]).basesystems, env: process.env, signal: AbortSignal.timeout(600_000), workDir: join(root, 'work'), sharedDir: join(root, 'shared') });
});

afterEach(async () => {
  await engine.close();
  removeFolder(root);
});

const hostConfig = (packages: Config['packages'], overrides: Partial<Config> = {}): Config => {
  const config = makeConfig(packages, overrides);
  const kubevirtBasesystem = 'centos-stream-release';
  return { ...config, basesystems: [{ name: 'host', base: { kind: 'host' }, stream: 9, kubevirtBasesystem, packages: [], repos: [], macros: {}, enable: [], disable: [], checkBuildRequires: false }] };
};
const asEl9 = (config: Config): Config => ({ ...config, basesystems: config.basesystems.map((basesystem) => ({ ...basesystem, dist: '.el9' })) });

const emulator = (dir: string, distGit: string, overrides: Parameters<typeof packageConfig>[0] | object = {}) =>
  packageConfig({ name: 'qemu', build: { profile: 'full', check: false, debuginfo: false }, dir, spec: { kind: 'dir', dir: distGit }, ...overrides });
const tiny = (dir: string) => packageConfig({ name: 'libtiny', build: { profile: 'full', check: false, debuginfo: false }, kind: 'meson-dist', dir, spec: { kind: 'tree', file: 'libtiny.spec.in' } });

const build = (config: Config, until: string): Promise<GraphRun> => runGraph(config, { engine, workspace: makeWorkspace(root), until });

const failureOf = async (config: Config, until: string): Promise<Failure> => {
  try {
    await build(config, until);
  } catch (error) {
    return toFailure(error);
  }
  throw new Error(`${until} succeeded`);
};

const rpmsOf = (run: GraphRun, id: string) => {
  const output = run.outputs.get(id);
  if (!output) throw new Error(`no ${id}`);
  return (output.data as RpmsFact).rpms.map((rpm) => ({ ...rpm, path: join(output.dir, rpm.file) }));
};

const contentOf = (run: GraphRun, id: string, rpmName: string, file: string): string => {
  const rpm = rpmsOf(run, id).find(({ name }) => name === rpmName);
  if (!rpm) throw new Error(`${id} made no ${rpmName}`);
  return fileInRpm(rpm.path, file).toString('latin1');
};

describe.skipIf(missing.length > 0)('QEMU’s way: a tree and a dist-git folder', () => {
  test('builds what is in the tree now, uncommitted and untracked work included, and writes nothing into it', async () => {
    const tree = emulatorTree(join(root, 'my $(tree) of'), 'committed');
    commitAll(tree);
    writeFileSync(join(tree, 'tool.c'), readFileSync(join(tree, 'tool.c'), 'utf8').replace('committed', 'not committed'));
    const distGit = emulatorDistGit(join(root, 'dist git'));
    const before = [folderDigest(tree), folderDigest(distGit)];

    const run = await build(hostConfig([emulator(tree, distGit)]), 'qemu.rpmbuild');

    expect(contentOf(run, 'qemu.rpmbuild', 'qemu-img', '/usr/bin/qemu-tool')).toContain('not committed');
    expect(contentOf(run, 'qemu.rpmbuild', 'qemu-img', '/etc/qemu-tool.conf')).toBe('answer = 42\n');
    expect(contentOf(run, 'qemu.rpmbuild', 'qemu-kvm-docs', '/usr/share/qemu-kvm/data.txt')).toContain('belongs to the source');
    expect([folderDigest(tree), folderDigest(distGit)]).toEqual(before);
  });

  test('reads EVR from the built RPMs: epoch, release suffix behind the distribution’s, noarch', async () => {
    const config = hostConfig([emulator(emulatorTree(join(root, 'q'), 'x'), emulatorDistGit(join(root, 'd')))]);
    const run = await build(asEl9(config), 'qemu.rpmbuild');
    expect(run.outputs.get('qemu.buildroot')?.data).toMatchObject({ evr: '17:10.1.0-20.el9.crpm0001' });
    expect(rpmsOf(run, 'qemu.rpmbuild').map(({ name, epoch, version, release, arch, sourcerpm }) => ({ name, epoch, version, release, arch, sourcerpm }))).toEqual([
      { name: 'qemu-img', epoch: 17, version: '10.1.0', release: '20.el9.crpm0001', arch: 'x86_64', sourcerpm: 'qemu-kvm-10.1.0-20.el9.crpm0001.src.rpm' },
      { name: 'qemu-kvm-docs', epoch: 17, version: '10.1.0', release: '20.el9.crpm0001', arch: 'noarch', sourcerpm: 'qemu-kvm-10.1.0-20.el9.crpm0001.src.rpm' },
    ]);
  });

  test('gives the same bytes for the same source, wherever it lies', async () => {
    const distGit = emulatorDistGit(join(root, 'd'));
    const one = await build(hostConfig([emulator(emulatorTree(join(root, 'one'), 'x'), distGit)]), 'qemu.rpmbuild');
    const two = await build(hostConfig([emulator(emulatorTree(join(root, 'two'), 'x'), distGit)]), 'qemu.rpmbuild');
    expect(rpmsOf(two, 'qemu.rpmbuild').map((rpm) => rpm.sha256)).toEqual(rpmsOf(one, 'qemu.rpmbuild').map((rpm) => rpm.sha256));
  });

  test('applies the spec’s patches to the upstream version that they are for', async () => {
    const distGit = emulatorDistGit(join(root, 'd'), { patches: { '0001-say.patch': sayPatch('upstream', 'patched') } });
    const run = await build(hostConfig([emulator(emulatorTree(join(root, 'q'), 'upstream'), distGit)]), 'qemu.rpmbuild');
    expect(contentOf(run, 'qemu.rpmbuild', 'qemu-img', '/usr/bin/qemu-tool')).toContain('patched');
  });

  test('leaves the patches out for a downstream tree, which holds them already', async () => {
    const tree = writeTree(emulatorTree(join(root, 'q'), 'patched already'), { 'configs/devices/x86_64-softmmu/x86_64-rh-devices.mak': '' });
    const distGit = emulatorDistGit(join(root, 'd'), { patches: { '0001-say.patch': sayPatch('upstream', 'patched') } });
    const run = await build(hostConfig([emulator(tree, distGit)]), 'qemu.rpmbuild');
    expect(contentOf(run, 'qemu.rpmbuild', 'qemu-img', '/usr/bin/qemu-tool')).toContain('patched already');
    expect(run.outputs.get('qemu.dist')?.data).toMatchObject({ droppedPatches: ['0001-say.patch'] });
  });

  test('tries the patches on any other tree, and names the first that does not fit with file and hunk', async () => {
    const patches = { '0001-say.patch': sayPatch('upstream', 'patched'), '0002-again.patch': sayPatch('something else', 'x') };
    const tree = emulatorTree(join(root, 'q'), 'upstream', '10.1.50');
    const failure = await failureOf(hostConfig([emulator(tree, emulatorDistGit(join(root, 'd'), { patches }))]), 'qemu.rpmbuild');
    expect(failure).toMatchObject({ class: 'build', message: `the patch ${root}/d/0002-again.patch of the spec does not apply to this tree: hunk #1 of ${tree}/tool.c` });
    expect(failure.next).toContain('patches: drop');
    const kept = await build(hostConfig([emulator(tree, join(root, 'd'), { patches: ['0001-say.patch'] })]), 'qemu.rpmbuild');
    expect(contentOf(kept, 'qemu.rpmbuild', 'qemu-img', '/usr/bin/qemu-tool')).toContain('patched');
  });

  test('shows the compiler’s words when the build fails', async () => {
    const tree = emulatorTree(join(root, 'q'), 'x');
    writeFileSync(join(tree, 'tool.c'), 'int main(void) { return nonsense; }\n');
    const failure = await failureOf(hostConfig([emulator(tree, emulatorDistGit(join(root, 'd')))]), 'qemu.rpmbuild');
    expect(failure).toMatchObject({ class: 'build', message: expect.stringMatching(new RegExp(`^${tree}/tool\\.c, line 1: .*nonsense`)) as string });
    expect(failure.lines?.join('\n')).toMatch(new RegExp(`^${tree}/tool\\.c:1:\\d+: error: .*nonsense`, 'm'));
  });

  test('shows rpm’s words when the spec can’t be parsed, before anything is packed', async () => {
    const distGit = emulatorDistGit(join(root, 'd'), { version: '10-1' });
    const failure = await failureOf(hostConfig([emulator(emulatorTree(join(root, 'q'), 'x'), distGit)]), 'qemu.buildroot');
    expect(failure).toMatchObject({ class: 'build', message: "rpm can't parse qemu-kvm.spec" });
    expect(failure.lines?.join('\n')).toContain("Illegal char '-'");
  });

  test('refuses a version for KubeVirt that is no prefix of what will be built, before compiling', async () => {
    const rpmDeps = { mode: 'script', versions: everywhere({ QEMU_VERSION: '17:10.1.0-19' }), crossArchEmulation: false, allowOfficial: [] } as const;
    const pin = { variable: 'QEMU_VERSION', rpms: { x86_64: ['qemu-img'], aarch64: [], s390x: [] } };
    const config = hostConfig([emulator(emulatorTree(join(root, 'q'), 'x'), emulatorDistGit(join(root, 'd')), { pin })], { rpmDeps });
    const failure = await failureOf(asEl9(config), 'qemu.buildroot');
    expect(failure).toMatchObject({ class: 'usage', message: 'QEMU_VERSION=17:10.1.0-19 is no prefix of what will be built: qemu gets 17:10.1.0-20.el9.crpm0001' });
  });
});

describe.skipIf(missing.length > 0)('libvirt’s way: meson dist and the spec in the tree', () => {
  const says = (run: GraphRun) => contentOf(run, 'libtiny.rpmbuild', 'libtiny', '/usr/bin/tiny');

  test('builds uncommitted work of a git tree, and leaves tree and .git as they were', async () => {
    const tree = mesonTree(join(root, 'any name'), 'committed');
    commitAll(tree);
    writeFileSync(join(tree, 'tiny.c'), readFileSync(join(tree, 'tiny.c'), 'utf8').replace('committed', 'not committed'));
    const before = folderDigest(tree);
    const run = await build(hostConfig([tiny(tree)]), 'libtiny.rpmbuild');
    expect(says(run)).toContain('not committed');
    expect(folderDigest(tree)).toBe(before);
    expect(rpmsOf(run, 'libtiny.rpmbuild').map(({ name, version }) => `${name} ${version}`)).toEqual(['libtiny 12.5.0']);
  });

  test('builds a worktree, whose .git points elsewhere', async () => {
    const main = mesonTree(join(root, 'main'), 'in the worktree');
    commitAll(main);
    execFileSync('git', ['worktree', 'add', '-q', join(root, 'worktree'), '-b', 'topic'], { cwd: main });
    expect(says(await build(hostConfig([tiny(join(root, 'worktree'))]), 'libtiny.rpmbuild'))).toContain('in the worktree');
  });

  test('builds a plain folder, and what meson dist itself once packed', async () => {
    const tree = mesonTree(join(root, 'plain'), 'no git at all');
    const run = await build(hostConfig([tiny(tree)]), 'libtiny.rpmbuild');
    expect(says(run)).toContain('no git at all');
    const archive = join(run.outputs.get('libtiny.dist')?.dir ?? '', 'archive', 'libtiny-12.5.0.tar.xz');
    execFileSync('tar', ['-xf', archive, '-C', root]);
    expect(says(await build(hostConfig([tiny(join(root, 'libtiny-12.5.0'))]), 'libtiny.rpmbuild'))).toContain('no git at all');
  });

  test('of a meson.build that meson can’t read, says where it is and what shows the same', async () => {
    const tree = mesonTree(join(root, 'm'), 'x');
    writeFileSync(join(tree, 'meson.build'), "project('tiny'\n");
    const { commands = [], ...failure } = await failureOf(hostConfig([tiny(tree)]), 'libtiny.rpmbuild');
    expect(failure).toMatchObject({ message: `meson can't read ${tree}/meson.build`, lines: [expect.stringMatching(new RegExp(`^${tree}/meson\\.build:\\d+:\\d+: ERROR: `))] });
    const [command = ''] = commands;
    expect(spawnSync('sh', ['-c', command], { cwd: root, encoding: 'utf8' })).toMatchObject({ status: 1, stdout: expect.stringContaining('ERROR: ') });
    expect(command).toBe(`meson introspect --projectinfo ${tree}/meson.build`);
  });

  test('tells a project whose name the spec does not know', async () => {
    const tree = mesonTree(join(root, 'm'), 'x');
    writeFileSync(join(tree, 'meson.build'), readFileSync(join(tree, 'meson.build'), 'utf8').replace("project('libtiny'", "project('other'"));
    const failure = await failureOf(hostConfig([tiny(tree)]), 'libtiny.rpmbuild');
    expect(failure.message).toBe('meson dist makes other-12.5.0, but libtiny.spec wants libtiny-12.5.0.tar.xz with the top folder libtiny-12.5.0');
  });
});

describe.skipIf(missing.length > 0)('createrepo', () => {
  test('publishes all RPMs of the graph, noarch too, under addresses that are their digests', async () => {
    const workspace = makeWorkspace(root);
    const packages = [emulator(emulatorTree(join(root, 'q'), 'x'), emulatorDistGit(join(root, 'd'))), tiny(mesonTree(join(root, 'm'), 'y'))];
    const run = await runGraph(hostConfig(packages), { engine, workspace, until: 'createrepo' });
    const fact = run.outputs.get('createrepo')?.data as RepositoryFact;
    expect(fact.repos.map(({ path, rpms, stale }) => ({ path, stale, rpms: rpms.map((rpm) => `${rpm.package}: ${rpm.name}`) }))).toEqual([
      { path: 'host/x86_64', stale: {}, rpms: ['qemu: qemu-img', 'qemu: qemu-kvm-docs', 'libtiny: libtiny'] },
    ]);
    const current = join(workspace.state, 'repo', 'current', 'host', 'x86_64');
    expect(readFileSync(join(current, 'repodata', 'repomd.xml'), 'utf8')).toMatch(/primary\.xml\.gz/);
    for (const rpm of fact.repos[0]?.rpms ?? []) expect(readRpmHeader(join(current, 'by-sha256', rpm.sha256, rpm.file)).name).toBe(rpm.name);
  });

  test('keeps the last RPMs of a package that is left out, marked with their age', async () => {
    const packages = [emulator(emulatorTree(join(root, 'q'), 'x'), emulatorDistGit(join(root, 'd'))), tiny(mesonTree(join(root, 'm'), 'y'))];
    const standIns = { 'qemu.rpmbuild': '2026-08-22T10:00:00.000Z' };
    const run = await runGraph(hostConfig(packages), { engine, workspace: makeWorkspace(root), until: 'createrepo', standIns });
    const [repo] = (run.outputs.get('createrepo')?.data as RepositoryFact).repos;
    expect(repo?.stale).toEqual({ qemu: '2026-08-22T10:00:00.000Z' });
    expect(repo?.rpms.map(({ name }) => name)).toEqual(['qemu-img', 'qemu-kvm-docs', 'libtiny']);
    expect(run.warnings).toEqual(['createrepo: qemu: its RPMs of 2026-08-22T10:00:00.000Z stay in the repository']);
  });

  test('gives the same generation for the same RPMs, and refuses two RPMs of one NEVRA', async () => {
    const workspace = makeWorkspace(root);
    const built = await runGraph(hostConfig([tiny(mesonTree(join(root, 'm'), 'y'))]), { engine, workspace, until: 'libtiny.rpmbuild' });
    const [rpm] = rpmsOf(built, 'libtiny.rpmbuild');
    const prebuilt = (name: string) => packageConfig({ name, kind: 'prebuilt', rpms: [rpm?.path ?? ''] });
    const generation = async () => ((await runGraph(hostConfig([prebuilt('a')]), { engine, workspace, until: 'createrepo' })).outputs.get('createrepo')?.data as RepositoryFact).generation;
    expect(await generation()).toBe(await generation());
    expect((await failureOf(hostConfig([prebuilt('a'), prebuilt('b')]), 'createrepo')).message).toMatch(/^libtiny-0:12\.5\.0-1\S* comes from a and from b$/);
  });
});

describe.skipIf(missing.length > 0)('RPMs at hand', () => {
  test('are refused by name when they are cut, no RPM, or for another architecture', async () => {
    const built = await build(hostConfig([tiny(mesonTree(join(root, 'm'), 'y'))]), 'libtiny.rpmbuild');
    const [rpm] = rpmsOf(built, 'libtiny.rpmbuild');
    const whole = readFileSync(rpm?.path ?? '');
    const cut = join(root, 'cut.rpm');
    writeFileSync(cut, whole.subarray(0, 300));
    const prebuilt = (path: string) => hostConfig([packageConfig({ name: 'a', kind: 'prebuilt', rpms: [path] })]);
    expect((await failureOf(prebuilt(cut), 'a.rpmbuild')).message).toContain(cut);
    writeFileSync(join(root, 'text.rpm'), 'no rpm');
    expect((await failureOf(prebuilt(join(root, 'text.rpm')), 'a.rpmbuild')).message).toContain('text.rpm');
    const other = await failureOf({ ...prebuilt(rpm?.path ?? ''), arches: ['aarch64'] }, 'a.rpmbuild');
    expect(other.message).toBe(`${rpm?.path ?? ''} is for x86_64, but arch is aarch64`);
  });

  test('stay the user’s: copied, not linked', async () => {
    const built = await build(hostConfig([tiny(mesonTree(join(root, 'm'), 'y'))]), 'libtiny.rpmbuild');
    const mine = join(root, 'mine');
    writeTree(mine, { 'note.txt': '' });
    renameSync(rpmsOf(built, 'libtiny.rpmbuild')[0]?.path ?? '', join(mine, 'renamed.rpm'));
    const run = await build(hostConfig([packageConfig({ name: 'a', kind: 'prebuilt', rpms: [mine] })]), 'a.rpmbuild');
    const [rpm] = rpmsOf(run, 'a.rpmbuild');
    rmSync(join(mine, 'renamed.rpm'));
    expect(existsSync(rpm?.path ?? '')).toBe(true);
    expect(rpm?.file).toMatch(/^libtiny-12\.5\.0-1\S*\.x86_64\.rpm$/);
  });
});

/** A patch of the one line that the tool prints. */
function sayPatch(from: string, to: string): string {
  const line = (text: string) => `int main(void) { puts("${text}"); return 0; }`;
  return `--- a/tool.c\n+++ b/tool.c\n@@ -1,2 +1,2 @@\n #include <stdio.h>\n-${line(from)}\n+${line(to)}\n`;
}
