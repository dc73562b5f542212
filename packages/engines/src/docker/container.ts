import type { ContainerCreateOptions } from 'dockerode';
import { fail, type Labels } from '@crpm/core';
import { toEngineLabels, objectName } from '../labels.js';
import { EngineError, type Client } from './client.js';

/** Where every container of a work sees the volume. */
export const WORK_ROOT = '/crpm';

export interface ContainerSpec {
  readonly image: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly network: 'none' | 'bridge' | 'host';
  readonly labels: Labels;
  /** Name of the volume at {@link WORK_ROOT}. */
  readonly volume?: string;
  /** Bytes. */
  readonly memory?: number;
}

/** No privilege, no socket, no mount but the work volume, no published port. */
export function containerOptions(spec: ContainerSpec): ContainerCreateOptions {
  return {
    name: objectName(spec.labels),
    Image: spec.image,
    // Naming both keeps the image's own entry point and command out.
    Entrypoint: spec.argv.slice(0, 1),
    Cmd: spec.argv.slice(1),
    Env: Object.entries(spec.env).map(([name, value]) => `${name}=${value}`),
    Labels: toEngineLabels(spec.labels),
    WorkingDir: spec.cwd,
    User: '0:0',
    Healthcheck: { Test: ['NONE'] },
    AttachStdin: false,
    OpenStdin: false,
    Tty: false,
    HostConfig: {
      NetworkMode: spec.network,
      // As KubeVirt does: the policy of a confined container forbids what compilers and rpm do.
      SecurityOpt: ['label=disable'],
      // Output is read as it comes; a second copy in the engine's root would only fill its disk.
      LogConfig: { Type: 'none', Config: {} },
      // Equal bounds leave no swap on top.
      ...(spec.memory === undefined ? {} : { Memory: spec.memory, MemorySwap: spec.memory }),
      // NoCopy: what an image has at that path must not appear in the work.
      ...(spec.volume === undefined ? {} : { Mounts: [{ Type: 'volume' as const, Source: spec.volume, Target: WORK_ROOT, VolumeOptions: { NoCopy: true } as never }] }),
    },
  };
}

/** Creates a container; its id. */
export async function createContainer(client: Client, spec: ContainerSpec): Promise<string> {
  try {
    const container = await client.quick('creating a container', (abortSignal) => client.docker.createContainer({ ...containerOptions(spec), abortSignal }), 120_000);
    return container.id;
  } catch (error) {
    if (error instanceof EngineError && error.status === 404 && /image/i.test(error.reason)) {
      fail({ class: 'environment', message: `the image ${spec.image} is gone from the engine at ${client.address}`, next: 'Run again with --force: it is made anew.' }, error);
    }
    throw error;
  }
}

/** Removes a container with its anonymous volumes, running or not; gone already is fine. */
export async function removeContainer(client: Client, id: string): Promise<void> {
  await gone(client.quick('removing a container', (abortSignal) => client.docker.getContainer(id).remove({ force: true, v: true, abortSignal }), 120_000));
}

/** Lets a removal succeed when the object is gone, or its removal is under way. */
export async function gone(removal: Promise<unknown>): Promise<void> {
  try {
    await removal;
  } catch (error) {
    if (error instanceof EngineError && (error.status === 404 || (error.status === 409 && /already in progress|being removed/i.test(error.reason)))) return;
    throw error;
  }
}
