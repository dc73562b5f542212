import { setTimeout as delay } from 'node:timers/promises';
import { fail, type Labels } from '@crpm/core';
import { isKept, type Kept } from '../kept.js';
import { objectName, toEngineLabels, type EngineLabels } from '../labels.js';
import { gone } from './container.js';
import { EngineError, type Client } from './client.js';

/** A volume by its name, with the labels that it gets, or has. */
export interface Volume {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Creates a labelled volume under a name of its own. */
export async function createVolume(client: Client, labels: Labels): Promise<Volume> {
  const volume = { name: objectName(labels), labels: toEngineLabels(labels) };
  await create(client, volume);
  return volume;
}

/** The volume of a build tree or cache, made if there is none. A volume of another's that has the name is left alone, and the next name is tried. */
export async function openKeptVolume(client: Client, kept: Kept): Promise<Volume> {
  for (const name of kept.names) {
    const volume = { name, labels: kept.labels };
    let labels = await labelsOf(client, name);
    if (!labels) {
      // Somebody else may make it at this moment: Docker then answers as if it had, Podman that it is there.
      const error = await create(client, volume).then(() => undefined, (reason: unknown) => reason);
      labels = await labelsOf(client, name);
      if (!labels && error !== undefined) throw error as Error;
    }
    if (isKept(kept, labels ?? {})) return volume;
  }
  fail({
    class: 'environment',
    message: `the engine at ${client.address} has volumes that are not crpm’s under all the names of one that it needs: ${kept.names[0]} and those after it`,
    next: 'See whose they are (docker volume inspect), and remove them.',
  });
}

async function create(client: Client, { name, labels }: Volume): Promise<void> {
  await client.quick('creating a volume', (abortSignal) => client.docker.createVolume({ Name: name, Labels: labels, abortSignal }));
}

async function labelsOf(client: Client, name: string): Promise<EngineLabels> {
  try {
    return (await client.quick('looking at a volume', (abortSignal) => client.docker.getVolume(name).inspect({ abortSignal }))).Labels ?? {};
  } catch (error) {
    if (error instanceof EngineError && error.status === 404) return undefined;
    throw error;
  }
}

/** Removes a volume; gone already is fine. An engine may need a moment to see that its last container is gone. */
export async function removeVolume(client: Client, name: string): Promise<void> {
  for (let wait = 50; ; wait *= 2) {
    try {
      await gone(client.quick('removing a volume', (abortSignal) => client.docker.getVolume(name).remove({ abortSignal }), 120_000));
      return;
    } catch (error) {
      if (!(error instanceof EngineError && error.status === 409) || wait > 2_000) throw error;
      await delay(wait);
    }
  }
}

/** Removes the volume of a build tree or cache, unless a work has it open. */
export async function removeKeptVolume(client: Client, name: string): Promise<void> {
  try {
    await removeVolume(client, name);
  } catch (error) {
    if (!(error instanceof EngineError && error.status === 409)) throw error;
  }
}
