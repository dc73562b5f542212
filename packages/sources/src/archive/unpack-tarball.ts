import { closeSync, createReadStream, lstatSync, mkdirSync, openSync, readdirSync, readSync, renameSync, rmdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { unpack } from '@crpm/archive';
import { temporaryName } from '@crpm/state';
import { decompressed, HEAD_BYTES, TAR } from './decompress.js';

/** Far above any source archive there is. */
const LIMITS = { entries: 2_000_000, bytes: 64 * 1024 ** 3 };

/**
 * Unpacks a tarball into an empty folder; where all of it is in one folder, as is the custom, that folder becomes `dir`. Names are byte-exact, nothing is written
 * outside, links are stored as they are and never followed. `what` names the archive in messages.
 */
export async function unpackTarball(file: string, dir: string, what: string): Promise<void> {
  const into = join(dirname(dir), temporaryName('unpacked'));
  mkdirSync(into, { mode: 0o700 });
  const packed = createReadStream(file);
  try {
    await unpack(decompressed(packed, headOf(file), what, TAR), into, { limits: LIMITS, links: 'any', from: what });
  } finally {
    packed.destroy();
  }
  const [only, ...others] = readdirSync(into);
  const top = only !== undefined && others.length === 0 ? join(into, only) : undefined;
  rmdirSync(dir);
  renameSync(top !== undefined && lstatSync(top).isDirectory() ? top : into, dir);
}

function headOf(file: string): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  const fd = openSync(file, 'r');
  try {
    return head.subarray(0, readSync(fd, head, 0, HEAD_BYTES, 0));
  } finally {
    closeSync(fd);
  }
}
