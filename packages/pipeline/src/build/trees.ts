import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { bytesOf } from '@crpm/archive';
import { fail, FailureError, type InputContext, type Work } from '@crpm/core';
import { packTree, parseManifest, type Manifest } from '@crpm/sources';

import type { SourceFact } from '../facts.js';
import { needFact, needOf } from '../needs.js';
import { BUILD_TIME } from './reproducible.js';

/** A tree on this machine, with the snapshot that a `source` node took of it. */
export interface SnapshotTree {
  readonly dir: string;
  readonly manifest: Manifest;
}

/** The snapshots that the `source` node among the needs took: of the source tree, and of the dist-git folder if there is one. */
export async function snapshots(context: InputContext): Promise<{ readonly tree: SnapshotTree; readonly spec: SnapshotTree | undefined }> {
  const fact = needFact<SourceFact>(context, 'source');
  const { dir } = needOf(context, 'source');
  const read = async (file: string) => parseManifest(await readFile(join(dir, file), 'utf8'), join(dir, file));
  return {
    tree: { dir: fact.here.dir, manifest: await read('manifest.json') },
    spec: fact.here.specDir === undefined ? undefined : { dir: fact.here.specDir, manifest: await read('spec.json') },
  };
}

/** Sends a tree, or the files of it that `only` picks, into a work folder below `prefix`. All files are of one moment, the one that archives are packed with. */
export async function putTree(work: Work, { dir, manifest }: SnapshotTree, prefix: string, only?: (path: string) => boolean): Promise<void> {
  const options = { prefix, mtime: BUILD_TIME, ...(only ? { only: new Set(manifest.entries.map((entry) => entry.path).filter(only)) } : {}) };
  await withSecondChance(() => work.put(packTree(dir, manifest, options)));
}

/** For what packs files of a tree anew each time that it is called: one that is being saved just now gets a second chance. */
export async function withSecondChance<T>(send: () => Promise<T>): Promise<T> {
  try {
    return await send();
  } catch (error) {
    if (!(error instanceof FailureError) || error.failure.class !== 'source') throw error;
    return send();
  }
}

/** A text file of a snapshot as it is on disk; nothing if the snapshot has none. UTF-8, as all specs and version files are. */
export async function readTreeFile({ dir, manifest }: SnapshotTree, path: string): Promise<string | undefined> {
  const entry = manifest.entries.find((known) => known.path === bytesOf(path));
  if (!entry) return undefined;
  const content = await readFile(join(dir, path)).catch(() => undefined);
  const same = content !== undefined && (entry.type === 'symlink' || entry.sha256 === createHash('sha256').update(content).digest('hex'));
  if (!same) fail({ class: 'source', message: `changed while reading: ${path}`, next: 'Run again when nothing writes to the tree.' });
  return content.toString('utf8');
}

