import { fail, type DeriveStep, type Engine, type EngineConfig, type Image, type ImageSource, type OwnedFilter, type OwnedObject, type PrepareOptions, type WorkOptions } from '@crpm/core';
import { checkSignal } from '../cancelled.js';
import { archOf } from '../go-arch.js';
import { buildImage } from './build.js';
import { connect } from './connect.js';
import { deriveImage } from './derive.js';
import { Emulation } from './emulation.js';
import { inspectImage } from './image.js';
import { listOwned, removeOwned } from './owned.js';
import { prepareReference } from './pull.js';
import { Turns } from './turns.js';
import { openDockerWork, type DockerWork } from './work.js';

export interface DockerEngineOptions {
  readonly config: Pick<EngineConfig, 'host' | 'network'>;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/**
 * Docker Engine 20.10 and later, or Podman through its Docker-compatible socket.
 * @throws FailureError `environment` when none answers.
 */
export async function openDockerEngine({ config, env, signal }: DockerEngineOptions): Promise<Engine> {
  const { client, description, goArch } = await connect(config, env, signal);
  const open = new Set<DockerWork>();
  const emulation = new Emulation({ client, goArch });
  const turns = new Turns();
  return {
    kind: 'docker',
    description,
    arch: archOf(goArch),
    prepareImage: async (source: ImageSource, options: PrepareOptions): Promise<Image> => {
      checkSignal(options.signal, 'preparing the base image');
      await emulation.require(options);
      switch (source.kind) {
        case 'image':
          // A name stands for one architecture at a time: pulling it for another moves it.
          return turns.take(source.reference, () => prepareReference({ client, env, goArch }, source.reference, source.pull, options));
        case 'dockerfile':
          return buildImage({ client, env, goArch, network: config.network }, source, options);
        case 'host':
          fail({ class: 'environment', message: 'basesystem host builds on this machine itself, not in a container engine', next: 'Set engine: host or auto, or name another basesystem.' });
      }
    },
    deriveImage: async (from: string, step: DeriveStep): Promise<Image> => {
      await emulation.require(step);
      return deriveImage(client, env, from, step);
    },
    hasImage: async (id: string): Promise<boolean> => (await inspectImage(client, id)) !== undefined,
    openWork: async (options: WorkOptions) => {
      await emulation.require(options);
      const work = await openDockerWork(client, env, options);
      open.add(work);
      work.onClose = () => open.delete(work);
      return work;
    },
    list: (filter: OwnedFilter): Promise<readonly OwnedObject[]> => listOwned(client, filter),
    remove: (objects: readonly OwnedObject[]): Promise<void> => removeOwned(client, objects),
    close: async (): Promise<void> => {
      for (const work of open) await work.close();
      client.close();
    },
  };
}
