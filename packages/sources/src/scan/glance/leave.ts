import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, rmSync, utimesSync, type BigIntStats } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fsPath, type BytePath } from '@crpm/archive';
import { writeFileAtomic } from '@crpm/state';
import type { Pause } from '../look-at.js';
import { STAMP_LENGTH } from '../stamps.js';
import { encodeRecord, readHead, type TreeRecord } from '../tree-record.js';
import { identityOf, isWhole, readGlance, type GlanceRecord } from './glance.js';
import { encodeIndex, fitsIndex, type Watched } from './index-file.js';
import { LEAST_FILES, LEFT_ALONE_MS } from './limits.js';
import { makeRepository } from './look.js';
import { glanceFile, indexFile } from './names.js';

export interface LeaveOptions {
  readonly cacheFile: string;
  readonly tree: BytePath;
  /** Of which a scan that began at `started` has seen that all of it is as it was. */
  readonly record: TreeRecord;
  readonly started: number;
  readonly pause: Pause;
}

/**
 * Leaves what the next scan needs for a glance. It costs one more `lstat` per file, so it is only done where a scan found the same files and links as the last one: then another such one
 * is likely to come. What can't be written makes no glance.
 */
export async function leaveGlance({ cacheFile, tree, record, started, pause }: LeaveOptions): Promise<void> {
  const { names, basis, stamps, whole } = record;
  if (whole === undefined || names.length < LEAST_FILES) return;
  const there = readGlance(cacheFile, tree);
  // It was tried just now, and git says other than this scan: as it would the next time.
  if (there && isWhole(there, cacheFile) && started < (there.glance.again ?? Infinity)) return;

  const watched: Watched[] = [];
  const own: number[] = [];
  let young = 0;
  for (const [index, path] of names.entries()) {
    if (index % 64 === 0) await pause();
    const stat = index >= basis ? exactly(`${tree}/${path}`) : undefined;
    const fits = stat !== undefined && fitsIndex(stat) && isStamp(stamps, index * STAMP_LENGTH, stat);
    const isYoung = fits && Math.max(Number(stat.mtimeNs), Number(stat.ctimeNs)) / 1e6 > started - LEFT_ALONE_MS;
    if (fits && !isYoung) watched.push({ path, stat });
    else own.push(index);
    if (isYoung) young++;
  }
  if (watched.length < LEAST_FILES && young < LEAST_FILES) return;
  const indexBytes = encodeIndex(watched.sort((a, b) => (a.path < b.path ? -1 : 1)));
  const indexSha256 = createHash('sha256').update(indexBytes).digest('hex');
  const again = young >= LEAST_FILES ? started + LEFT_ALONE_MS : undefined;
  try {
    const index = indexFile(cacheFile, indexSha256);
    makeRepository(index);
    writeFileAtomic(index, indexBytes, { mode: 0o600, durable: false });
    // git holds what is younger than its index for racy, and reads it: none is.
    utimesSync(index, started / 1000, started / 1000);
    writeGlance({ cacheFile, tree, record }, { own, indexSha256, again });
    removeOthers(cacheFile, index);
  } catch {
    // The next scan looks at every file itself.
  }
}

/**
 * Leaves another glance by the same index, after a scan that found all as it was but the files in `changed`, and left `record`: what changed, crpm looks at itself from then on.
 * `before`: the glance that showed it.
 */
export function keepGlance({ cacheFile, tree, record }: Omit<LeaveOptions, 'started' | 'pause'>, before: GlanceRecord, changed: ReadonlySet<BytePath>): void {
  const looked = new Set([...before.names.slice(before.basis), ...changed]);
  const own = [...record.names.keys()].filter((place) => place < record.basis || looked.has(record.names[place] ?? ''));
  try {
    writeGlance({ cacheFile, tree, record }, { own, indexSha256: before.glance.indexSha256, again: before.glance.again });
  } catch {
    // The next scan looks at every file itself.
  }
}

interface Left {
  /** Places in the record of what crpm looks at itself. */
  readonly own: readonly number[];
  readonly indexSha256: string;
  readonly again: number | undefined;
}

function writeGlance({ cacheFile, tree, record: { names, basis, stamps, whole } }: Pick<LeaveOptions, 'cacheFile' | 'tree' | 'record'>, { own, indexSha256, again }: Left): void {
  const identities = { record: identityOf(cacheFile), index: identityOf(indexFile(cacheFile, indexSha256)) };
  // Another scan may have left another record meanwhile.
  if (whole === undefined || identities.record === undefined || identities.index === undefined || readHead(cacheFile).whole?.digest !== whole.digest) return;
  const left: TreeRecord = {
    names: own.map((place) => names[place] ?? ''),
    basis: own.filter((place) => place < basis).length,
    files: 0,
    stamps: Float64Array.from(own.flatMap((place) => [...stamps.subarray(place * STAMP_LENGTH, (place + 1) * STAMP_LENGTH)])),
    digests: Buffer.alloc(0),
    targets: [],
    whole,
    glance: { record: identities.record, index: identities.index, indexSha256, ...(again === undefined ? {} : { again }) },
  };
  writeFileAtomic(glanceFile(cacheFile), encodeRecord(left, tree), { mode: 0o600, durable: false });
}

function exactly(path: BytePath): BigIntStats | undefined {
  try {
    return lstatSync(fsPath(path), { bigint: true });
  } catch {
    return undefined;
  }
}

/** Whether this is what the scan saw: Node makes milliseconds of nanoseconds just so. */
function isStamp(stamps: Float64Array, at: number, stat: BigIntStats): boolean {
  return (
    stamps[at] === Number(stat.size) && stamps[at + 1] === toMs(stat.mtimeNs) && stamps[at + 2] === toMs(stat.ctimeNs) && stamps[at + 3] === Number(stat.ino) && stamps[at + 4] === Number(stat.mode)
  );
}

function toMs(ns: bigint): number {
  return Number(ns / 1_000_000_000n) * 1e3 + Number(ns % 1_000_000_000n) / 1e6;
}

function removeOthers(cacheFile: string, kept: string): void {
  const [folder, prefix] = [dirname(cacheFile), `${basename(cacheFile)}.`];
  for (const name of readdirSync(folder)) {
    const file = join(folder, name);
    if (file !== kept && /^[0-9a-f]{16}\.index$/.test(name.slice(prefix.length)) && name.startsWith(prefix)) rmSync(file, { force: true });
  }
}
