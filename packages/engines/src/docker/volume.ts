import { setTimeout as delay } from 'node:timers/promises';
import type { Labels } from '@crpm/core';
import { objectName, toEngineLabels } from '../labels.js';
import { gone } from './container.js';
import { EngineError, type Client } from './client.js';

/** Creates a labelled volume; its name. */
export async function createVolume(client: Client, labels: Labels): Promise<string> {
  const name = objectName(labels);
  await client.quick('creating a volume', (abortSignal) => client.docker.createVolume({ Name: name, Labels: toEngineLabels(labels), abortSignal }));
  return name;
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
