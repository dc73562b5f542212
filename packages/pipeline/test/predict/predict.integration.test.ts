import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { toFailure, type Failure, type NodeOutput } from '@crpm/core';
import { readCurrentGeneration } from '@crpm/state';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bazeldnf } from '../../../../test/support/bazeldnf.js';
import { predictBuiltKind } from '../../src/kinds/predict-built.js';
import type { RpmDepsParams } from '../../src/params.js';
import type { Foresight } from '../../src/predict/foresight.js';
import { OfficialLoader } from '../../src/predict/official.js';
import type { PredictFact } from '../../src/predict/outlook.js';
import { EXAMPLE_PARAMS, Rig } from '../kubevirt/support/nodes.js';
import { buildRpms, publishRpms, type SourcePackage, type Subpackage } from '../kubevirt/support/rpms.js';
import { publish, serveFolder } from '../proof/lab.js';
import { nodeContext } from '../support/node-context.js';
import { makeWorkspace } from '../support/run-graph.js';
import { temporaryFolder } from '../serve/support/temporary.js';

const program = await bazeldnf();
const exact = (name: string, ...requires: readonly string[]): Subpackage => ({ name, requires: requires.map((other) => `${other} = %{exact}`) });
const libvirt = (release: string, ...subpackages: readonly Subpackage[]): SourcePackage => ({ package: 'libvirt', source: 'libvirt', epoch: 0, version: '12.1.0', release, subpackages });
const qemu = (release: string, ...subpackages: readonly Subpackage[]): SourcePackage => ({ package: 'qemu', source: 'qemu-kvm', epoch: 17, version: '10.1.0', release, subpackages });

const LIBVIRT = [{ name: 'libvirt-libs' }, exact('libvirt-client', 'libvirt-libs'), exact('libvirt-nss', 'libvirt-libs')];
const QEMU = [{ name: 'qemu-img' }, exact('qemu-kvm-core', 'qemu-img'), { name: 'qemu-pr-helper' }];

type Built = ReturnType<typeof buildRpms>;
let www: Awaited<ReturnType<typeof serveFolder>>;
let ours: Readonly<Record<'libvirt' | 'libvirtWithoutNss' | 'clientAlone' | 'qemu' | 'oldQemu' | 'sameQemu', Built>>;

beforeAll(async () => {
  const folder = temporaryFolder('official');
  www = await serveFolder(folder);
  const sameQemu = buildRpms(qemu('20.el9', ...QEMU));
  const system = buildRpms({ package: 'system', source: 'centos-release', epoch: 0, version: '9', release: '1.el9', subpackages: [{ name: 'centos-stream-release' }] });
  const passt = ['1', '2'].map((version) => buildRpms({ package: 'passt', source: 'passt-source', epoch: 0, version, release: '1.el9', subpackages: [{ name: 'passt' }] }));
  const clash = buildRpms(qemu('20.el9_4.1', { name: 'qemu-img' }));
  await publish(folder, [...sameQemu, ...buildRpms(libvirt('1.el9', ...LIBVIRT)), ...system, ...passt.flat(), ...clash].map(({ path }) => path));
  ours = {
    libvirt: buildRpms(libvirt('1.el9.crpm0001', ...LIBVIRT)),
    libvirtWithoutNss: buildRpms(libvirt('1.el9.crpm0001', ...LIBVIRT.slice(0, 2))),
    clientAlone: buildRpms(libvirt('1.el9.crpm0001', exact('libvirt-client', 'libvirt-libs'))),
    qemu: buildRpms(qemu('21.el9.crpm0001', ...QEMU)),
    oldQemu: buildRpms(qemu('12.el9.crpm0001', ...QEMU)),
    sameQemu,
  };
}, 120_000);
afterAll(() => www.close());

