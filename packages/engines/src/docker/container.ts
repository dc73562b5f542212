import type { ContainerCreateOptions } from 'dockerode';
import { fail, type Labels } from '@crpm/core';
import { toEngineLabels, objectName } from '../labels.js';
import { EngineError, type Client } from './client.js';
import type { Volume } from './volume.js';

/** Where every container of a work sees its folder. */
export const WORK_ROOT = '/crpm';

/** Where it sees the shared cache, if it has one. */
export const CACHE_ROOT = '/crpm-cache';

/** A volume, and where a container sees it. */
export interface Mount {
  readonly volume: Volume;
  readonly path: string;
  readonly readOnly?: true;
}

export interface ContainerSpec {
  readonly image: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly network: 'none' | 'bridge' | 'host';
  readonly labels: Labels;
  readonly mounts?: readonly Mount[];
  /** Bytes. */
  readonly memory?: number;
  /** Somebody talks to its program: on a terminal, or by pipes. */
  readonly interactive?: { readonly terminal: boolean };
}

/** No privilege, no socket, no mount but volumes of ours, no published port. */
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
    // Programs write it into what they build. The machine's own network goes with its own name.
    ...(spec.network === 'host' ? {} : { Hostname: 'crpm' }),
    Healthcheck: { Test: ['NONE'] },
    AttachStdin: spec.interactive !== undefined,
    OpenStdin: spec.interactive !== undefined,
    StdinOnce: spec.interactive !== undefined,
    Tty: spec.interactive?.terminal ?? false,
    HostConfig: {
      NetworkMode: spec.network,
      // As KubeVirt does: the policy of a confined container forbids what compilers and rpm do.
      SecurityOpt: ['label=disable'],
      // Output is read as it comes; a second copy in the engine's root would only fill its disk.
      LogConfig: { Type: 'none', Config: {} },
      // Equal bounds leave no swap on top.
      ...(spec.memory === undefined ? {} : { Memory: spec.memory, MemorySwap: spec.memory }),
      Mounts: (spec.mounts ?? []).map(({ volume, path, readOnly = false }) => ({
        Type: 'volume' as const,
        Source: volume.name,
        Target: path,
        ReadOnly: readOnly,
        // NoCopy: what an image has at that path must not appear in the work. An engine makes a volume that is gone by now anew, and then with these labels.
        VolumeOptions: { NoCopy: true, Labels: { ...volume.labels } } as never,
      })),
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
