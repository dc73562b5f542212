import { bytesOf } from '@crpm/archive';
import { fail, type NodeContext, type Work } from '@crpm/core';

import type { BuildrootFact } from '../facts.js';
import { needFact } from '../needs.js';
import type { DistParams } from '../params.js';
import type { ArchiveNames } from './expanded-spec.js';
import { decidePatches, DOWNSTREAM_MARKER, dropPatches, stripLevel, type PatchDecision, type SpecPatch } from './patches.js';
import { BUILD_TIME } from './reproducible.js';
import { PACK, script } from './scripts.js';
import { putSubprojects } from './subprojects.js';
import type { PlacedSpec } from './spec.js';
import { putTree, readTreeFile, type SnapshotTree } from './trees.js';
import { mustRun } from './work.js';
import { tryPatches } from './try-patches.js';

/** What a source archive is made from. */
export interface ArchiveRecipe {
  readonly spec: PlacedSpec;
  readonly names: ArchiveNames;
  readonly patches: readonly SpecPatch[];
  readonly tree: SnapshotTree;
}

export interface ArchivedSpec {
  /** A folder below the work's root that holds the archive and nothing else. */
  readonly folder: string;
  readonly specText: string;
  readonly droppedPatches: readonly string[];
}

/** Packs the tree as it is under the name and top folder of the spec, and decides which of the spec's patches it still needs. */
export async function packArchive(context: NodeContext, work: Work, recipe: ArchiveRecipe, params: Pick<DistParams, 'patches' | 'network'>): Promise<ArchivedSpec> {
  const { spec, names, patches, tree } = recipe;
  const top = `dist/${names.top}`;
  context.report.status(`packing ${names.archive}`);
  await putTree(work, tree, top);
  await putSubprojects(context, work, tree, top, params.network);
  await mustRun(context, work, { argv: script(PACK, [names.archive, names.top, String(BUILD_TIME)]), cwd: 'dist' }, (seen) => ({
    class: 'build',
    message: `${names.archive} can't be packed`,
    next: 'Look at the log: the build root needs GNU tar and the compressor that the name asks for.',
    lines: seen.telling(),
  }));
  const decision = await decide(context, recipe, params.patches);
  const keep = decision.kind === 'try' ? await tryPatches(context, work, top, patches, stripLevel(spec.text)) : decision.keep;
  return { folder: `dist/${names.archive}`, ...withPatches(recipe, keep) };
}

/** Which of the spec's patches this tree still needs, as far as that can be told without applying them. */
export async function decide(context: NodeContext, { spec, patches, tree }: ArchiveRecipe, setting: DistParams['patches']): Promise<PatchDecision> {
  const unknown = typeof setting === 'object' ? setting.filter((file) => !patches.some((patch) => patch.file === file)) : [];
  if (unknown.length > 0) {
    fail({ class: 'usage', message: `patches names ${unknown.join(', ')}, which ${spec.name} does not have`, next: `Its patches are: ${patches.map((patch) => patch.file).join(', ') || 'none'}.` });
  }
  return decidePatches(setting, patches, await treeFacts(context, tree));
}

/** The spec with these patches and no others. */
export function withPatches({ spec, patches }: ArchiveRecipe, keep: ReadonlySet<number>): Omit<ArchivedSpec, 'folder'> {
  const dropped = patches.filter((patch) => !keep.has(patch.number));
  return { specText: dropPatches(spec.text, new Set(dropped.map((patch) => patch.number))), droppedPatches: dropped.map((patch) => patch.file) };
}

async function treeFacts(context: NodeContext, tree: SnapshotTree) {
  const { evr } = needFact<BuildrootFact>(context, 'buildroot');
  const marker = bytesOf(DOWNSTREAM_MARKER);
  return {
    downstream: tree.manifest.entries.some((entry) => entry.path === marker),
    version: (await readTreeFile(tree, 'VERSION'))?.trim(),
    specVersion: /^\d+:(.+)-[^-]+$/.exec(evr)?.[1] ?? evr,
  };
}
