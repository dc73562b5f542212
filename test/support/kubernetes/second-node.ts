import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import type { TestCluster } from './cluster.js';
import { clearNode, isReady, makeCgroups, type NodeObject } from './node.js';
import { kubeconfig, sign } from './pki.js';
import { Program } from './program.js';
import { nodeCommands, serverOf, writeNodeSettings, type NodeLayout } from './settings.js';

/** A second node of a cluster, that may get lost. */
export interface SecondNode {
  readonly name: string;
  readonly layout: NodeLayout;
  readonly parts: Readonly<Record<'containerd' | 'kubelet', Program>>;
  /** Until the cluster takes it for one that runs pods. */
  ready(): Promise<void>;
  /** Takes it out of the cluster, and all of it from this machine. */
  remove(): Promise<void>;
}

const READY = 120_000;

/** On this machine too, with an address beyond those of pods, and a containerd with images of its own. */
export async function addSecondNode(cluster: TestCluster): Promise<SecondNode> {
  const { pki, prefix, bridge, cgroup } = cluster.layout;
  const [name, identity, address] = [`${cluster.node}-second`, 'second', `${prefix}.254`];
  const layout: NodeLayout = { dir: join(cluster.layout.dir, 'second'), common: cluster.layout.dir, pki, prefix, address, node: name, cgroup: `${cgroup}-second`, identity };
  mkdirSync(layout.dir);
  await sign(pki, { name: identity, subject: `/O=system:nodes/CN=system:node:${name}` });
  await sign(pki, { name: `${identity}-server`, subject: `/CN=${name}`, names: `DNS:${name},IP:${address}` });
  kubeconfig(pki, identity, serverOf(cluster.layout));
  await execa('ip', ['address', 'add', `${address}/24`, 'dev', bridge]);
  makeCgroups(layout.cgroup);
  writeNodeSettings(layout);
  const argv = nodeCommands(layout);
  const parts = { containerd: new Program('containerd', layout.dir, argv.containerd), kubelet: new Program('kubelet', layout.dir, argv.kubelet) };
  const ready = async (): Promise<void> => {
    for (const end = Date.now() + READY; ; await delay(200)) {
      const node = await cluster.call<NodeObject & { spec: { taints?: unknown } }>('GET', `/api/v1/nodes/${name}`).catch(() => undefined);
      if (node && isReady(node) && node.spec.taints === undefined) return;
      if (Date.now() > end || !parts.kubelet.running) throw new Error(`the second node is not ready\n${parts.kubelet.tail()}`);
    }
  };
  const remove = async (): Promise<void> => {
    await parts.kubelet.kill();
    await parts.containerd.kill();
    await cluster.call('DELETE', `/api/v1/nodes/${name}`).catch(() => undefined);
    await clearNode(layout);
    await execa('ip', ['address', 'delete', `${address}/24`, 'dev', bridge], { reject: false });
    rmSync(layout.dir, { recursive: true, force: true });
  };
  parts.containerd.start();
  parts.kubelet.start();
  try {
    await ready();
  } catch (error) {
    await remove();
    throw error;
  }
  return { name, layout, parts, ready, remove };
}
