import { fail, type Image, type ImageSource, type PrepareOptions } from '@crpm/core';
import { isDigest } from '@crpm/oci/digest';
import { bytesBlob, IMAGE_INDEX, Registry, type Descriptor, type Manifest } from '@crpm/oci';
import { isLocal, parseReference } from '../docker/reference.js';
import { archOf, goArchOf } from '../go-arch.js';
import type { Surroundings } from './cluster.js';
import { manifestFor, type ImageConfig } from './image-store.js';
import { shortHash } from './names.js';

/**
 * The image that a name means, copied into our repository: the kubelet pulls what is built on it from there alone, by digest. A tag there remembers what a name meant.
 * @throws FailureError `usage` for an image that is not there, or not for this architecture.
 */
export async function prepareInCluster(around: Surroundings, source: Extract<ImageSource, { kind: 'image' }>, env: NodeJS.ProcessEnv, options: PrepareOptions): Promise<Image> {
  const reference = parseReference(source.reference);
  const goArch = goArchOf(options.arch);
  const { signal, line } = options;
  const tag = `base-${shortHash(JSON.stringify([source.reference, goArch]), 24)}`;
  const { repository } = around.place;
  if (!source.pull) {
    const known = await remembered(around, tag, source.reference, signal);
    if (known !== undefined) return { id: known };
  }
  if (isLocal(reference)) {
    fail({ class: 'usage', message: `no registry has ${reference.text}: names of localhost/ are of one machine's engine`, next: `Push it where the cluster gets it from (docker tag, docker push ${around.place.name}:TAG), and name that in the basesystem.` });
  }
  const own = reference.registry === around.place.host;
  const registry = own ? around.place.registry : new Registry(reference.registry, { env, warn: line });
  try {
    const path = reference.name.slice(reference.name.startsWith(`${reference.registry}/`) ? reference.registry.length + 1 : 0);
    const from = registry.repository(reference.registry === 'docker.io' && !path.includes('/') ? `library/${path}` : path);
    const manifest = await manifestFor(from, reference.digest ?? reference.tag ?? 'latest', goArch, { signal });
    if (manifest === 'absent') fail({ class: 'usage', message: `there is no image ${reference.text}`, next: `Check the name and tag in the basesystem; if ${reference.registry} keeps it private: docker login ${reference.registry}` });
    if (manifest === 'other-arch') fail({ class: 'usage', message: `${reference.text} does not exist for ${options.arch}`, next: 'Name an image of that architecture in the basesystem, or leave the architecture out of arch.' });
    const check = ({ architecture }: ImageConfig): void => {
      if (architecture !== undefined && architecture !== goArch) fail({ class: 'usage', message: `${reference.text} exists for ${archOf(architecture)} only; ${options.arch} is wanted`, next: 'Name an image of that architecture in the basesystem, or leave the architecture out of arch.' });
    };
    const image = await around.images.copyFrom(from, manifest, { signal, line, sameRegistry: own, check });
    const stored = await repository.getManifest(image.digest, { signal });
    if (stored) await repository.putManifest(noteOf(stored, source.reference, goArch), tag, { signal });
    return { id: image.digest };
  } finally {
    if (!own) registry.close();
  }
}

/** Annotation of what a tag points to: the name that it was made for. */
const MADE_FOR = 'dev.crpm.base';

/** An index with the one image, which says what it is. */
function noteOf({ descriptor }: Manifest, reference: string, architecture: string): Manifest {
  const index = { schemaVersion: 2, mediaType: IMAGE_INDEX, manifests: [{ ...descriptor, platform: { architecture, os: 'linux' } }], annotations: { [MADE_FOR]: reference } };
  const bytes = Buffer.from(JSON.stringify(index));
  const { digest, size } = bytesBlob(bytes);
  return { descriptor: { mediaType: IMAGE_INDEX, digest, size }, bytes };
}

/** What a name meant, by its tag. Anybody may move a tag: what does not say that it was made for this name, or is no longer there, is no answer. */
async function remembered({ place: { repository }, images }: Surroundings, tag: string, reference: string, signal: AbortSignal): Promise<string | undefined> {
  const found = await repository.getManifest(tag, { signal });
  if (found?.descriptor.mediaType !== IMAGE_INDEX) return undefined;
  const { manifests, annotations } = JSON.parse(found.bytes.toString()) as { readonly manifests?: readonly Descriptor[]; readonly annotations?: Readonly<Record<string, string>> };
  const digest = manifests?.[0]?.digest;
  if (annotations?.[MADE_FOR] !== reference || digest === undefined || !isDigest(digest)) return undefined;
  return (await images.has(digest, { signal })) ? digest : undefined;
}
