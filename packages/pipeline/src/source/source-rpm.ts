import { closeSync, createReadStream, openSync, readdirSync, readSync } from 'node:fs';

import { cpioAsTar, isCpio, unpack } from '@crpm/archive';
import { fail } from '@crpm/core';
import { checkRpmDigests, payloadOffset, readRpmHeader } from '@crpm/rpm';
import { decompressed, type ArchiveFormat, type Unpacked } from '@crpm/sources';

/** Far above any source RPM there is. */
const LIMITS = { entries: 10_000, bytes: 64 * 1024 ** 3 };
const HEAD_BYTES = 512;
const CPIO: Unpacked = { is: isCpio, noun: 'source RPM' };

/** A source RPM as the folder that rpm would install: its spec, and the sources and patches beside it. */
export const SOURCE_RPM: ArchiveFormat = { prefix: 'srpm', unpack: unpackSourceRpm };

async function unpackSourceRpm(file: string, dir: string, what: string): Promise<void> {
  const { arch, name } = readRpmHeader(file);
  if (arch === 'nosrc') fail({ class: 'usage', message: `${what} is a source RPM without some of its sources, so it can't be rebuilt`, next: 'Take a whole one, or name its dist-git folder under spec.' });
  if (arch !== 'src') fail({ class: 'usage', message: `${what} is the RPM ${name} for ${arch}, not a source RPM`, next: 'Name RPMs that are built already under rpms.' });
  await checkRpmDigests(file);
  const start = payloadOffset(file);
  const packed = createReadStream(file, { start });
  try {
    await unpack(cpioAsTar(decompressed(packed, headAt(file, start), what, CPIO), what), dir, { limits: LIMITS, links: 'inside', from: what });
  } finally {
    packed.destroy();
  }
  const names = readdirSync(dir, { withFileTypes: true });
  const folder = names.find((entry) => !entry.isFile());
  if (folder !== undefined) fail({ class: 'usage', message: `${what} holds the folder ${folder.name}; a source RPM has files only`, next: 'Make it with rpmbuild -bs.' });
}

function headAt(file: string, position: number): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  const fd = openSync(file, 'r');
  try {
    return head.subarray(0, readSync(fd, head, 0, HEAD_BYTES, position));
  } finally {
    closeSync(fd);
  }
}
