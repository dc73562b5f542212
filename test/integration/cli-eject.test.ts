import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { testEngine } from '../support/engine.js';
import { writePackageKinds, type PackageKinds } from '../support/package-kinds.js';
import { copyQuickstart, lacksBuildTools, stateOf, tinySpec } from './bad-input-rig.js';
import { CliRig } from './cli-rig.js';

const engine = await testEngine();
const hasTools = !lacksBuildTools();
const onPath = (program: string) => (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(join(folder, program)));
if (!onPath('shellcheck')) console.warn('SKIPPED: shellcheck is not on PATH; ejected scripts are not checked by it');

let rig: CliRig;
beforeEach(() => {
  rig = new CliRig();
});
afterEach(() => rig.remove());

/** Of all RPMs below a folder: `name-epoch:version-release.arch`, and what is in them; of programs with debug information, which name the folder of their build, without digests. */
async function rpmsBelow(folder: string): Promise<readonly string[]> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.rpm'));
  const format = '%{NAME}-%{EPOCHNUM}:%{VERSION}-%{RELEASE}.%{ARCH}[ %{FILENAMES}=%{FILEDIGESTS}]\\n';
  const { stdout } = await execa('rpm', ['-qp', '--nosignature', '--qf', format, ...files.map((file) => join(folder, file))]);
  return [...new Set(stdout.replaceAll(/ \/usr\/lib\/\.build-id\S*/g, '').replaceAll(/(\/usr\/bin\/(?:small|tiny))=\S+/g, '$1').split('\n'))].sort();
}

/** Ejects a part, runs it with bash, and says which RPMs are in its repository. */
async function ejected(env: NodeJS.ProcessEnv, ...nodes: readonly string[]): Promise<readonly string[]> {
  const { code, out, err } = await rig.crpm(['eject', ...nodes], { env });
  expect([code, err]).toEqual([0, '']);
  // Whoever has it needs no crpm.
  expect(out.split('\n').filter((line) => /^\s*(exec\s+|npx\s+)?crpm\s/.test(line))).toEqual([]);
  const script = join(rig.root, 'build.sh');
  writeFileSync(script, out);
  if (onPath('shellcheck')) expect((await execa('shellcheck', ['--shell=bash', script], { reject: false })).stdout).toBe('');
  const work = join(rig.root, 'by-hand');
  const byHand = await execa('bash', [script], { all: true, reject: false, cwd: rig.root, env: { ...rig.env, ...env, WORK: work }, extendEnv: false });
  expect(byHand.exitCode, byHand.all.split('\n').slice(-30).join('\n')).toBe(0);
  return rpmsBelow(join(work, 'repo'));
}

describe('an ejected script, run by bash alone, makes the RPMs that crpm makes, of packages of every kind', () => {
  let kinds: PackageKinds | undefined;
  afterEach(async () => {
    await kinds?.close();
    kinds = undefined;
  });

  /** Names of the RPMs that both make. */
  async function compare(config: object, dists: readonly string[], wanted: (kind: string) => boolean, env: NodeJS.ProcessEnv = {}): Promise<readonly string[]> {
    kinds = await writePackageKinds(join(rig.root, 'kinds'), dists);
    rig.write({ 'custom-rpms.config.yaml': JSON.stringify({ ...config, kubevirt: false, sources: Object.fromEntries(Object.entries(kinds.sources).filter(([name]) => wanted(name))) }) });
    const run = await rig.crpm(['run', 'createrepo'], { env });
    expect(run.code, run.out.split('\n').slice(-60).join('\n') + run.err).toBe(0);
    const made = await rpmsBelow(join(stateOf(rig).dir, 'repo/current/'));
    expect(await ejected(env, 'createrepo')).toEqual(made);
    return made.map((rpm) => rpm.replace(/-\d+:.*/, ''));
  }

  test.skipIf(!hasTools)('on this machine, where nothing is installed for a build', async () => {
    const names = await compare({ basesystem: 'host' }, ['.el9'], (kind) => kind !== 'needing');
    expect(names).toEqual(['at-hand', 'at-hand-devel', 'at-hand-tools', 'by-address', 'downstream', 'inside', 'libsmall', 'libtiny', 'qemu-img', 'qemu-kvm-docs', 'rebuilt']);
  });

  test.skipIf('skipped' in engine)('in containers, for two base systems', async () => {
    if ('skipped' in engine) return;
    const nine = { image: engine.image, dist: '.el9', stream: 9 };
    const config = { basesystem: ['nine', 'ten'], basesystems: { nine, ten: { extends: 'nine', dist: '.el10', stream: 10 } } };
    // What is different in containers; each step costs one.
    const kinds = ['dist-git', 'meson-dist', 'srpm', 'prebuilt', 'needing'];
    const names = await compare(config, ['.el9', '.el10'], (kind) => kinds.includes(kind), { DOCKER_HOST: engine.dockerHost });
    expect(names).toEqual(['at-hand', 'at-hand-devel', 'at-hand-tools', 'libtiny', 'needing', 'qemu-img', 'qemu-kvm-docs', 'rebuilt'].flatMap((name) => [name, name]));
  });
});

