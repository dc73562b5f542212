import { beforeAll, describe, expect } from 'vitest';
import { join } from 'node:path';
import { addSecondNode, type SecondNode } from '../../../../../test/support/kubernetes/second-node.js';
import type { NodeObject } from '../../../../../test/support/kubernetes/node.js';
import { fault } from './evidence.js';
import { expectGone, type Chaos } from './rig.js';

/** A node that nobody hears of any more, and what runs there goes on. */
export function lostNode(chaos: Chaos): void {
  describe('with a second node', () => {
    const { cluster } = chaos;
    let second: SecondNode;
    beforeAll(async () => {
      second = await addSecondNode(cluster);
      chaos.sockets.set(second.name, join(second.layout.dir, 'containerd.sock'));
      return () => second.remove();
    });

    fault(chaos, 'the node is lost: two copies run at once, and only the one that counts is taken', async (seen) => {
      // Else the cluster waits five minutes more for the node.
      const engine = await chaos.open({ tolerations: [{ key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 1 }] });
      const work = await chaos.work(engine);
      await chaos.admit(cluster.node, false);
      const { told, at: lost } = await chaos.running(work).finally(() => chaos.admit(cluster.node, true));
      expect(lost.node).toBe(second.name);
      const { pid } = second.parts.kubelet;
      await second.parts.kubelet.kill();
      expectGone(pid);
      const counted = await chaos.container(lost);
      expect(counted.node).toBe(cluster.node);
      const node = await cluster.call<NodeObject>('GET', `/api/v1/nodes/${second.name}`);
      const old = (await chaos.pods()).find(({ metadata }) => metadata.uid === lost.uid);
      Object.assign(seen, {
        killed: pid,
        node: node.status.conditions.filter(({ type }) => type === 'Ready').map(({ status, reason }) => `${status}: ${reason}`),
        first: { uid: lost.uid, task: await chaos.taskOf(lost), deleted: old?.metadata.deletionTimestamp, disruption: old?.status?.conditions?.find(({ type }) => type === 'DisruptionTarget')?.reason },
        second: { uid: counted.uid, task: await chaos.taskOf(counted) },
        told: told.lines.find((text) => text.startsWith('crpm: the cluster lost')),
      });
      expect(seen).toMatchObject({ node: ['Unknown: NodeStatusUnknown'], first: { task: expect.stringContaining('RUNNING'), disruption: 'DeletionByTaintManager' }, second: { task: expect.stringContaining('RUNNING') }, told: expect.stringContaining('node-lost') });
      const [idOfLost, idOfCounted] = [await chaos.exec(lost, 'cat /tmp/id'), await chaos.exec(counted, 'cat /tmp/id')];
      // The lost one ends first, and well: what it made is in the registry. Then its node is back.
      await chaos.goOn(lost);
      await expect.poll(() => chaos.taskOf(lost), { timeout: 60_000 }).not.toMatch(/RUNNING/);
      expect(chaos.blobsWith(idOfLost).length).toBeGreaterThan(0);
      second.parts.kubelet.start();
      await second.ready();
      await expect.poll(async () => (await chaos.pods()).map(({ metadata }) => metadata.uid), { timeout: 60_000 }).toEqual([counted.uid]);
      await chaos.goOn(counted);
      expect(await told.ended).toEqual({ code: 3, oom: false });
      expect((await chaos.take(work, 'made')).toString().trim()).toBe(idOfCounted);
      expect(idOfLost).not.toBe(idOfCounted);
      return 'exit 3 and the file of the second; the first had pushed one too';
    });
  });
}
