import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail, type Arch, type Json, type NodeKind } from '@crpm/core';
import { hashText } from '@crpm/state';
import type { VerifyClusterFact } from '../kubevirt/facts.js';
import { readYielded } from '../kubevirt/yielded-files.js';
import type { VerifyClusterParams } from '../params.js';
import { archOf, askLauncher } from './ask-launcher.js';
import { openCluster, staleCluster, type ClusterKindOptions } from './cluster.js';
import { clusterProofLines } from './format.js';
import { judgeLauncher } from './judge.js';
import { withLauncher } from './launch.js';
import { launcherRpms } from './launcher-rpms.js';
import { readVmi, vmiName } from './vmi.js';

/** The proof from a running cluster: the files in a virt-launcher are those of the RPMs. */
export function verifyClusterKind(options: ClusterKindOptions): NodeKind<VerifyClusterParams> {
  return {
    name: 'verify-cluster',
    version: 1,
    weight: 'light',
    configPaths: { streams: 'cluster.basesystem', treesCluster: 'cluster.sync', vmi: 'cluster.vmi', kubectl: 'cluster.kubectl', timeout: 'cluster.timeout' },
    inputs(params) {
      const files = readYielded(params.kubevirt);
      return Promise.resolve([
        { name: 'kubevirt/WORKSPACE', value: hashText(files.WORKSPACE) },
        { name: 'kubevirt/rpm/BUILD.bazel', value: hashText(files['rpm/BUILD.bazel']) },
        { name: 'manifest', value: hashText(readVmi(params.kubevirt, params.vmi).text) },
      ]);
    },
    async run(params, context): Promise<Json> {
      const { report, signal, workspace } = context;
      const manifest = readVmi(params.kubevirt, params.vmi);
      const { kubectl, identity } = await openCluster(params, options.env, context);
      const timeoutMs = params.timeout * 1000;
      const [{ stream }] = params.streams;
      const { launcher, proof } = await withLauncher(kubectl, { manifest, workspace, timeoutMs, report, signal }, async (launcher) => {
        report.line(`crpm: ${vmiName(manifest.file, params.kubevirt)} runs in ${launcher.namespace}/${launcher.pod}, image ${launcher.image}`);
        const arch = await archOf(kubectl, launcher, signal);
        const built = params.arches.find((candidate) => candidate === arch) ?? notBuilt(arch, params.arches);
        const rpms = await launcherRpms(params, context, built);
        return { launcher, proof: judgeLauncher(await askLauncher(kubectl, launcher, { stream, rpms, timeoutMs, report, signal })) };
      });
      writeFileSync(join(context.out, 'cluster-proof.json'), `${JSON.stringify(proof, undefined, 2)}\n`);
      const { namespace, pod, image } = launcher;
      const fact: VerifyClusterFact = { proof, here: { identity, launcher: { namespace, pod, image } } };
      // A proof is plain data; as an interface it lacks the index signature that Json has.
      const data = fact as unknown as Json;
      const [first] = proof.complaints;
      if (first) fail({ class: 'proof', message: `the cluster does not run the build: ${first.message}`, next: first.next, lines: clusterProofLines(proof), data });
      return data;
    },
    stale: (params, output, context) => staleCluster(params, options, (output.data as unknown as VerifyClusterFact).here?.identity, context),
  };
}

function notBuilt(arch: string, arches: readonly Arch[]): never {
  return fail({ class: 'proof', message: `virt-launcher runs on a node of ${arch}, and RPMs were built for ${arches.join(', ')}`, next: 'Add it to arch in the config, or name a manifest in cluster.vmi that chooses its node.' });
}
