import { fail, type Labels } from '@crpm/core';
import { bytesBlob, digestOf, DOCKER_MANIFEST, DOCKER_MANIFEST_LIST, IMAGE_CONFIG, IMAGE_INDEX, IMAGE_MANIFEST, LAYER_TAR, LAYER_TAR_GZIP, RegistryError, type CallOptions, type Descriptor, type ImageManifest, type Manifest, type Repository } from '@crpm/oci';
import { toEngineLabels } from '../labels.js';

/** A layer, as manifest and config name it. */
export interface Layer {
  readonly descriptor: Descriptor;
  /** sha256 of its tar, uncompressed. */
  readonly diffId: string;
}

/** An image in our repository, taken apart. */
export interface StoredImage {
  /** Of the manifest. */
  readonly digest: string;
  readonly layers: readonly Layer[];
  readonly config: ImageConfig;
}

/** The parts of an OCI image config that matter here; the rest stays as it is. */
export interface ImageConfig {
  readonly architecture?: string;
  readonly os?: string;
  readonly config?: { readonly Env?: readonly string[]; readonly Labels?: Readonly<Record<string, string>> | null; readonly [key: string]: unknown };
  readonly rootfs?: { readonly type?: string; readonly diff_ids?: readonly string[] };
  readonly [key: string]: unknown;
}

const LAYER_TYPES: Readonly<Record<string, string>> = {
  'application/vnd.docker.image.rootfs.diff.tar.gzip': LAYER_TAR_GZIP,
  'application/vnd.docker.image.rootfs.diff.tar': LAYER_TAR,
};

export interface CopyOptions extends CallOptions {
  readonly line: (text: string) => void;
  /** Layers can be taken over without sending them. */
  readonly sameRegistry: boolean;
  /** Throws for an image that is not to be copied. */
  readonly check: (config: ImageConfig) => void;
}

/** The images of an engine: manifests by digest in one repository of the registry that nodes and this machine reach. */
export class ImageStore {
  private readonly read = new Map<string, StoredImage>();

  constructor(readonly repository: Repository) {}

  has(digest: string, options: CallOptions = {}): Promise<boolean> {
    return this.repository.hasManifest(digest, options);
  }

  /** @throws FailureError `environment` when it is gone. */
  async require(digest: string, options: CallOptions = {}): Promise<StoredImage> {
    const known = this.read.get(digest);
    if (known) return known;
    const manifest = await this.repository.getManifest(digest, options);
    if (!manifest) fail({ class: 'environment', message: `the image ${digest} is gone from ${this.repository.name}`, next: 'Run again with --force: it is made anew.' });
    const image = await takeApart(this.repository, manifest, options);
    this.read.set(digest, image);
    return image;
  }

  /** Copies an image of another repository into ours, layer by layer, all of it verified. */
  async copyFrom(source: Repository, manifest: Manifest, options: CopyOptions): Promise<StoredImage> {
    const image = await takeApart(source, manifest, options);
    options.check(image.config);
    for (const { descriptor } of image.layers) {
      if (await this.repository.hasBlob(descriptor, options)) continue;
      if (options.sameRegistry && (await this.repository.mountBlob(descriptor.digest, source.path, options))) continue;
      options.line(`copying ${descriptor.digest} (${descriptor.size} bytes) to ${this.repository.name}`);
      const { digest } = await this.repository.pushStream(source.pullBlob(descriptor, options), options);
      if (digest !== descriptor.digest) throw new Error(`a layer changed its digest on the way: ${descriptor.digest} became ${digest}`);
    }
    return this.put(image.layers, image.config, options);
  }

  /** An image of these layers, in this order. */
  async put(layers: readonly Layer[], config: ImageConfig, options: CallOptions = {}): Promise<StoredImage> {
    const whole = { ...config, rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) }, history: [] };
    const bytes = Buffer.from(JSON.stringify(whole));
    await this.repository.pushBlob(bytesBlob(bytes), options);
    const manifest: ImageManifest = {
      schemaVersion: 2,
      mediaType: IMAGE_MANIFEST,
      config: { mediaType: IMAGE_CONFIG, digest: digestOf(bytes), size: bytes.length },
      layers: layers.map(({ descriptor }) => descriptor),
    };
    const { digest } = await this.repository.putManifest(manifest, undefined, options);
    const image = { digest, layers, config: whole };
    this.read.set(digest, image);
    return image;
  }

  /** Its layers may be those of others; the registry's own collector sees to them. A registry that lets nobody delete keeps it. */
  async remove(digest: string, options: CallOptions = {}): Promise<void> {
    this.read.delete(digest);
    try {
      await this.repository.deleteManifest(digest, options);
    } catch (error) {
      if (!(error instanceof RegistryError && (error.status === 405 || error.reason === 'denied'))) throw error;
    }
  }
}

/** What a derived image says of itself: no program of its own, whose it is, and the variables of what it was made from. */
export function derivedConfig({ config, ...rest }: ImageConfig, labels: Labels): ImageConfig {
  const { Env = [], Labels: old } = config ?? {};
  return { ...rest, config: { Env, WorkingDir: '/', Labels: { ...old, ...toEngineLabels(labels) } } };
}

/** `PATH` and the like that an image sets. */
export function variablesOf({ config }: ImageConfig): Readonly<Record<string, string>> {
  return Object.fromEntries((config?.Env ?? []).map((entry): [string, string] => (entry.includes('=') ? [entry.slice(0, entry.indexOf('=')), entry.slice(entry.indexOf('=') + 1)] : [entry, ''])));
}

/** The manifest for one architecture of an image that may be one for several. */
export async function manifestFor(repository: Repository, reference: string, goArch: string, options: CallOptions): Promise<Manifest | 'absent' | 'other-arch'> {
  const manifest = await repository.getManifest(reference, options);
  if (!manifest) return 'absent';
  if (![IMAGE_INDEX, DOCKER_MANIFEST_LIST].includes(manifest.descriptor.mediaType)) return manifest;
  const { manifests = [] } = JSON.parse(manifest.bytes.toString()) as { manifests?: readonly (Descriptor & { platform?: { architecture?: string; os?: string } })[] };
  const fitting = manifests.find(({ platform }) => platform?.architecture === goArch && (platform.os ?? 'linux') === 'linux');
  if (!fitting) return 'other-arch';
  return (await repository.getManifest(fitting.digest, options)) ?? 'absent';
}

async function takeApart(repository: Repository, { descriptor, bytes }: Manifest, options: CallOptions): Promise<StoredImage> {
  const manifest = JSON.parse(bytes.toString()) as ImageManifest;
  if (![IMAGE_MANIFEST, DOCKER_MANIFEST].includes(manifest.mediaType ?? descriptor.mediaType)) noImage(repository, descriptor, `it is ${manifest.mediaType}`);
  const config = JSON.parse((await repository.pullBytes(manifest.config, options)).toString()) as ImageConfig;
  const diffIds = config.rootfs?.diff_ids ?? [];
  if (diffIds.length !== manifest.layers.length) noImage(repository, descriptor, `its config names ${diffIds.length} layers, its manifest ${manifest.layers.length}`);
  const layers = manifest.layers.map((layer, i): Layer => ({ descriptor: { mediaType: LAYER_TYPES[layer.mediaType] ?? layer.mediaType, digest: layer.digest, size: layer.size }, diffId: diffIds[i] ?? '' }));
  return { digest: descriptor.digest, layers, config };
}

function noImage(repository: Repository, { digest }: Descriptor, why: string): never {
  fail({ class: 'usage', message: `${repository.name}@${digest} is no image that can be built on: ${why}`, next: 'Name another image in the basesystem.' });
}
