import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RpmsFact } from '@crpm/pipeline/facts';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bazeldnf } from '../support/bazeldnf.js';
import { HOST_VARIABLE } from '../support/dockerd.js';
import { prepareTestImage } from '../support/image.js';
import { publishOfficial, writeKubevirtTree } from './kubevirt-tree.js';
import { basesystemOn, changeWithoutCommitting, eventsOf, finished, overlap, rpmsOf, sourcesOf, stateOfTree, textInRpm, unpackSource } from './two-packages.js';

const CRPM = join(import.meta.dirname, '../../packages/cli/dist/crpm.js');
const dockerHost = process.env[HOST_VARIABLE];
if (dockerHost === undefined) console.warn("SKIPPED: libvirt-dbus and QEMU; there is no engine of the tests' own");

/** libvirt-dbus and QEMU as Debian ships their sources, from two trees to the proof, by the real command line and in one run. */
describe.skipIf(dockerHost === undefined)('libvirt-dbus 1.4.1 and the tools of QEMU 7.2', () => {
  let root: string;
  let env: NodeJS.ProcessEnv;
  let resolver: string | undefined;

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'crpm-real-'));
    resolver = await bazeldnf();
    mkdirSync(join(root, 'bin'));
    if (resolver !== undefined) symlinkSync(resolver, join(root, 'bin', 'bazeldnf'));
    env = { PATH: `${join(root, 'bin')}:${process.env['PATH'] ?? ''}`, HOME: join(root, 'home'), XDG_STATE_HOME: join(root, 'state'), XDG_CACHE_HOME: join(root, 'cache') };
    mkdirSync(join(root, 'home'));
    const reference = await prepareTestImage({ dockerHost: dockerHost ?? '' });
    await unpackSource('libvirt-dbus', join(root, 'libvirt-dbus'));
    await unpackSource('qemu', join(root, 'qemu 7.2'));
    await execa('cp', ['-r', join(import.meta.dirname, 'qemu-kvm'), join(root, 'qemu-kvm')]);
    changeWithoutCommitting(join(root, 'libvirt-dbus'), 'src/main.c', 'Provide a D-Bus interface to a libvirtd.', 'Changed and not committed.');
    writeKubevirtTree(join(root, 'kubevirt'), join(root, 'official'));
    writeFileSync(join(root, 'custom-rpms.config.yaml'), config(reference, dockerHost ?? ''));
  });

  afterAll(async () => {
    await crpm(['serve', '--stop']);
    await crpm(['clean', '--all']);
    rmSync(root, { recursive: true, force: true });
  });

  const crpm = (argv: readonly string[]) => execa(process.execPath, [CRPM, ...argv], { cwd: root, env, extendEnv: false, reject: false, stdin: 'ignore', all: true });

  test('build at the same time, uncommitted work and patch included', async () => {
    const before = stateOfTree(join(root, 'libvirt-dbus'));
    const run = await crpm(['run', 'createrepo', '--reporter', 'ndjson']);
    expect(run.exitCode, run.all).toBe(0);
    const events = eventsOf(run.stdout);
    const libvirt = rpmsOf(events, 'libvirt-dbus.rpmbuild');
    const qemu = rpmsOf(events, 'qemu.rpmbuild');
    expect(libvirt.map(({ name, version, release }) => `${name} ${version}-${release}`)).toEqual(['libvirt-dbus 1.4.1-1.el9.crpm0001']);
    expect(qemu.map(({ name, epoch, version, release }) => `${name} ${String(epoch)}:${version}-${release}`)).toEqual([
      'qemu-img 17:7.2.0-14.el9.crpm0001',
      'qemu-pr-helper 17:7.2.0-14.el9.crpm0001',
    ]);
    const repository = join(root, '.crpm', 'repo', 'current', 'debian-as-el9', 'x86_64', 'by-sha256');
    expect(textInRpm(repository, libvirt, 'libvirt-dbus', '/usr/sbin/libvirt-dbus')).toContain('Changed and not committed.');
    expect(textInRpm(repository, qemu, 'qemu-img', '/usr/bin/qemu-img')).toContain('(patched by the dist-git folder)');
    expect(overlap(events, 'libvirt-dbus.rpmbuild', 'qemu.rpmbuild')).toBe(true);
    expect(stateOfTree(join(root, 'libvirt-dbus'))).toBe(before);
  });

  test('are done once: the next run builds nothing', async () => {
    const run = await crpm(['run', 'createrepo', '--reporter', 'ndjson']);
    expect(run.exitCode, run.all).toBe(0);
    expect(eventsOf(run.stdout).filter((event) => event.type === 'node-finished' && event.outcome !== 'fresh')).toEqual([]);
  });

  test('are built in place: another edit, and a clean build of it, give the same bytes; so does the way back', async () => {
    const file = join(root, 'libvirt-dbus/src/main.c');
    const text = readFileSync(file, 'utf8');
    const build = async (...more: readonly string[]) => {
      const run = await crpm(['run', 'libvirt-dbus.rpmbuild', '--reporter', 'ndjson', ...more]);
      expect(run.exitCode, run.all).toBe(0);
      const data = finished(eventsOf(run.stdout), 'libvirt-dbus.rpmbuild').data as unknown as RpmsFact;
      return { clean: data.here?.clean, rpms: data.rpms.map((rpm) => `${rpm.file} ${rpm.sha256}`) };
    };
    const first = await build();
    writeFileSync(file, text.replace('Changed and not committed.', 'Changed again.'));
    const edited = await build();
    expect(edited.clean).toBeUndefined();
    expect(edited.rpms).not.toEqual(first.rpms);
    const clean = await build('--clean-build');
    expect(clean).toEqual({ clean: '--clean-build asks for it', rpms: edited.rpms });
    writeFileSync(file, text);
    expect((await build()).rpms).toEqual(first.rpms);
  });

  test('are taken by real bazeldnf, proven, read by dnf, and put back by revert', async (context) => {
    if (resolver === undefined) return context.skip('no bazeldnf: Go is missing');
    const repository = join(root, '.crpm', 'repo', 'current', 'debian-as-el9', 'x86_64', 'by-sha256');
    const ours = execFileSync('find', ['-L', repository, '-name', '*.rpm'], { encoding: 'utf8' }).trim().split('\n');
    await publishOfficial(join(root, 'official'), join(root, 'official-work'), ours);
    // The tree as the distribution has it: what a KubeVirt developer starts from.
    await execa(join(root, 'kubevirt/hack/rpm-deps.sh'), { env });
    const official = readFileSync(join(root, 'kubevirt/WORKSPACE'), 'utf8');
    expect(official).toContain('qemu-img-17__7.2.0-14.el9.x86_64');

    const run = await crpm(['run', '--reporter', 'ndjson']);
    expect(run.exitCode, run.all).toBe(0);
    const workspace = readFileSync(join(root, 'kubevirt/WORKSPACE'), 'utf8');
    for (const name of ['qemu-img-17__7.2.0-14.el9.crpm0001.x86_64', 'qemu-pr-helper-17__7.2.0-14.el9.crpm0001.x86_64', 'libvirt-dbus-0__1.4.1-1.el9.crpm0001.x86_64']) expect(workspace).toContain(name);
    expect(workspace).not.toContain('qemu-img-17__7.2.0-14.el9.x86_64');

    const address = /http:\/\/127\.0\.0\.1:\d+\/debian-as-el9\/x86_64\//.exec(workspace)?.[0] ?? '';
    const { stdout } = await execa('dnf', ['--quiet', `--repofrompath=crpm,${address}`, '--repo=crpm', `--setopt=cachedir=${join(root, 'dnf')}`, '--setopt=reposdir=/nonexistent', 'repoquery', '--queryformat=%{name} %{epoch}:%{version}-%{release}.%{arch}']);
    expect(stdout.trim().split('\n').sort()).toEqual([
      'libvirt-dbus 0:1.4.1-1.el9.crpm0001.x86_64',
      'qemu-img 17:7.2.0-14.el9.crpm0001.x86_64',
      'qemu-pr-helper 17:7.2.0-14.el9.crpm0001.x86_64',
    ]);

    const reverted = await crpm(['revert']);
    expect(reverted.exitCode, reverted.all).toBe(0);
    expect(readFileSync(join(root, 'kubevirt/WORKSPACE'), 'utf8')).toBe(official);
  });
});

function config(reference: string, host: string): string {
  return `${basesystemOn(reference)}kubevirt: { dir: kubevirt }
engine: { kind: docker, host: "${host}" }
${sourcesOf('qemu 7.2')}`;
}
