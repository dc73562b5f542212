import { FailureError, type NodeContext } from '@crpm/core';
import { keepSnapshot, removeTree, storedTree, type Manifest } from '@crpm/sources';
import { errorCode } from '@crpm/state';

import type { TreePlace } from '../params.js';
import { FORMATS, placeTree, type PlacedTree } from './place.js';
import { memoryFile, type Role, type Scans } from './scans.js';

/** A tree as it goes into the result of its node. */
export interface RecordedTree extends PlacedTree {
  readonly manifest: Manifest;
  readonly snapshot?: string;
}

/** Gets a tree, looks at it, and keeps it as a git commit. A tree that is being saved just now gets a second chance. */
export async function recordTree(context: NodeContext, role: Role, place: TreePlace, scans: Scans): Promise<RecordedTree> {
  const placed = await intactTree(context, role, place, scans);
  const { dir } = placed;
  let { manifest } = placed;
  for (let again = false; ; again = true) {
    try {
      const snapshot = await snapshotOf(context, role, dir, manifest);
      return { ...placed, manifest, ...(snapshot === undefined ? {} : { snapshot }) };
    } catch (error) {
      if (again || !(error instanceof FailureError) || error.failure.class !== 'source') throw error;
      manifest = await scans.take(context, role, place, dir);
    }
  }
}

/** Of a fetched tree, somebody may have written into the cache: then it is made again. */
async function intactTree(context: NodeContext, role: Role, place: TreePlace, scans: Scans): Promise<PlacedTree & { readonly manifest: Manifest }> {
  const placed = await placeTree(place, context);
  const manifest = await scans.take(context, role, place, placed.dir);
  if (place.kind === 'dir' || placed.pin === undefined) return { ...placed, manifest };
  const key = `${place.kind === 'git' ? 'git' : FORMATS[place.format].prefix}-${placed.pin}` as const;
  if (storedTree(context.workspace.cache, key)?.record.digest === manifest.digest) return { ...placed, manifest };
  context.report.warn(`${placed.dir} was changed; it is made again. Edit a folder of your own, and name it under dir`);
  removeTree(context.workspace.cache, key);
  const again = await placeTree(place, context);
  return { ...again, manifest: await scans.take(context, role, place, again.dir) };
}

/** Without a snapshot the build goes on; only what it was made of can't be had again. */
async function snapshotOf(context: NodeContext, role: Role, dir: string, manifest: Manifest): Promise<string | undefined> {
  const { workspace, node, signal } = context;
  try {
    return await keepSnapshot({ dir, manifest, cacheDir: workspace.cache, lastFile: memoryFile(context, role, '.last'), title: `${node.id} of ${dir}`, workspace: workspace.id, signal });
  } catch (error) {
    const ofMachine = error instanceof FailureError ? ['environment', 'locked'].includes(error.failure.class) : errorCode(error) !== undefined;
    if (!ofMachine) throw error;
    context.report.warn(`no snapshot of ${dir} could be kept, so crpm source export can't recreate this build: ${(error as Error).message}`);
    return undefined;
  }
}
