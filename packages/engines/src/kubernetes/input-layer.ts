import { createReadStream, createWriteStream } from 'node:fs';
import { open, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { bytesOf, encodeHeader, END_OF_ARCHIVE, paddingOf } from '@crpm/archive';
import { fail } from '@crpm/core';
import { fileBlob, LAYER_TAR_GZIP, RunningDigest, type Repository } from '@crpm/oci';
import { cancelled } from '../cancelled.js';
import type { Layer } from './image-store.js';
import { INPUTS } from './places.js';

/** Of gzip: what is sent is often packed already, and lives for one Job. */
const LEVEL = 1;

/**
 * Sends an archive to the registry as a layer that holds it in one file, `name` below `/.crpm-in`, where a pod's wrapper unpacks it: names that mean something in a layer (whiteouts), times and links
 * arrive as they are. `file` is where it lies meanwhile.
 * @throws what `tar` fails with; FailureError `environment` for an archive that is cut.
 */
export async function pushInput(repository: Repository, tar: Readable, { file, name, signal }: { readonly file: string; readonly name: string; readonly signal: AbortSignal }): Promise<Layer> {
  const what = 'sending files to the registry';
  const packed = `${file}.gz`;
  try {
    await spool(tar, file, signal, what);
    const { size } = await stat(file);
    const diff = new RunningDigest();
    const digest = new RunningDigest();
    await pipeline(layerOf(file, size, name, diff), createGzip({ level: LEVEL }), noting(digest), createWriteStream(packed), { signal });
    const blob = { size: digest.size, digest: digest.end() };
    await repository.pushBlob(fileBlob(packed, blob), { signal });
    return { descriptor: { mediaType: LAYER_TAR_GZIP, ...blob }, diffId: diff.end() };
  } catch (error) {
    if (signal.aborted) throw cancelled(what);
    throw error;
  } finally {
    tar.destroy();
    await Promise.all([file, packed].map((path) => rm(path, { force: true })));
  }
}

async function spool(tar: Readable, file: string, signal: AbortSignal, what: string): Promise<void> {
  if (signal.aborted) throw cancelled(what);
  await pipeline(tar, createWriteStream(file), { signal });
  const { size } = await stat(file);
  const end = Buffer.alloc(END_OF_ARCHIVE.length, 1);
  const handle = await open(file, 'r');
  try {
    if (size % 512 === 0 && size >= end.length) await handle.read(end, 0, end.length, size - end.length);
  } finally {
    await handle.close();
  }
  if (!end.equals(END_OF_ARCHIVE)) fail({ class: 'environment', message: `${what}: the archive has no end, so it was cut`, next: 'Run again.', transient: true });
}

async function* layerOf(file: string, size: number, name: string, diff: RunningDigest): AsyncGenerator<Buffer> {
  const path = bytesOf(`${INPUTS}/${name}`.slice(1));
  const parts = [
    encodeHeader({ type: 'directory', path: bytesOf(dirname(path)), mode: 0o700, size: 0, mtime: 0 }),
    encodeHeader({ type: 'file', path, mode: 0o600, size, mtime: 0 }),
    createReadStream(file, { highWaterMark: 1024 * 1024 }),
    Buffer.alloc(paddingOf(size)),
    END_OF_ARCHIVE,
  ];
  for (const part of parts) {
    for await (const chunk of Buffer.isBuffer(part) ? [part] : (part as AsyncIterable<Buffer>)) {
      diff.update(chunk);
      yield chunk;
    }
  }
}

function noting(digest: RunningDigest) {
  return async function* (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      digest.update(chunk);
      yield chunk;
    }
  };
}
