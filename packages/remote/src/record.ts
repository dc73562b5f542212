import { err, ok, type Input, type Json, type OutputFile, type Result } from '@crpm/core';
import type { CachedResult } from '@crpm/state';

/** What is told of a result beside its files: the `config` of its manifest. */
export interface ResultRecord extends Omit<CachedResult, 'from'> {
  readonly format: 1;
  /** Who made it, for people: `ci@builder-3`. */
  readonly by: string;
  /** Version of crpm that made it. */
  readonly crpm: string;
}

const MOST_FILES = 10_000;
/** What one result may come to, bytes. */
const LARGEST = 64 * 1024 ** 3;

export function formatRecord(record: ResultRecord): Buffer {
  return Buffer.from(JSON.stringify(record));
}

/** Reads a record that anybody may have written. The error is for people. */
export function parseRecord(bytes: Buffer): Result<ResultRecord, string> {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString());
  } catch {
    return err('its record is no JSON');
  }
  if (!isObject(value)) return err('its record is no object');
  const { format, fingerprint, node, kind, at, ms, inputs, files, data, digest, by, crpm } = value;
  if (format !== 1) return err(`its record is of the format ${JSON.stringify(format)}, which this crpm does not know`);
  if (!isDigest(fingerprint) || !isDigest(digest) || !isWord(node) || !isWord(kind) || !isWord(by) || !isWord(crpm)) return err('its record lacks what names it');
  if (typeof at !== 'string' || !/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(at) || Number.isNaN(Date.parse(at))) return err('its record does not say when it was made');
  if (typeof ms !== 'number' || !(ms >= 0) || ms > 1e10) return err('its record does not say how long it took');
  if (!Array.isArray(inputs) || !inputs.every(isInput)) return err('its record does not say what it was made from');
  if (!Array.isArray(files) || files.length > MOST_FILES || !files.every(isFile)) return err('its record names files that no result can have');
  const paths = files.map(({ path }) => path);
  if (new Set(paths).size !== paths.length || paths.some((path) => parents(path).some((parent) => paths.includes(parent)))) return err('its record names two files with one name');
  if (files.reduce((sum, { size }) => sum + size, 0) > LARGEST) return err('its record names files that are too large');
  return ok({ format, fingerprint, node, kind, at, ms, inputs: inputs.map(({ name, value: of }) => ({ name, value: of })), files: files.map(({ path, size, digest: of }) => ({ path, size, digest: of })), data: (data ?? null) as Json, digest, by, crpm });
}

/** The result without what is told of who made it. */
export function resultIn({ fingerprint, node, kind, at, ms, inputs, files, data, digest }: ResultRecord): CachedResult {
  return { fingerprint, node, kind, at, ms, inputs, files, data, digest };
}

function isInput(value: unknown): value is Input {
  return isObject(value) && typeof value['name'] === 'string' && typeof value['value'] === 'string';
}

function isFile(value: unknown): value is OutputFile {
  return isObject(value) && isInside(value['path']) && isDigest(value['digest']) && Number.isSafeInteger(value['size']) && (value['size'] as number) >= 0;
}

/** A path that can't lead out of the folder that it is in, nor name what people would read otherwise. */
function isInside(path: unknown): path is string {
  if (typeof path !== 'string' || path.length > 1024) return false;
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && Buffer.byteLength(part) <= 255 && !/[\u0000-\u001f\u007f-\u009f\\\u202a-\u202e\u2066-\u2069]/.test(part));
}

function parents(path: string): readonly string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}

function isDigest(value: unknown): value is string {
  return typeof value === 'string' && /^sha256:[0-9a-f]{64}$/.test(value);
}

/** A short line that may be shown. */
function isWord(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= 300 && !/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/.test(value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