test.skipIf(!hasTools)('of the example it brings the RPMs into KubeVirt’s files, qemu-pr-helper too, and leaves KubeVirt’s script as it was', async () => {
  const path = copyQuickstart(rig);
  const script = readFileSync(path('kubevirt/hack/rpm-deps.sh'), 'utf8');
  expect(await rig.crpm(['eject', '-o', 'build.sh'])).toMatchObject({ code: 0, err: '' });
  const { exitCode, all } = await execa(join(rig.work, 'build.sh'), { all: true, reject: false, cwd: rig.work, env: rig.env, extendEnv: false });
  const server = /^left running: .*; its end: kill (\d+)$/m.exec(all)?.[1];
  if (server !== undefined) process.kill(Number(server));
  expect(exitCode, all.split('\n').slice(-30).join('\n')).toBe(0);
  expect(all.match(/^taken .*/gm)?.length).toBe(8);
  expect(all).toMatch(/\nKubeVirt names 8 of these RPMs$/);
  expect(all).toMatch(/^taken +qemu-pr-helper-10\.1\.0-1\.\S+\.rpm$/m);
  expect(readFileSync(path('kubevirt/hack/rpm-deps.sh'), 'utf8')).toBe(script);
});

test('values of the config can not become commands, and what makes nothing is left out by name', async () => {
  rig.write({
    'custom-rpms.config.yaml': `kubevirt: false\nbasesystem: host\nsources: {}\ntasks:\n  note: { run: [echo, "it's $(touch owned) \`touch owned\` \\" ;"], env: { A: "$(touch owned)" } }\n`,
  });
  const { out } = await rig.crpm(['eject']);
  const { stdout } = await execa('bash', ['-s'], { input: out, cwd: rig.work, env: rig.env, extendEnv: false });
  expect(stdout).toContain('it\'s $(touch owned) `touch owned` " ;');
  expect(existsSync(join(rig.work, 'owned'))).toBe(false);
  expect((await rig.crpm(['eject', 'nope'])).code).toBe(2);
});

test('each stream and architecture has an image of its own, of its own architecture', async () => {
  rig.write({
    'tree/tiny.spec': tinySpec(),
    'custom-rpms.config.yaml': 'kubevirt: false\nbasesystem: [centos-stream-9, centos-stream-10]\narch: [x86_64, s390x]\nsources:\n  tiny: { dir: tree, preset: none, kind: rpmbuild, spec: { tree: tiny.spec } }\n',
  });
  const { code, out, err } = await rig.crpm(['eject']);
  expect([code, err]).toEqual([0, '']);
  const made = [...out.matchAll(/^ {2}derive "\$\w+" (crpm-eject-\S+-tools) (\S+) /gm)].map(([, tag, folder]) => `${tag ?? ''} ${folder ?? ''}`);
  expect(made).toEqual(['x86_64_cs9', 's390x_cs9', 'x86_64_cs10', 's390x_cs10'].map((place) => `crpm-eject-base-${place}-tools "$WORK"/base@${place}`));
  expect(out.match(/= s390x \] \|\| docker pull --platform linux\/s390x /g)).toHaveLength(2);
  expect(out.match(/^image_\w+=\$\(docker image inspect -f '\{\{\.Id\}\}' /gm)).toHaveLength(4);
});
