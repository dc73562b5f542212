import { cpSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

import { toFailure, type Config, type Engine, type Failure, type NodeOutput, type WorkspacePaths } from '@crpm/core';
import { chooseEngine } from '@crpm/engines';
import { closureKind, type ClosureFact } from '@crpm/pipeline/kinds/closure';
import type { ClosureParams } from '@crpm/pipeline/params';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { HOST_VARIABLE } from '../../../../test/support/dockerd.js';
import { prepareTestImage } from '../../../../test/support/image.js';
import { buildRpms, type SpecRpm } from '../../../../test/support/rpms.js';
import { serveFolder } from '../proof/lab.js';
import { centosStream, makeConfig, packageConfig } from '../support/config.js';
import { makeWorkspace, removeFolder, runGraph, type GraphRun } from '../support/run-graph.js';

const dockerHost = process.env[HOST_VARIABLE];
if (dockerHost === undefined) console.warn('SKIPPED: closure by dnf: no engine of the tests’ own');

const SCRIPT = `#!/bin/sh
LIBVIRT_VERSION=\${LIBVIRT_VERSION:-0:11.10.0-12.el9}
bazeldnf rpmtree --name launcherbase_x86_64_cs9 --basesystem centos-stream-release --repofile rpm/repo-cs9.yaml libvirt-client-\${LIBVIRT_VERSION}
`;

describe.skipIf(dockerHost === undefined)('closure, by the dnf of the base image', () => {
  const root = mkdtempSync(join(tmpdir(), 'crpm-closure-'));
  let engine: Engine;
  let reference: string;
  let workspace: WorkspacePaths;
  let www: Awaited<ReturnType<typeof serveFolder>>;

  beforeAll(async () => {
    workspace = makeWorkspace(root);
    reference = await prepareTestImage({ dockerHost: dockerHost ?? '' });
    www = await serveFolder(join(root, 'www'));
    await publish('centos', [{ name: 'glibc', provides: ['libc.so.6(GLIBC_2.34)(64bit)'] }, { name: 'yajl', provides: ['yajl = 2.1'] }]);
    await publish('epel', [{ name: 'glusterfs-api', provides: ['libgfapi.so.0()(64bit)'] }]);
    engine = await chooseEngine({ config: config([]).engine, basesystems: config([]).basesystems, env: process.env, signal: AbortSignal.timeout(1_800_000), workDir: join(root, 'work'), sharedDir: join(root, 'shared') });
  });
  afterAll(async () => {
    await engine.remove(await engine.list({ workspace: workspace.id }));
    await engine.close();
    await www.close();
    removeFolder(root);
  });

  /** A repository of the distribution, at `<www>/<name>/`. */
  async function publish(name: string, rpms: readonly SpecRpm[]): Promise<void> {
    const folder = join(root, 'www', name);
    mkdirSync(folder, { recursive: true });
    const built = await buildRpms(mkdtempSync(join(root, 'rpmbuild-')), { source: `${name}-source`, version: '1.0', release: '1.el9', rpms });
    for (const file of built.filter((path) => !path.endsWith('.src.rpm'))) cpSync(file, join(folder, basename(file)));
    await execa('createrepo_c', ['--quiet', '--general-compress-type=gz', folder]);
  }

  const config = (packages: Config['packages'], overrides: Partial<Config> = {}): Config => {
    const made = makeConfig(packages, { engine: { kind: 'docker', host: dockerHost ?? '', network: 'host' }, ...overrides });
    return { ...made, basesystems: [{ ...centosStream(9), base: { kind: 'image', reference }, enable: [], disable: [], repos: [{ name: 'epel', baseUrl: `${www.base}/epel/` }] }] };
  };

  /** Runs up to `closure` with these RPMs at hand, in a KubeVirt tree whose repo file names this address. */
  async function closure(rpms: readonly SpecRpm[], address = `${www.base}/centos/`): Promise<GraphRun> {
    const dir = mkdtempSync(join(root, 'case-'));
    const built = await buildRpms(join(dir, 'rpmbuild'), { source: 'libvirt', version: '12.5.0', release: '1.el9.crpm0001', rpms });
    mkdirSync(join(dir, 'rpms'));
    for (const file of built.filter((path) => !path.endsWith('.src.rpm'))) cpSync(file, join(dir, 'rpms', basename(file)));
    const tree = { 'hack/rpm-deps.sh': SCRIPT, 'rpm/repo-cs9.yaml': `repositories:\n- { arch: x86_64, name: centos, baseurl: "${address}" }\n- { arch: s390x, name: other, baseurl: "http://127.0.0.1:1/" }\n`, WORKSPACE: '', 'rpm/BUILD.bazel': '' };
    for (const [path, text] of Object.entries(tree)) {
      mkdirSync(dirname(join(dir, 'kubevirt', path)), { recursive: true });
      writeFileSync(join(dir, 'kubevirt', path), text);
    }
    const libvirt = packageConfig({ name: 'libvirt', kind: 'prebuilt', rpms: [join(dir, 'rpms')], pin: { variable: 'LIBVIRT_VERSION', rpms: { x86_64: ['libvirt-client'], aarch64: [], s390x: [] } } });
    return runGraph(config([libvirt], { kubevirt: { dir: join(dir, 'kubevirt') } }), { engine, workspace, until: 'closure' });
  }
  const factOf = (run: GraphRun) => run.outputs.get('closure')?.data as ClosureFact;
  const failureOf = (running: Promise<GraphRun>): Promise<Failure> => running.then(() => { throw new Error('it succeeded'); }, toFailure);

  test('all that is required is met by our own RPMs or by the distribution: nothing to say', async () => {
    const run = await closure([{ name: 'libvirt-client', requires: ['libvirt-libs = 12.5.0-1.el9.crpm0001', 'yajl >= 2'] }, { name: 'libvirt-libs', requires: ['libc.so.6(GLIBC_2.34)(64bit)', '(yajl if glibc)'] }]);
    expect(factOf(run)).toEqual({ unmet: [] });
    expect(run.warnings).toEqual([]);
  });

  test('what nobody has fails: the requirement, whose it is, and the repository of the build root that has it', async () => {
    const failure = await failureOf(closure([{ name: 'libvirt-client', requires: ['libvirt-libs'] }, { name: 'libvirt-libs', requires: ['libgfapi.so.0()(64bit)', 'yajl >= 3'] }]));
    const rest = 'which neither the RPMs that were built nor the repositories of rpm/repo-cs9.yaml have';
    expect([failure.message, ...(failure.lines ?? [])].sort()).toEqual([
      `libvirt-libs-12.5.0-1.el9.crpm0001.x86_64 requires libgfapi.so.0()(64bit), ${rest}; in the build root epel has it (glusterfs-api)`,
      `libvirt-libs-12.5.0-1.el9.crpm0001.x86_64 requires yajl >= 3, ${rest}`,
    ]);
    expect(failure).toMatchObject({ class: 'proof', next: 'Leave out what requires it (build.without), build the package that has it too, or add the repository that has it to rpm/repo-cs9.yaml.' });
  });

  test('of an RPM that no tree leads to it is only a warning', async () => {
    const run = await closure([{ name: 'libvirt-client' }, { name: 'libvirt-daemon-driver-storage-gluster', requires: ['libgfapi.so.0()(64bit)'] }]);
    expect(run.warnings).toEqual([
      'closure: libvirt-daemon-driver-storage-gluster-12.5.0-1.el9.crpm0001.x86_64 requires libgfapi.so.0()(64bit), which neither the RPMs that were built nor the repositories of rpm/repo-cs9.yaml have; in the build root epel has it (glusterfs-api). No tree of KubeVirt leads to it',
    ]);
    expect(factOf(run).unmet).toHaveLength(1);
  });

  test('a mirror that is down turns nothing red, and is asked again later', async () => {
    const fact = factOf(await closure([{ name: 'libvirt-client', requires: ['nowhere'] }], 'http://127.0.0.1:1/centos/'));
    expect(fact).toMatchObject({ unmet: [], unasked: expect.stringContaining('crpm-official-0') as string, unreachable: expect.any(String) as string });
    const stale = (unreachable: string) => closureKind().stale?.({} as ClosureParams, { data: { ...fact, unreachable } } as unknown as NodeOutput, {} as never);
    expect(await stale(new Date().toISOString())).toBeUndefined();
    expect(await stale('2026-01-01T00:00:00.000Z')).toContain('did not answer');
  });
});
