import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fail, type DeriveStep, type Engine, type EngineConfig, type Image, type ImageSource, type OwnedFilter, type OwnedObject, type PrepareOptions, type WorkOptions } from '@crpm/core';
import { archOf, goArchOf } from '../go-arch.js';
import { checkSignal } from '../cancelled.js';
import { closeAll } from './close-all.js';
import { ClusterSurroundings } from './cluster.js';
import { openClaims } from './claims.js';
import { deriveInCluster } from './derive.js';
import type { Patience } from './follow.js';
import { HttpApi } from './http-api.js';
import type { JobDefaults } from './job.js';
import { findCluster } from './kubeconfig.js';
import { offeredKubeconfig } from './kubevirtci.js';
import { listInCluster, removeFromCluster } from './owned.js';
import { prepareInCluster } from './prepare.js';
import { findRegistry, openPlace } from './registry.js';
import { openClusterWork, type ClusterWork } from './work.js';

export interface KubernetesEngineOptions {
  readonly config: EngineConfig;
  /** Absolute folder of the KubeVirt tree, if there is one. */
  readonly kubevirt?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Absolute folder of which a part is for what is spooled before it is sent. */
  readonly workDir: string;
  readonly patience?: Patience;
}

/** Seconds that a Job may take where the config says nothing: a build of QEMU on a small node, twice over. */
const DEADLINE = 4 * 3600;

/** Go's names of what Node calls the architectures of machines. */
const NODE_ARCH: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64', s390x: 's390x' };

/**
 * A Kubernetes cluster: one Job for each program, data through an OCI registry.
 * @throws FailureError `environment`: no kubeconfig, no such context, no registry, none of them answers.
 */
export async function openKubernetesEngine({ config, kubevirt, env, signal, workDir, patience }: KubernetesEngineOptions): Promise<Engine> {
  checkSignal(signal, 'looking for the cluster');
  const options = config.kubernetes ?? {};
  const cluster = await findCluster(options, env, offeredKubeconfig(kubevirt, env));
  const warnings: string[] = [];
  const place = openPlace(await findRegistry({ options, env, kubevirt, server: cluster.server }), env, (line) => warnings.push(line));
  const api = new HttpApi(cluster);
  const folder = ownFolder(workDir);
  const around = new ClusterSurroundings(api, place, { defaults: defaultsOf(config), ...(patience ? { patience } : {}) }, folder, env);
  let version: string;
  try {
    version = await api.version();
    await place.registry.ping({ signal });
  } catch (error) {
    await around.close();
    throw error;
  }
  const open = new Set<ClusterWork>();
  const goArch = options.nodeSelector?.['kubernetes.io/arch'] ?? NODE_ARCH[process.arch] ?? goArchOf(process.arch);
  return {
    kind: 'kubernetes',
    description: `Kubernetes ${version} at ${api.server} (context ${cluster.context}, namespace ${api.namespace}), by way of ${place.name}`,
    arch: archOf(goArch),
    ...(options.storageClass === undefined ? { keepsNoTrees: 'engine.storageClass is not set' } : {}),
    prepareImage: async (source: ImageSource, prepare: PrepareOptions): Promise<Image> => {
      checkSignal(prepare.signal, 'preparing the base image');
      switch (source.kind) {
        case 'image':
          return prepareInCluster(around, source, env, prepare);
        case 'dockerfile':
          fail({ class: 'usage', message: `engine kubernetes builds no images from a Dockerfile (${source.file})`, next: `Build it elsewhere, push it to a registry, and name it: basesystems.<name>.image.` });
        case 'host':
          fail({ class: 'environment', message: 'basesystem host builds on this machine itself, not in a cluster', next: 'Set engine: host or auto, or name another basesystem.' });
      }
    },
    deriveImage: (from: string, step: DeriveStep): Promise<Image> => deriveInCluster(around, from, step),
    hasImage: (id: string): Promise<boolean> => around.images.has(id),
    openWork: async (work: WorkOptions) => {
      const claims = await openClaims(around, work, options);
      const opened = await openClusterWork(around, work, claims);
      open.add(opened);
      opened.onClose = () => open.delete(opened);
      return opened;
    },
    list: (filter: OwnedFilter): Promise<readonly OwnedObject[]> => listInCluster(around, filter),
    remove: (objects: readonly OwnedObject[]): Promise<void> => removeFromCluster(around, objects),
    close: async (): Promise<void> => {
      // Where the cluster refuses one, the others are closed all the same.
      try {
        await closeAll([...open].map((work) => () => work.close()));
      } finally {
        await around.close();
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
}

/** What is on its way to the cluster lies in a folder of this process; those of processes that died go. */
function ownFolder(workDir: string): string {
  const prefix = 'sending-';
  const left = existsSync(workDir) ? readdirSync(workDir).filter((name) => name.startsWith(prefix) && !lives(Number(name.slice(prefix.length)))) : [];
  for (const name of left) rmSync(join(workDir, name), { recursive: true, force: true });
  return join(workDir, `${prefix}${process.pid}`);
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function defaultsOf({ kubernetes = {} }: EngineConfig): JobDefaults {
  const { nodeSelector = {}, tolerations = [], imagePullSecrets = [], resources = {}, deadline = DEADLINE } = kubernetes;
  return { nodeSelector, tolerations, imagePullSecrets, resources, deadline };
}
