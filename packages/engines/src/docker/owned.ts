import type { OwnedFilter, OwnedObject } from '@crpm/core';
import { fromEngineLabels, OWNED, type EngineLabels } from '../labels.js';
import { gone, removeContainer } from './container.js';
import { EngineError, type Client } from './client.js';
import { measure } from './sizes.js';
import { removeKeptVolume, removeVolume } from './volume.js';

/** Everything that carries our labels. */
export async function listOwned(client: Client, filter: OwnedFilter): Promise<readonly OwnedObject[]> {
  const { docker } = client;
  // One label only: several are alternatives to Podman's volumes, and its images then match none at all.
  const filters = { label: [`${OWNED}=1`] };
  const [containers, volumes, networks, images, bytesOf] = await Promise.all([
    client.quick('listing containers', (abortSignal) => docker.listContainers({ all: true, filters, abortSignal })),
    client.quick('listing volumes', (abortSignal) => docker.listVolumes({ filters, abortSignal })),
    client.quick('listing networks', (abortSignal) => docker.listNetworks({ filters, abortSignal })),
    client.quick('listing images', (abortSignal) => docker.listImages({ filters, abortSignal })),
    filter.sizes ? measure(client) : () => undefined,
  ]);
  const owned = (type: OwnedObject['type'], id: string, labels: EngineLabels, created: number): OwnedObject[] => {
    // Asked again here: an engine that takes a filter lightly must not make us remove what is another's.
    const ours = fromEngineLabels(labels, filter);
    const bytes = bytesOf({ type, id });
    return ours ? [{ type, id, created, ...ours, ...(bytes === undefined ? {} : { bytes }) }] : [];
  };
  return [
    ...containers.flatMap((container) => owned('container', container.Id, container.Labels, container.Created)),
    ...(volumes.Volumes ?? []).flatMap((volume) => owned('volume', volume.Name, volume.Labels, seconds((volume as { CreatedAt?: string }).CreatedAt))),
    ...networks.flatMap((network) => owned('network', network.Id, network.Labels, seconds(network.Created))),
    ...images.flatMap((image) => owned('image', image.Id.startsWith('sha256:') ? image.Id : `sha256:${image.Id}`, image.Labels, image.Created)),
  ];
}

const ORDER = ['container', 'volume', 'network', 'image', 'folder'] as const;

/**
 * Removes what {@link listOwned} returned: containers first, for they hold the rest; images from the newest, for they hold each other. Each is looked at again before: ids are
 * the engine's, but volumes go by names. An image, build tree or cache that something still uses stays.
 */
export async function removeOwned(client: Client, objects: readonly OwnedObject[]): Promise<void> {
  const sorted = [...objects].sort((a, b) => ORDER.indexOf(a.type) - ORDER.indexOf(b.type) || b.created - a.created);
  for (const object of sorted) {
    const found = await look(client, object);
    if (!found) continue;
    switch (object.type) {
      case 'container':
        await removeContainer(client, object.id);
        break;
      case 'volume':
        await (found.keeps ? removeKeptVolume : removeVolume)(client, object.id);
        break;
      case 'network':
        await gone(client.quick('removing a network', (abortSignal) => client.docker.getNetwork(object.id).remove({ abortSignal })));
        break;
      case 'image':
        await removeImage(client, object.id);
        break;
      case 'folder':
        // The host engine's.
        break;
    }
  }
}

async function removeImage(client: Client, id: string): Promise<void> {
  try {
    await gone(client.quick('removing an image', (abortSignal) => client.docker.getImage(id).remove({ abortSignal }), 120_000));
  } catch (error) {
    // Podman says it with 500.
    const inUse = error instanceof EngineError && (error.status === 409 || /more than one tag|in use by/i.test(error.reason));
    if (!inUse) throw error;
  }
}

/** What the engine says of an object now; nothing if it is gone or not ours. */
async function look(client: Client, { type, id }: OwnedObject): Promise<ReturnType<typeof fromEngineLabels>> {
  const { docker } = client;
  const labelsOf = async (): Promise<EngineLabels> => {
    switch (type) {
      case 'container':
        return (await client.quick('looking at a container', (abortSignal) => docker.getContainer(id).inspect({ abortSignal }))).Config.Labels;
      case 'volume':
        return (await client.quick('looking at a volume', (abortSignal) => docker.getVolume(id).inspect({ abortSignal }))).Labels;
      case 'network':
        return ((await client.quick('looking at a network', () => docker.getNetwork(id).inspect())) as { Labels?: Record<string, string> }).Labels;
      case 'image':
        return (await client.quick('looking at an image', () => docker.getImage(id).inspect())).Config?.Labels;
      case 'folder':
        return undefined;
    }
  };
  try {
    return fromEngineLabels(await labelsOf());
  } catch (error) {
    if (error instanceof EngineError && error.status === 404) return undefined;
    throw error;
  }
}

function seconds(iso: string | undefined): number {
  const time = iso === undefined ? NaN : Date.parse(iso);
  return Number.isNaN(time) ? 0 : Math.floor(time / 1000);
}
