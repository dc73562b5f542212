import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bazeldnf } from '../support/bazeldnf.js';
import { testEngine } from '../support/engine.js';
import { buildSource } from '../support/kubevirt/build.js';
import { ARCHES, PINNED, STREAMS } from '../support/kubevirt/distribution.js';
import { writeKubevirtTree } from '../support/kubevirt/tree.js';
import { CliRig } from './cli-rig.js';

const engine = await testEngine();
const binary = await bazeldnf();
const passt = PINNED.find((source) => source.package === 'passt')!; // of that table
if ('skipped' in engine) console.warn(`SKIPPED: several streams and architectures in one run: ${engine.skipped}`);

let rig: CliRig;
const files = () => ['WORKSPACE', 'rpm/BUILD.bazel'].map((path) => readFileSync(join(rig.work, 'kubevirt', path), 'utf8'));
const crpm = (...argv: readonly string[]) => rig.crpm(argv, { env: { PATH: `${join(rig.work, 'bin')}:${process.env['PATH'] ?? ''}` } });

beforeAll(async () => {
  if ('skipped' in engine || binary === undefined) return;
  rig = new CliRig();
  writeKubevirtTree({ dir: join(rig.work, 'kubevirt'), mirror: join(rig.work, 'mirror'), bin: join(rig.work, 'bin'), bazeldnf: binary });
  mkdirSync(join(rig.work, 'rpms'));
  for (const stream of STREAMS) {
    for (const arch of ARCHES) {
      for (const file of (await buildSource(join(rig.root, 'build'), passt, { stream, arch })).values()) cpSync(file, join(rig.work, 'rpms', basename(file)));
    }
  }
  rig.write({
    'custom-rpms.config.yaml': `basesystem: [nine, ten]
arch: [x86_64, aarch64, s390x]
kubevirt: { dir: kubevirt }
engine: { kind: docker, host: "${engine.dockerHost}" }
sources:
  passt: { rpms: rpms }
basesystems:
  nine: { image: "${engine.image}", dist: .el9, stream: 9 }
  ten: { extends: nine, dist: .el10, stream: 10 }
`,
  });
});
afterAll(async () => {
  if ('skipped' in engine || binary === undefined) return;
  await crpm('serve', '--stop');
  rig.remove();
});

test.skipIf('skipped' in engine || binary === undefined)('one run brings RPMs of three architectures and two streams into KubeVirt’s tree, with a proof; then all is fresh, and a revert leads back', async () => {
  const before = files();
  const plan = await crpm('plan', '--json');
  expect([plan.code, plan.err]).toEqual([0, '']);
  for (const id of ['base@x86_64_cs9', 'passt.rpmbuild@cs9', 'passt.rpmbuild@cs10']) expect(plan.out).toContain(`"${id}"`);

  const run = await crpm('run');
  expect([run.code, run.err, run.out.match(/^passt +\S+ +(\w+) +taken/gm)?.length]).toEqual([0, '', 6]);
  expect(run.out).toMatch(/^passt +0:0\^20260728\.gf8df3f1-1\.el10\.crpm0001 +s390x_cs10 +taken +launcherbase_s390x_cs10 passt_tree_s390x_cs10$/m);
  expect(run.out).toContain('proven: KubeVirt takes the build');

  expect((await crpm('run')).out).toMatch(/^\d+ nodes: (\d+) fresh; /m);
  const verified = await crpm('verify', '--json');
  expect([verified.code, JSON.parse(verified.out)]).toMatchObject([0, { ok: true, proof: { proof: { proven: true, standing: 'proof' } } }]);

  const status = await crpm('status', '--json');
  expect([status.code, status.out.includes('passt.rpmbuild@cs10')]).toEqual([0, true]);
  expect((await crpm('run', 'passt.rpmbuild', '--dry-run')).code).toBe(0);
  expect((await crpm('revert')).code).toBe(0);
  expect(files()).toEqual(before);
});
