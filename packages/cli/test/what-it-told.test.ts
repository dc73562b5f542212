import type { Event } from '@crpm/core';
import { expect, test } from 'vitest';
import { whatItTold } from '../src/what-it-told.js';
import { recordedIo } from './io.js';

const node = (id: string, kind: string) => ({ id, kind, title: id, needs: [] });
const begun: readonly Event[] = [
  { type: 'run-started', at: 0, run: 'r', logs: '/l', nodes: [node('verify', 'verify'), node('predict', 'predict')] },
  { type: 'node-started', at: 1, node: 'predict', reason: 'first run', log: '/l/predict.log' },
  { type: 'node-status', at: 2, node: 'predict', text: 'foretold from WORKSPACE' },
  { type: 'node-warning', at: 3, node: 'predict', text: 'qemu-img was not made' },
  { type: 'node-started', at: 3, node: 'verify', reason: 'rpm-deps changed', log: '/l/verify.log' },
];
const { io } = recordedIo();

test('a node without programs told why it ran, what it did, and how it ended', async () => {
  const ended: Event = { type: 'node-finished', at: 4, node: 'predict', outcome: 'ran', ms: 500, data: { foresights: [] } };
  expect(await whatItTold([...begun, ended], 'predict', io)).toBe('it ran: first run\nforetold from WORKSPACE\nwarning: qemu-img was not made\nran in 0.5s\n');
});

test('the proof is shown as the run showed it, and a failure with what to do', async () => {
  const proof = { holds: true, proven: true, standing: 'proof', resolver: 'bazeldnf', rows: [], complaints: [], moved: [] };
  const proven: Event = { type: 'node-finished', at: 4, node: 'verify', outcome: 'ran', ms: 0, data: { proof, stale: {}, absent: [], allowOfficial: [] } };
  expect(await whatItTold([...begun, proven], 'verify', io)).toContain('\nran\nRPM');
  expect(await whatItTold([...begun, proven], 'verify', io)).toContain('\nproven: KubeVirt takes the build\n');
  const failed = { type: 'node-finished', at: 4, node: 'verify', outcome: 'failed', ms: 0, failure: { class: 'proof', message: 'none was taken', next: 'crpm run puts them there.' } } satisfies Event;
  expect(await whatItTold([...begun, failed], 'verify', io)).toBe('it ran: rpm-deps changed\nverify failed: none was taken\n  next: crpm run puts them there.\n');
  const judged: Event = { ...failed, failure: { ...failed.failure, data: { proof: { ...proof, holds: false, proven: false }, stale: {}, absent: [], allowOfficial: [] } } };
  expect(await whatItTold([...begun, judged], 'verify', io)).toMatch(/ {2}next: crpm run puts them there\.\nresolver: bazeldnf\nNOT PROVEN\n$/);
  expect(await whatItTold(begun, 'createrepo', io)).toBe('');
});
