import { err, ok, type Result } from '@crpm/core';
import { isDigest, IMAGE_MANIFEST, type Descriptor, type ImageManifest } from '@crpm/oci';
import type { ResultRecord } from './record.js';

export const RESULT_TYPE = 'application/vnd.crpm.result.v1';
export const RECORD_TYPE = 'application/vnd.crpm.result.record.v1+json';
const FILE_TYPE = 'application/octet-stream';

/** A record is small, even with the inputs of a large graph. */
const LARGEST_RECORD = 16 * 1024 * 1024;

const PREFIX = 'result-';
const NODE = 'io.crpm.node';
const BY = 'io.crpm.by';
const CREATED = 'org.opencontainers.image.created';
const TITLE = 'org.opencontainers.image.title';

/** The tag that a fingerprint's result has. */
export function tagOf(fingerprint: string): string {
  return PREFIX + fingerprint.replace('sha256:', '');
}

/** The fingerprint that a tag stands for; nothing for any other tag. */
export function fingerprintOfTag(tag: string): string | undefined {
  const hex = tag.startsWith(PREFIX) ? tag.slice(PREFIX.length) : '';
  return /^[0-9a-f]{64}$/.test(hex) ? `sha256:${hex}` : undefined;
}

/** One result: the record is the config, each file a layer under its name. */
export function manifestOf(record: ResultRecord, config: { readonly digest: string; readonly size: number }): ImageManifest {
  const layers = new Map(record.files.map(({ path, digest, size }) => [digest, { mediaType: FILE_TYPE, digest, size, annotations: { [TITLE]: path } }]));
  return {
    schemaVersion: 2,
    mediaType: IMAGE_MANIFEST,
    artifactType: RESULT_TYPE,
    config: { mediaType: RECORD_TYPE, ...config },
    layers: [...layers.values()],
    annotations: { [CREATED]: record.at, [NODE]: record.node, [BY]: record.by },
  };
}

/** What a manifest says of itself; for lists. */
export interface Overview {
  readonly node: string;
  readonly by: string;
  /** ISO 8601 */
  readonly at: string;
  /** bytes, of all its files */
  readonly size: number;
}

export interface ReadManifest {
  readonly record: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly overview: Overview;
}

/** Reads a manifest that anybody may have written. */
export function parseManifest(bytes: Buffer): Result<ReadManifest, string> {
  let value: Partial<Record<keyof ImageManifest, unknown>> | null;
  try {
    value = JSON.parse(bytes.toString()) as typeof value;
  } catch {
    return err('its manifest is no JSON');
  }
  const { config, layers, annotations, artifactType } = value ?? {};
  if (!isDescriptor(config) || config.mediaType !== RECORD_TYPE || (artifactType !== undefined && artifactType !== RESULT_TYPE)) return err('its manifest is that of something else');
  if (config.size > LARGEST_RECORD) return err('its record is too large');
  if (!Array.isArray(layers) || !layers.every(isDescriptor)) return err('its manifest names no files');
  const notes = (typeof annotations === 'object' && annotations !== null ? annotations : {}) as Readonly<Record<string, unknown>>;
  const note = (key: string) => (typeof notes[key] === 'string' ? notes[key] : '');
  return ok({ record: config, layers, overview: { node: note(NODE), by: note(BY), at: note(CREATED), size: layers.reduce((sum, { size }) => sum + size, 0) } });
}

function isDescriptor(value: unknown): value is Descriptor {
  const { mediaType, digest, size } = (value ?? {}) as Readonly<Record<string, unknown>>;
  return typeof mediaType === 'string' && typeof digest === 'string' && isDigest(digest) && Number.isSafeInteger(size) && (size as number) >= 0;
}
