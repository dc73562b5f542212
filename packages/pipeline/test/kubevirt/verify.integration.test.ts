import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { FailureError } from '@crpm/core';
import type { VerifyFact } from '../../src/kubevirt/facts.js';
import { EXAMPLE_PARAMS, Rig } from './support/nodes.js';
import { formatProof } from '../../src/kubevirt/format-proof.js';
import { buildRpms, LIBVIRT, QEMU } from './support/rpms.js';

let rig: Rig;
beforeEach(() => {
  rig = new Rig(EXAMPLE_PARAMS, { PATH: process.env['PATH'], HOME: process.env['HOME'] });
});
afterEach(() => rig.close());

test('a proof that fails is told as data too, with every row and complaint', async () => {
  const rpms = [...buildRpms(LIBVIRT), ...buildRpms(QEMU)];
  await rig.serve(rpms);
  const { failure } = await rig.verify().then(
    () => expect.fail('KubeVirt’s tree was never told of these RPMs'),
    (error: FailureError) => error,
  );
  expect(failure.class).toBe('proof');
  const { proof, allowOfficial } = failure.data as unknown as VerifyFact;
  expect(proof.proven).toBe(false);
  expect(proof.rows.map(({ name }) => name).sort()).toEqual(rpms.map(({ name }) => name).sort());
  expect(proof.rows.filter(({ verdict }) => verdict === 'taken')).toEqual([]);
  expect(proof.complaints).not.toEqual([]);
  expect(allowOfficial).toEqual([]);
});

test('a tree that is as crpm left it, and of an earlier build, is told to be that in one sentence; one that was edited since is judged', async () => {
  const libvirt = buildRpms(LIBVIRT);
  await rig.serve([...libvirt, ...buildRpms(QEMU)]);
  await rig.rpmDeps();
  await rig.serve([...libvirt, ...buildRpms({ ...QEMU, release: '2.el9.crpm0001' })]);
  const failed = () => rig.verify().then(() => expect.fail('the tree names other RPMs'), ({ failure }: FailureError) => failure);
  const failure = await failed();
  expect(failure).toMatchObject({ class: 'proof', message: expect.stringMatching(/^the KubeVirt tree names an earlier build, and since then qemu-img, qemu-kvm-core, qemu-pr-helper were built again$/) as string, next: 'crpm run brings in what was built last; crpm watch does so with --all.', lines: [] });
  expect(formatProof(failure.data as unknown as VerifyFact)).toBe('resolver: hack-resolver (stand-in): demonstration, not proof\nNOT PROVEN');
  appendFileSync(join(rig.tree, 'WORKSPACE'), '# mine\n');
  expect((await failed()).message).toMatch(/^the KubeVirt tree does not name the build: /);
});
