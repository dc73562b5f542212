import { cpSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE } from './cache.js';
import { crpm, ownEnvironment } from './crpm.js';
import { runAll, type Command } from './measure.js';
import { commitAll, type Trees } from './trees.js';

const REPOSITORY = join(import.meta.dirname, '../..');
const SPECS = join(import.meta.dirname, '../specs');

export interface FreshWorkspace {
  /** `crpm` with these arguments, in the workspace. */
  crpm(...argv: readonly string[]): Command;
  /** Stops what a run leaves running. */
  close(): void;
}

/**
 * A workspace over the real trees in which everything has been built, for this machine and on it, or in a cluster, which is not needed any more then. What the specs build is next to nothing; the
 * trees, the graph and what a run has to look at are as they are at work. With `kubevirt`, the quickstart's KubeVirt tree
 * takes the RPMs from crpm's server.
 */
export function freshWorkspace(trees: Trees, { kubevirt = false, cluster }: { readonly kubevirt?: boolean; readonly cluster?: ClusterForBuilds }): Promise<FreshWorkspace> {
  return open(join(CACHE, 'workspaces', kubevirt ? 'fresh-kubevirt' : cluster ? 'fresh-cluster' : 'fresh'), trees, kubevirt, cluster);
}

export interface ClusterForBuilds {
  readonly kubeconfig: string;
  /** `10.214.0.1:5000`, plain http. */
  readonly registry: string;
  /** Reference of an image to build in. */
  readonly image: string;
}

async function open(folder: string, trees: Trees, withKubevirt: boolean, cluster: ClusterForBuilds | undefined): Promise<FreshWorkspace> {
  const work = join(folder, 'work');
  mkdirSync(work, { recursive: true });
  const env = { ...ownEnvironment(folder), ...(cluster && { KUBECONFIG: cluster.kubeconfig }) };
  const kubevirt = join(work, 'kubevirt');
  if (withKubevirt) await plantKubevirt(kubevirt);
  writeFileSync(
    join(work, 'custom-rpms.config.json'),
    JSON.stringify({
      ...(cluster ? { basesystem: 'mine', basesystems: { mine: { image: cluster.image, dist: '.el9', stream: 9 } }, engine: { kind: 'kubernetes', registry: `http://${cluster.registry}/crpm` } } : { basesystem: 'host' }),
      kubevirt: withKubevirt ? { dir: 'kubevirt' } : false,
      sources: {
        libvirt: { dir: trees.libvirt, kind: 'rpmbuild', spec: { dir: join(SPECS, 'libvirt') } },
        qemu: { dir: trees.qemu, spec: { dir: join(SPECS, 'qemu-kvm') } },
      },
    }),
  );
  const start = (...argv: readonly string[]) => crpm(argv, { cwd: work, env });
  // The first builds, the second sees that nothing more is to do.
  runAll([start('run'), start('run')]);
  return { crpm: start, close: () => { if (withKubevirt) runAll([start('serve', '--stop')]); } };
}

/** The quickstart's tree as a fresh clone has it, unless it is there already. */
async function plantKubevirt(folder: string): Promise<void> {
  if (existsSync(folder)) return;
  const partial = `${folder}.new`;
  rmSync(partial, { recursive: true, force: true });
  cpSync(join(REPOSITORY, 'examples/quickstart/kubevirt'), partial, { recursive: true });
  await commitAll(partial, 'as cloned');
  renameSync(partial, folder);
}
