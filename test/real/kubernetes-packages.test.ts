import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Event } from '@crpm/core';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CRPM } from '../integration/cli-rig.js';
import { bazeldnf } from '../support/bazeldnf.js';
import { endedAs } from '../support/kill.js';
import { startCluster } from '../support/kubernetes/cluster.js';
import { jobsMadeDuring, leftInCluster, nodeOf, pushBase } from '../support/kubernetes/objects.js';
import { publishOfficial, writeKubevirtTree } from './kubevirt-tree.js';
import { basesystemOn, changeWithoutCommitting, eventsOf, finished, overlap, rpmsOf, sourcesOf, stateOfTree, textInRpm, unpackSource } from './two-packages.js';

const cluster = await startCluster();
const resolver = 'skipped' in cluster ? undefined : await bazeldnf();
if ('skipped' in cluster) console.warn(`SKIPPED: libvirt-dbus and QEMU in a cluster: ${cluster.skipped}`);

const DBUS = { path: 'src/main.c', from: 'Provide a D-Bus interface to a libvirtd.', to: 'Changed and not committed.' };
const QEMU = { path: 'include/qemu/help-texts.h', from: 'Copyright (c) 2003-2022 ', to: 'Uncommitted (c) 2003-2022 ' };
const BUILDS = ['libvirt-dbus.dist', 'libvirt-dbus.rpmbuild', 'qemu.rpmbuild'];

