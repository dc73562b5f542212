import { lstatSync, rmSync } from 'node:fs';
import { fail } from '@crpm/core';
import type { BytePath } from '@crpm/archive';
import type { Manifest } from '../../manifest.js';
import { lookAt, readOrEmpty, type Pause } from '../look-at.js';
import { decodeRecord, manifestOf, type GlanceParts, type TreeRecord, type Whole } from '../tree-record.js';
import type { TakeLook } from './early.js';
import { startLook } from './look.js';
import { asText, glanceFile, indexFile } from './names.js';

/**
 * The short way to see that all of a big tree is as it was. Beside the whole record of a scan lie two files: `<record>.glance`, a record of the names that crpm looks at
 * itself (all that decides what belongs to the tree, links, and files touched lately), and an index in which git finds the others.
 */
export interface GlanceOptions {
  /** Of the whole record. */
  readonly cacheFile: string;
  readonly tree: BytePath;
  readonly circumstances: string;
  /** When the scan began, milliseconds since the epoch. */
  readonly started: number;
  readonly pause: Pause;
  readonly signal?: AbortSignal | undefined;
  /** Looks that were started before the scan. */
  readonly look?: TakeLook | undefined;
  /** Called when something is seen to have changed, while git is still looking. */
  readonly expectChange: () => void;
}

/** What was seen: the manifest of the last scan, if nothing changed; or the files and links that may have, of a tree with the same ones. */
export type Seen = { readonly manifest: Manifest } | SeenChanges;

export interface SeenChanges {
  readonly changed: ReadonlySet<BytePath>;
  readonly by: GlanceRecord;
}

/** Nothing says nothing: the tree has to be scanned. */
export async function glance(options: GlanceOptions): Promise<Seen | undefined> {
  const { cacheFile, tree, circumstances, started, pause, signal } = options;
  const record = readGlance(cacheFile, tree);
  if (record === undefined || record.whole.circumstances !== circumstances || started >= (record.glance.again ?? Infinity) || !isWhole(record, cacheFile)) return undefined;
  const index = indexFile(cacheFile, record.glance.indexSha256);
  const stop = new AbortController();
  const look = options.look?.(index) ?? startLook({ tree: asText(tree), index }, AbortSignal.any([stop.signal, ...(signal ? [signal] : [])]));
  try {
    const { basis, names } = record;
    if ((await lookAt(record, tree, { from: 0, to: basis, pause })) !== basis) return undefined;
    const own = new Set(names.slice(basis));
    const changed = new Set(own);
    await lookAt(record, tree, { from: basis, to: names.length, pause, seen: (place) => changed.delete(names[place] ?? '') });
    if (changed.size > 0) options.expectChange();
    const told = await look;
    if (told === undefined) return undefined;
    // What crpm looks at itself may differ from an index that is older.
    for (const path of told) if (!own.has(path)) changed.add(path);
    return changed.size > 0 ? { changed, by: record } : { manifest: manifestOf(record.whole, () => wholeRecord(cacheFile, tree, record.whole.digest)) };
  } finally {
    stop.abort();
  }
}

/** Read when somebody asks what is in the tree: where nothing changed, that is nobody. */
function wholeRecord(cacheFile: string, tree: BytePath, digest: string): TreeRecord {
  const record = decodeRecord(readOrEmpty(cacheFile), tree);
  if (record?.whole?.digest === digest) return record;
  rmSync(glanceFile(cacheFile), { force: true });
  fail({ class: 'environment', message: `${cacheFile} is damaged, or another scan replaced it`, next: 'Run again: the tree is read anew.' });
}

export type GlanceRecord = TreeRecord & { readonly whole: Whole; readonly glance: GlanceParts };

export function readGlance(cacheFile: string, tree: BytePath): GlanceRecord | undefined {
  const record = decodeRecord(readOrEmpty(glanceFile(cacheFile)), tree);
  return record?.whole && record.glance ? { ...record, whole: record.whole, glance: record.glance } : undefined;
}

/** Whether the other files are those that it was left with. */
export function isWhole({ glance }: GlanceRecord, cacheFile: string): boolean {
  return identityOf(cacheFile) === glance.record && identityOf(indexFile(cacheFile, glance.indexSha256)) === glance.index;
}

/** What `lstat` says of a file that is written once: another one has another; nothing if it is not there. */
export function identityOf(file: string): string | undefined {
  const stat = lstatSync(file, { bigint: true, throwIfNoEntry: false });
  return stat && [stat.size, stat.mtimeNs, stat.ctimeNs, stat.ino].join(':');
}
