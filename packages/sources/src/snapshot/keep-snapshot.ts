import { realpathSync } from 'node:fs';
import { FailureError } from '@crpm/core';
import { bytesOf } from '@crpm/archive';
import { errorCode } from '@crpm/state';
import type { Manifest } from '../manifest.js';
import { importTree, type Base } from './fast-import.js';
import { readLastTree, writeLastTree } from './last-tree.js';
import { digestHex, openRepository, readRecord, refOf, repositoryOf, touchRecord, withRepository, writeRecord, type SnapshotRecord } from './repository.js';

export interface SnapshotOptions {
  /** The tree that `manifest` was made of. */
  readonly dir: string;
  readonly manifest: Manifest;
  readonly cacheDir: string;
  /** Remembers the last snapshot of this tree, from which the next one is made; one file per tree. */
  readonly lastFile: string;
  /** For people, in lists of what the cache holds. */
  readonly title: string;
  readonly workspace: string;
  readonly signal?: AbortSignal;
}

/**
 * Keeps a tree, exactly as its manifest says, as a git commit in crpm's own repository in the cache: only what changed since the last snapshot of the
 * tree is read. Equal trees are equal commits. The user's own repository has no part in it.
 *
 * Resolves to the commit's id (40 hex digits). Throws a `FailureError`: class `source` if the tree is no longer as the manifest says, `cancelled`,
 * or what keeps it from being written (`environment`, `locked`).
 */
export async function keepSnapshot(options: SnapshotOptions): Promise<string> {
  const { cacheDir, manifest, signal } = options;
  const digest = digestHex(manifest.digest);
  const known = used(repositoryOf(cacheDir), digest);
  if (known !== undefined) return known.commit;
  return withRepository(cacheDir, 'crpm run: a snapshot of a tree', signal, async () => {
    const repository = await openRepository(cacheDir, signal);
    const { title, workspace } = options;
    const { commit, tree, bytes } = await imported(repository, digest, options);
    writeRecord(repository, { digest, commit, tree, bytes, title, workspace });
    writeLastTree(options.lastFile, manifest);
    return commit;
  });
}

/** On top of the last snapshot, if that is there; where it turns out to be damaged, from nothing. */
async function imported(repository: string, digest: string, { dir, manifest, lastFile, signal }: SnapshotOptions) {
  const options = { repository, ref: refOf(digest), root: bytesOf(realpathSync(dir)), manifest, signal };
  const base = lastOf(lastFile, repository);
  if (base === undefined) return importTree(options);
  try {
    return await importTree({ ...options, base });
  } catch (error) {
    if (!(error instanceof FailureError) || error.failure.class !== 'environment') throw error;
    return importTree(options);
  }
}

function lastOf(file: string, repository: string): Base | undefined {
  const last = readLastTree(file);
  const record = last && readRecord(repository, last.digest);
  return record && { tree: record.tree, text: last.text };
}

function used(repository: string, digest: string): SnapshotRecord | undefined {
  const record = readRecord(repository, digest);
  try {
    if (record) touchRecord(repository, digest);
    return record;
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
    return undefined; // thrown away just now
  }
}