/** libvirt-dbus and QEMU's tools from two dirty trees, by Jobs, to the proof; and then somebody else, who gets all of it from the store that the team shares. */
describe.skipIf('skipped' in cluster || resolver === undefined)('libvirt-dbus 1.4.1 and the tools of QEMU 7.2 in a cluster', () => {
  if ('skipped' in cluster || resolver === undefined) return;
  let root: string;
  let built: readonly string[] = [];

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'crpm-real-'));
    mkdirSync(join(root, 'bin'));
    symlinkSync(resolver, join(root, 'bin', 'bazeldnf'));
    const first = join(root, 'first');
    await unpackSource('libvirt-dbus', join(first, 'libvirt-dbus'));
    await unpackSource('qemu', join(first, 'qemu'));
    changeWithoutCommitting(join(first, 'libvirt-dbus'), DBUS.path, DBUS.from, DBUS.to);
    changeWithoutCommitting(join(first, 'qemu'), QEMU.path, QEMU.from, QEMU.to);
    prepare('first', await pushBase(cluster));
  });

  afterAll(async () => {
    for (const name of ['first', 'second']) await crpm(name, ['serve', '--stop']);
    rmSync(root, { recursive: true, force: true });
    await cluster.stop();
  });

  /** A workspace of somebody with a state and a cache of their own. */
  const prepare = (name: string, image: string): void => {
    const dir = join(root, name);
    cpSync(join(import.meta.dirname, 'qemu-kvm'), join(dir, 'qemu-kvm'), { recursive: true });
    writeKubevirtTree(join(dir, 'kubevirt'), join(root, 'official'));
    mkdirSync(join(dir, 'home'), { recursive: true });
    writeFileSync(join(dir, 'custom-rpms.config.yaml'), `${basesystemOn(image)}kubevirt: { dir: kubevirt }
engine: { kind: kubernetes, registry: "http://${cluster.registry}/crpm" }
cache: { remote: { url: "oci://${cluster.registry}/team/crpm", insecure: true, push: always } }
build: { profile: full }
${sourcesOf('qemu')}`);
  };
  const crpm = (name: string, argv: readonly string[]) => {
    const dir = join(root, name);
    const env = { PATH: `${join(root, 'bin')}:${process.env['PATH'] ?? ''}`, KUBECONFIG: cluster.kubeconfig, HOME: join(dir, 'home'), XDG_STATE_HOME: join(dir, 'state'), XDG_CACHE_HOME: join(dir, 'cache') };
    return execa(process.execPath, [CRPM, ...argv], { cwd: dir, env, extendEnv: false, reject: false, stdin: 'ignore', all: true });
  };
  const run = async (name: string, ...argv: readonly string[]): Promise<readonly Event[]> => {
    const { exitCode, stdout, all } = await crpm(name, ['run', '--reporter', 'ndjson', ...argv]);
    expect(exitCode, all.slice(-8000)).toBe(0);
    return eventsOf(stdout);
  };
  const repositoryOf = (name: string) => join(root, name, '.crpm', 'repo', 'current', 'debian-as-el9', 'x86_64', 'by-sha256');
  const proven = (name: string, events: readonly Event[]): void => {
    expect(finished(events, 'verify').outcome).toBe('ran');
    const workspace = readFileSync(join(root, name, 'kubevirt/WORKSPACE'), 'utf8');
    for (const rpm of ['qemu-img-17__7.2.0-14.el9.crpm0001.x86_64', 'qemu-pr-helper-17__7.2.0-14.el9.crpm0001.x86_64', 'libvirt-dbus-0__1.4.1-1.el9.crpm0001.x86_64']) expect(workspace).toContain(rpm);
  };

  test('are built at once by Jobs, uncommitted work and patch included, and taken by real bazeldnf, proven', async () => {
    const states = () => ['libvirt-dbus', 'qemu'].map((tree) => createHash('sha256').update(stateOfTree(join(root, 'first', tree))).digest('hex'));
    const before = states();
    const { made, result: events } = await jobsMadeDuring(cluster, () => run('first', 'createrepo'));
    expect(states()).toEqual(before);
    expect(endedAs(events, 'ran')).toEqual(expect.arrayContaining(BUILDS));
    expect(made.map(nodeOf)).toEqual(expect.arrayContaining(BUILDS));
    // Which of their Jobs meet depends on the cluster: the small package may be built before the big one's build root is there.
    const meet = ['buildroot', 'dist', 'rpmbuild'].flatMap((dbus) => ['buildroot', 'rpmbuild'].filter((qemu) => overlap(events, `libvirt-dbus.${dbus}`, `qemu.${qemu}`)));
    expect(meet.length).toBeGreaterThan(0);
    const text = (package_: string, name: string, path: string) => textInRpm(repositoryOf('first'), rpmsOf(events, `${package_}.rpmbuild`), name, path);
    expect(text('libvirt-dbus', 'libvirt-dbus', '/usr/sbin/libvirt-dbus')).toContain(DBUS.to);
    const image = text('qemu', 'qemu-img', '/usr/bin/qemu-img');
    expect([image.includes(QEMU.to), image.includes('(patched by the dist-git folder)')]).toEqual([true, true]);
    expect(text('qemu', 'qemu-pr-helper', '/usr/bin/qemu-pr-helper')).toContain(QEMU.to);
    built = ['libvirt-dbus', 'qemu'].flatMap((name) => rpmsOf(events, `${name}.rpmbuild`).map(({ sha256 }) => sha256));

    const ours = execFileSync('find', ['-L', repositoryOf('first'), '-name', '*.rpm'], { encoding: 'utf8' }).trim().split('\n');
    await publishOfficial(join(root, 'official'), join(root, 'official-work'), ours);
    proven('first', await run('first'));
    await expect.poll(() => leftInCluster(cluster), { timeout: 60_000 }).toEqual([]);
  });

  test('come to somebody else from the shared store: no Job builds anything there, and the proof is the same', async () => {
    mkdirSync(join(root, 'second'));
    for (const tree of ['libvirt-dbus', 'qemu']) await execa('cp', ['-a', join(root, 'first', tree), join(root, 'second')]);
    prepare('second', `${cluster.registry}/base:test`);
    const { made, result: events } = await jobsMadeDuring(cluster, () => run('second'));
    expect(BUILDS.map((node) => [node, finished(events, node).outcome, finished(events, node).shared?.from.split('@')[0]])).toEqual(BUILDS.map((node) => [node, 'restored', `oci://${cluster.registry}/team/crpm`]));
    // What a build root has in it is known when it was made, and repodata are of one workspace; nothing else ran in the cluster.
    expect(made.map(nodeOf).filter((node) => !/^(base|createrepo|.*\.buildroot)$/.test(node))).toEqual([]);
    expect(['libvirt-dbus', 'qemu'].flatMap((name) => rpmsOf(events, `${name}.rpmbuild`).map(({ sha256 }) => sha256))).toEqual(built);
    proven('second', events);
    await expect.poll(() => leftInCluster(cluster), { timeout: 60_000 }).toEqual([]);
  });
});