/** `launcherbase` asks for these, one a line as KubeVirt's lists have them; `bare` for names that are no list. */
function writeTree(dir: string, lines: readonly string[], bare: readonly string[] = []): void {
  const script = `#!/bin/sh
set -e
cd "$(dirname "$0")/.."
LIBVIRT_VERSION=\${LIBVIRT_VERSION:-0:12.1.0-1.el9}
QEMU_VERSION=\${QEMU_VERSION:-17:10.1.0-20.el9}
PASST_VERSION=\${PASST_VERSION:-0:0.9-1.el9}
main="
${lines.map((line) => `  ${line}\n`).join('')}"
more="${bare.join(' ')}"
repos="--repofile \${CUSTOM_REPO} --repofile rpm/repo-cs9.yaml"
bazeldnf fetch $repos
bazeldnf rpmtree --public --nobest --name launcherbase_x86_64_cs9 --arch x86_64 --basesystem \${BASESYSTEM:-centos-stream-release} $repos $main $more
`;
  const files = { 'hack/rpm-deps.sh': script, 'rpm/repo-cs9.yaml': `repositories:\n- { arch: x86_64, name: official, baseurl: "${www.base}/" }\n`, WORKSPACE: 'workspace(name = "kubevirt")\n\nload("@bazeldnf//bazeldnf:deps.bzl", "rpm")\n', 'rpm/BUILD.bazel': 'load("@bazeldnf//bazeldnf:defs.bzl", "rpmtree")\n' };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text, { mode: 0o755 });
  }
}

const PARAMS: Omit<RpmDepsParams, 'kubevirt'> = {
  ...EXAMPLE_PARAMS,
  packages: [
    { name: 'libvirt', pin: { variable: 'LIBVIRT_VERSION', rpms: { x86_64: ['libvirt-client'], aarch64: [], s390x: [] } } },
    { name: 'qemu', pin: { variable: 'QEMU_VERSION', rpms: { x86_64: ['qemu-img'], aarch64: [], s390x: [] } } },
  ],
};

/** What the node says of RPMs that were built and published, in a tree that asks for this. */
async function predicted(built: Built, lines: readonly string[], bare: readonly string[] = []): Promise<{ readonly warnings: readonly string[]; readonly foresights: readonly Foresight[]; readonly failure?: Failure }> {
  const root = temporaryFolder('predict');
  const workspace = makeWorkspace(root);
  writeTree(join(root, 'kubevirt'), lines, bare);
  const repos = await publishRpms(workspace, built);
  const [stream] = PARAMS.streams;
  if (!stream) throw new Error('the example has a stream');
  const params = { kubevirt: join(root, 'kubevirt'), stream, arch: 'x86_64', crossArchEmulation: false, allowOfficial: [], packages: PARAMS.packages, foretold: [] } as const;
  const createrepo: NodeOutput = { dir: root, files: [], digest: '', data: { generation: readCurrentGeneration(join(workspace.state, 'repo'))?.id ?? '', repos } };
  const { context, warnings } = nodeContext({ id: 'predict', kind: 'predict-built', params }, workspace, undefined, new Map([['createrepo', createrepo]]));
  try {
    const { foresights } = (await predictBuiltKind({ official: new OfficialLoader() }).run(params, context)) as PredictFact;
    return { warnings, foresights };
  } catch (error) {
    return { warnings, foresights: [], failure: toFailure(error) };
  }
}

const LIBVIRT_PINNED = ['libvirt-client-${LIBVIRT_VERSION}'];
const QEMU_PINNED = ['qemu-img-${QEMU_VERSION}', 'qemu-kvm-core-${QEMU_VERSION}'];

