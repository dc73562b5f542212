import type Dockerode from 'dockerode';
import { fail } from '@crpm/core';
import { EngineError, type Client } from './client.js';

export interface ImageFacts {
  /** `sha256:…` */
  readonly id: string;
  /** Go's name, `amd64`. */
  readonly goArch: string;
  /** The image's own environment. */
  readonly env: Readonly<Record<string, string>>;
}

/** What the engine knows of an image; nothing if it has none of that name or id. */
export async function inspectImage(client: Client, reference: string): Promise<ImageFacts | undefined> {
  let info: Dockerode.ImageInspectInfo;
  try {
    info = await client.quick(`looking for the image ${reference}`, () => client.docker.getImage(reference).inspect());
  } catch (error) {
    if (error instanceof EngineError && error.status === 404) return undefined;
    throw error;
  }
  const pairs = (info.Config?.Env ?? []).map((entry): [string, string] => {
    const equals = entry.indexOf('=');
    return equals === -1 ? [entry, ''] : [entry.slice(0, equals), entry.slice(equals + 1)];
  });
  // Podman gives the id without its algorithm.
  const id = info.Id.startsWith('sha256:') ? info.Id : `sha256:${info.Id}`;
  return { id, goArch: info.Architecture, env: Object.fromEntries(pairs) };
}

/** The facts of an image that a node was told to use. */
export async function requireImage(client: Client, id: string): Promise<ImageFacts> {
  const image = await inspectImage(client, id);
  if (!image) fail({ class: 'environment', message: `the image ${id} is gone from the engine at ${client.address}`, next: 'Run again with --force: it is made anew.' });
  return image;
}
