import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubernetesConfig } from '@crpm/core';
import type { Patience } from '@crpm/engines/kubernetes/follow';
import { openKubernetesEngine } from '@crpm/engines/kubernetes/index';
import { Registry } from '@crpm/oci';
import { afterAll, describe, it } from 'vitest';
import { testRootfs } from '../../../../test/support/image.js';
import { startCluster } from '../../../../test/support/kubernetes/cluster.js';
import { pushRootfs } from '../../../../test/support/kubernetes/push-image.js';
import { conformance } from '../conformance/index.js';
import { kubernetesBehaviour } from './behaviour.js';
import { chaos } from './chaos/index.js';

const cluster = await startCluster();

if ('skipped' in cluster) {
  console.warn(`SKIPPED: the kubernetes engine is not tested: ${cluster.skipped}`);
  describe('kubernetes', () => it.skip('needs a cluster'));
} else {
  const registry = new Registry(cluster.registry, { insecure: true });
  await pushRootfs(registry.repository('base'), 'test', await testRootfs());
  registry.close();
  const workDir = mkdtempSync(join(tmpdir(), 'crpm-kube-engine-'));
  const open = (more: KubernetesConfig = {}, env: NodeJS.ProcessEnv = {}, patience?: Patience, kubevirt?: string) =>
    openKubernetesEngine({
      config: { kind: 'kubernetes', network: 'bridge', kubernetes: { registry: `http://${cluster.registry}/crpm`, ...more } },
      env: { ...process.env, KUBECONFIG: cluster.kubeconfig, ...env },
      signal: new AbortController().signal,
      workDir,
      kubevirt,
      ...(patience ? { patience } : {}),
    });
  afterAll(async () => {
    await cluster.stop();
    rmSync(workDir, { recursive: true, force: true });
  });
  const reference = `${cluster.registry}/base:test`;
  conformance('kubernetes', {
    open: () => open(),
    image: async (engine) => (await engine.prepareImage({ kind: 'image', reference, pull: false }, { labels: { workspace: 'w', run: 'r', node: 'base' }, arch: engine.arch, signal: new AbortController().signal, line: () => {} })).id,
    // Every pod has a network and neither input nor terminal; without a storage class nothing is kept.
    lacks: { networkNone: true, keeping: true, interact: true, copyOf: true },
  });
  kubernetesBehaviour({ cluster, open, reference });
  chaos({ cluster, open, reference });
}