describe('foresight of RPMs that were built, beside a distribution’s real metadata', () => {
  test('has nothing to say of builds that KubeVirt can only take', async () => {
    expect(await predicted([...ours.libvirt, ...ours.qemu], [...LIBVIRT_PINNED, ...QEMU_PINNED, 'qemu-pr-helper'])).toEqual({ warnings: [], foresights: [] });
  });

  test('warns of an equal version and of one that is the beginning of another, before it says that neither is certain', async () => {
    const { foresights, warnings } = await predicted(ours.sameQemu, QEMU_PINNED);
    expect(foresights.map(({ hazard }) => hazard)).toEqual(expect.arrayContaining(['equal-evr', 'prefix-clash']));
    expect(warnings[0]).toContain("has the very version of the distribution's");
  });

  test('qemu-pr-helper is pinned with the rest, however old; where it can not be, it is told that it stays behind', async () => {
    expect((await predicted(ours.oldQemu, [...QEMU_PINNED, 'qemu-pr-helper'])).foresights).toEqual([]);
    const { foresights } = await predicted(ours.oldQemu, QEMU_PINNED, ['qemu-pr-helper']);
    expect(foresights.map(({ hazard }) => hazard)).toEqual(['older-than-official', 'depends-on-version']);
    expect(foresights[0]?.message).toContain('qemu-pr-helper 17:10.1.0-12.el9.crpm0001 of qemu is older');
    expect(foresights[1]?.message).toContain('official qemu-pr-helper-17:10.1.0-20.el9');
  });

  test('warns of an official RPM that brings the official library in beside ours', async () => {
    const { foresights } = await predicted(ours.libvirtWithoutNss, [...LIBVIRT_PINNED, 'libvirt-nss']);
    expect(foresights).toEqual([
      expect.objectContaining({ hazard: 'two-evrs', message: "launcherbase_x86_64_cs9: gets libvirt-libs twice or not at all, ours and the distribution's 0:12.1.0-1.el9: libvirt-nss-0:12.1.0-1.el9 wants that one exactly" }),
    ]);
  });

  test('is an error where one can not be chosen: not made, or requiring what was not made', async () => {
    expect((await predicted(ours.libvirtWithoutNss, [...LIBVIRT_PINNED, 'libvirt-nss-${LIBVIRT_VERSION}'])).failure).toMatchObject({
      class: 'proof',
      message: 'launcherbase_x86_64_cs9: asks for libvirt-nss-0:12.1.0-1.el9.crpm0001 (LIBVIRT_VERSION), but libvirt does not make libvirt-nss',
    });
    expect((await predicted(ours.clientAlone, LIBVIRT_PINNED)).failure).toMatchObject({
      class: 'proof',
      message: 'launcherbase_x86_64_cs9: libvirt-client-0:12.1.0-1.el9.crpm0001 requires libvirt-libs in its own version, which libvirt does not make and nobody else has',
    });
  });
});

describe.skipIf(program === undefined)('when real bazeldnf finds nothing, the reason is told', () => {
  /** Runs rpm-deps with nothing before it. */
  async function failureOf(built: Built, lines: readonly string[]): Promise<Failure> {
    const source = temporaryFolder('tree');
    writeTree(source, lines);
    const bin = temporaryFolder('bin');
    symlinkSync(program ?? '', join(bin, 'bazeldnf'));
    const rig = new Rig(PARAMS, { PATH: `${bin}:${process.env['PATH'] ?? ''}`, HOME: mkdtempSync(join(bin, 'home-')) }, source);
    try {
      await rig.serve(built);
      return await rig.rpmDeps().then(() => { throw new Error('it succeeded'); }, toFailure);
    } finally {
      await rig.close();
    }
  }

  test.each([
    {
      what: 'an official pin that rotted',
      built: () => ours.libvirt,
      lines: [...LIBVIRT_PINNED, 'passt-${PASST_VERSION}'],
      message: "KubeVirt's hack/rpm-deps.sh ended with exit code 1: Package passt-0:0.9-1.el9 does not exist: launcherbase_x86_64_cs9: asks for passt-0:0.9-1.el9, which is no longer in any repository; the newest passt is 0:2-1.el9",
      next: 'Set rpmDeps.versions: { PASST_VERSION: 0:2-1.el9 } in the config, or update the KubeVirt tree. The private copy is kept.',
    },
    {
      what: 'an exact require that nobody meets',
      built: () => ours.clientAlone,
      lines: LIBVIRT_PINNED,
      message: "KubeVirt's hack/rpm-deps.sh ended with exit code 1: no solution found: launcherbase_x86_64_cs9: libvirt-client-0:12.1.0-1.el9.crpm0001 requires libvirt-libs in its own version, which libvirt does not make and nobody else has",
      next: 'Build libvirt-libs too (its %files section makes it; was it left out by a --without?), or drop the require. The private copy is kept.',
    },
    {
      what: 'a subpackage that was not built',
      built: () => ours.libvirtWithoutNss,
      lines: [...LIBVIRT_PINNED, 'libvirt-nss-${LIBVIRT_VERSION}'],
      message: "KubeVirt's hack/rpm-deps.sh ended with exit code 1: Package libvirt-nss-0:12.1.0-1.el9.crpm0001 does not exist: launcherbase_x86_64_cs9: asks for libvirt-nss-0:12.1.0-1.el9.crpm0001 (LIBVIRT_VERSION), but libvirt does not make libvirt-nss",
      next: 'Let the spec make it: it needs a %files section for it, and no build.without or build.defines that leaves it out. The private copy is kept.',
    },
  ])('$what', async ({ built, lines, message, next }) => {
    expect(await failureOf(built(), lines)).toMatchObject({ class: 'build', message, next });
  });
});
