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
 * A workspace over the real trees in which everything has been built, for this machine and on it. What the specs build is next to nothing; the
 * trees, the graph and what a run has to look at are as they are at work. With `kubevirt`, the quickstart's KubeVirt tree
 * takes the RPMs from crpm's server.
 */
export function freshWorkspace(trees: Trees, options: { readonly kubevirt: boolean }): Promise<FreshWorkspace> {
  return open(join(CACHE, 'workspaces', options.kubevirt ? 'fresh-kubevirt' : 'fresh'), trees, options.kubevirt);
}

async function open(folder: string, trees: Trees, withKubevirt: boolean): Promise<FreshWorkspace> {
  const work = join(folder, 'work');
  mkdirSync(work, { recursive: true });
  const env = ownEnvironment(folder);
  const kubevirt = join(work, 'kubevirt');
  if (withKubevirt) await plantKubevirt(kubevirt);
  writeFileSync(
    join(work, 'custom-rpms.config.json'),
    JSON.stringify({
      basesystem: 'host',
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
