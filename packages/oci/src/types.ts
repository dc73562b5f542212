import type { Readable } from 'node:stream';

/** What names bytes in a registry, as the OCI image specification has it. */
export interface Descriptor {
  readonly mediaType: string;
  /** `sha256:<hex>` */
  readonly digest: string;
  /** bytes */
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** An image manifest of the OCI image specification 1.1; an artifact is one with an `artifactType`. */
export interface ImageManifest {
  readonly schemaVersion: 2;
  readonly mediaType: typeof IMAGE_MANIFEST;
  readonly artifactType?: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly annotations?: Readonly<Record<string, string>>;
}

export const IMAGE_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const IMAGE_INDEX = 'application/vnd.oci.image.index.v1+json';
export const IMAGE_CONFIG = 'application/vnd.oci.image.config.v1+json';
export const LAYER_TAR = 'application/vnd.oci.image.layer.v1.tar';
export const LAYER_TAR_GZIP = 'application/vnd.oci.image.layer.v1.tar+gzip';
export const DOCKER_MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
export const DOCKER_MANIFEST_LIST = 'application/vnd.docker.distribution.manifest.list.v2+json';
/** Content of {@link EMPTY}: `{}`, what an artifact without a config has in its place. */
export const EMPTY_CONTENT = Buffer.from('{}');
export const EMPTY: Descriptor = {
  mediaType: 'application/vnd.oci.empty.v1+json',
  digest: 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
  size: 2,
};

/** A manifest as the registry gave it; the digest is of these very bytes. */
export interface Manifest {
  readonly descriptor: Descriptor;
  readonly bytes: Buffer;
}

/** Bytes whose digest is known and that can be read again from any place, as a transfer that broke must be. */
export interface Blob {
  readonly digest: string;
  /** bytes */
  readonly size: number;
  /** The bytes from `start` on, up to `end` (not included). */
  open(start: number, end: number): Readable;
}

/** For waiting people; bytes of this blob that the registry has so far. */
export type OnBytes = (bytes: number) => void;

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}
