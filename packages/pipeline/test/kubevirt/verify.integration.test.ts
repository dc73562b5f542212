import { afterEach, beforeEach, expect, test } from 'vitest';
import type { FailureError } from '@crpm/core';
import type { VerifyFact } from '../../src/kubevirt/facts.js';
import { EXAMPLE_PARAMS, Rig } from './support/nodes.js';
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
