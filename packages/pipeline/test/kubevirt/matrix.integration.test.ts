import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Arch } from '@crpm/core';
import { parseBuild, parseWorkspaceRpms } from '@crpm/rpm';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { bazeldnf } from '../../../../test/support/bazeldnf.js';
import { writeKubevirtTree } from '../../../../test/support/kubevirt/tree.js';
import { privateCopy } from '../../src/kubevirt/ask-script.js';
import { formatProof } from '../../src/kubevirt/format-proof.js';
import { revert } from '../../src/kubevirt/revert.js';
import { readYielded, type Yielded } from '../../src/kubevirt/yielded-files.js';
import type { RpmDepsParams } from '../../src/params.js';
import { temporaryFolder } from '../serve/support/temporary.js';
import { Rig } from './support/nodes.js';
import { buildRpms, type BuiltRpm, type RepoFolder, type SourcePackage } from './support/rpms.js';

const ARCHES: readonly Arch[] = ['x86_64', 'aarch64', 's390x'];
const STREAMS = [9, 10];
const binary = await bazeldnf();
const root = temporaryFolder('matrix');
let folders: readonly RepoFolder[];

/** What KubeVirt pins of libvirt, with what binds it together. */
const libvirt = (stream: number, arch: Arch, salt = ''): SourcePackage => ({
  package: 'libvirt', source: 'libvirt', epoch: 0, version: '13.0.0', release: `1.el${stream}.crpm0001`, arch, salt,
  subpackages: [
    { name: 'libvirt-libs' },
    { name: 'libvirt-daemon-common', requires: ['libvirt-libs = %{exact}'] },
    { name: 'libvirt-daemon-log', requires: ['libvirt-libs = %{exact}'] },
    { name: 'libvirt-client', requires: ['libvirt-libs = %{exact}'] },
    { name: 'libvirt-devel', requires: ['libvirt-libs = %{exact}'] },
    { name: 'libvirt-daemon-driver-qemu', requires: ['libvirt-libs = %{exact}', 'libvirt-daemon-common = %{exact}', 'libvirt-daemon-log = %{exact}'] },
  ],
});

/** All noarch, one build for all architectures. */
const edk2 = (stream: number): SourcePackage => ({
  package: 'edk2', source: 'edk2', epoch: 0, version: '20270101', release: `1.el${stream}.crpm0001`,
  subpackages: [{ name: 'edk2-ovmf', noarch: true }, { name: 'edk2-aarch64', noarch: true }],
});

const pin = (variable: string, x86_64: readonly string[], aarch64 = x86_64, s390x = x86_64) => ({ variable, rpms: { x86_64, aarch64, s390x } });
const PACKAGES: RpmDepsParams['packages'] = [
  { name: 'libvirt', pin: pin('LIBVIRT_VERSION', ['libvirt-devel', 'libvirt-client', 'libvirt-daemon-driver-qemu']) },
  { name: 'edk2', pin: pin('EDK2_VERSION', ['edk2-ovmf'], ['edk2-aarch64'], ['edk2-ovmf']) },
];
const params = (streams: readonly number[], arches: readonly Arch[]): Omit<RpmDepsParams, 'kubevirt'> => ({
  streams: streams.map((stream) => ({ basesystem: `centos-stream-${stream}`, stream, kubevirtBasesystem: 'centos-stream-release', versions: {} })),
  arches, packages: PACKAGES, mode: 'auto', crossArchEmulation: false, allowOfficial: [],
});

let rig: Rig;
let original: Yielded;

async function start(streams: readonly number[], arches: readonly Arch[]): Promise<void> {
  rig = new Rig(params(streams, arches), { PATH: `${join(root, 'bin')}:${process.env['PATH'] ?? ''}`, HOME: join(root, 'home') }, join(root, 'kubevirt'));
  original = readYielded(rig.tree);
  await rig.serveFolders(folders.filter(({ basesystem, arch }) => streams.some((stream) => basesystem.endsWith(`-${stream}`)) && arches.includes(arch)));
}

const undo = () => revert({ config: { kubevirt: { dir: rig.tree } }, workspace: rig.workspace });

/** Each tree's rules with what they hold, order aside; without what was built here. */
function officialRules(files: Yielded): Readonly<Record<string, readonly string[]>> {
  const rules = new Map(parseWorkspaceRpms(files.WORKSPACE).map((rule) => [rule.name, rule]));
  return Object.fromEntries(
    parseBuild(files['rpm/BUILD.bazel']).trees.map(({ name, rpms }) => [
      name,
      rpms.filter((rpm) => !/^(libvirt|edk2)/.test(rpm)).map((rpm) => `${rpm} ${rules.get(rpm)?.sha256 ?? 'no rule'} ${rules.get(rpm)?.urls.join(' ') ?? ''}`).sort(),
    ]),
  );
}

