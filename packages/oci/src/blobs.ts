import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { digestOf, RunningDigest } from './digest.js';
import type { Blob } from './types.js';

export function bytesBlob(bytes: Buffer): Blob {
  return { digest: digestOf(bytes), size: bytes.length, open: (start, end) => Readable.from([bytes.subarray(start, end)], { objectMode: false }) };
}

/** A file whose digest is known. Should it hold something else by now, the registry says so. */
export function fileBlob(file: string, known: { readonly digest: string; readonly size: number }): Blob {
  return { ...known, open: (start, end) => (end > start ? createReadStream(file, { start, end: end - 1 }) : Readable.from([])) };
}

/** A file, read once for its digest. */
export async function hashedFileBlob(file: string): Promise<Blob> {
  const running = new RunningDigest();
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 })) running.update(chunk as Buffer);
  const { size } = running;
  return fileBlob(file, { digest: running.end(), size });
}