describe.skipIf(binary === undefined)('KubeVirt’s tree of two streams and three architectures', () => {
  beforeAll(() => {
    if (binary !== undefined) writeKubevirtTree({ dir: join(root, 'kubevirt'), mirror: join(root, 'mirror'), bin: join(root, 'bin'), bazeldnf: binary });
    folders = STREAMS.flatMap((stream) => {
      const firmware = buildRpms(edk2(stream));
      return ARCHES.map((arch) => ({ basesystem: `centos-stream-${stream}`, arch, rpms: [...buildRpms(libvirt(stream, arch)), ...firmware] }));
    });
  });
  afterEach(() => rig.close());

  test('is proven to hold the build in all of them after one run; bytes alone are swapped; a revert leads back', async () => {
    await start(STREAMS, ARCHES);
    const fact = await rig.rpmDeps();
    expect(fact.resolver).toEqual({ name: 'bazeldnf', standIn: false });
    const verified = await rig.verify();
    expect(verified.proof).toMatchObject({ proven: true, standing: 'proof', complaints: [], moved: [] });
    const taken = verified.proof.rows.filter(({ verdict }) => verdict === 'taken');
    expect(new Set(taken.filter(({ name }) => name === 'libvirt-libs').map(({ arch, stream }) => `${arch}_cs${stream}`))).toEqual(new Set(STREAMS.flatMap((stream) => ARCHES.map((arch) => `${arch}_cs${stream}`))));
    expect(taken.filter(({ package: name }) => name === 'edk2').map(({ name, arch, stream }) => `${name} ${arch} ${stream}`)).toEqual([
      'edk2-ovmf x86_64 9', 'edk2-aarch64 aarch64 9', 'edk2-ovmf s390x 9', 'edk2-ovmf x86_64 10', 'edk2-aarch64 aarch64 10', 'edk2-ovmf s390x 10',
    ]);
    expect(formatProof(verified)).toMatch(/^libvirt-libs +0:13\.0\.0-1\.el10\.crpm0001 +s390x_cs10 +taken +.*launcherbase_s390x_cs10/m);
    expect(officialRules(readYielded(rig.tree))).toEqual(officialRules(original));
    expect(rig.warnings).toEqual([]);

    const before = readYielded(rig.tree);
    const swapped = buildRpms(libvirt(10, 'aarch64', 'edited'));
    await rig.serveFolders(folders.map((folder) => (folder.basesystem === 'centos-stream-10' && folder.arch === 'aarch64' ? { ...folder, rpms: [...swapped, ...folder.rpms.filter((rpm) => rpm.package !== 'libvirt')] } : folder)));
    rig.lines.length = 0;
    await rig.rpmDeps();
    expect(rig.lines).toEqual(['crpm: only bytes of RPMs changed: their rules in WORKSPACE got the new sha256 and address, the resolver was not asked']);
    const old = folders.find((folder) => folder.basesystem === 'centos-stream-10' && folder.arch === 'aarch64')?.rpms ?? [];
    const digestNow = (rpm: BuiltRpm) => swapped.find(({ name }) => name === rpm.name)?.sha256 ?? rpm.sha256;
    expect(readYielded(rig.tree)).toEqual({ ...before, WORKSPACE: old.reduce((text, rpm) => text.replaceAll(rpm.sha256, digestNow(rpm)), before.WORKSPACE) });
    expect((await rig.verify()).proof.proven).toBe(true);

    expect((await undo()).kept).toEqual([]);
    expect(readYielded(rig.tree)).toEqual(original);
  });

  test('keeps every rule of the streams and architectures that a run is not of', async () => {
    await start([10], ['aarch64']);
    await rig.rpmDeps();
    expect((await rig.verify()).proof.proven).toBe(true);
    const trees = ({ 'rpm/BUILD.bazel': text }: Yielded) => new Map(parseBuild(text).trees.map(({ name, rpms }) => [name, [...rpms].sort()]));
    const [before, after] = [trees(original), trees(readYielded(rig.tree))];
    const foreign = [...before.keys()].filter((name) => !name.endsWith('_aarch64_cs10'));
    expect(foreign).toContain('libguestfs-tools_cs9');
    expect(foreign.map((name) => [name, after.get(name)])).toEqual(foreign.map((name) => [name, before.get(name)]));
    expect(officialRules(readYielded(rig.tree))).toEqual(officialRules(original));
  });

  test('refuses a call that changes a tree of another architecture, and leaves what it made for a look', async () => {
    await start([9], ['x86_64', 's390x']);
    const script = join(rig.tree, 'hack/rpm-deps.sh');
    writeFileSync(script, `${readFileSync(script, 'utf8')}\n[ "$SINGLE_ARCH" = x86_64 ] || sed -i '/name = "exportserverbase_x86_64_cs9"/,/^)/{/tar-0/d}' rpm/BUILD.bazel\n`);
    await expect(rig.rpmDeps()).rejects.toMatchObject({
      failure: { class: 'proof', message: expect.stringMatching(/^rpm-deps for s390x of CentOS Stream 9 changed what is not its own: rpm\/BUILD\.bazel: the tree exportserverbase_x86_64_cs9 is not of this run and changed: it no longer lists tar-0__1\.0-1\.el9\.x86_64$/) as string },
    });
    expect(readYielded(rig.tree)).toEqual(original);
    expect(readYielded(privateCopy(rig.workspace))).not.toEqual(original);
  });
});
