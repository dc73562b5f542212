import { bytesOf } from '@crpm/archive';
import { fail, type NodeContext, type Work } from '@crpm/core';

import type { BuildrootFact } from '../facts.js';
import { needFact } from '../needs.js';
import type { DistParams } from '../params.js';
import type { ArchiveNames } from './expanded-spec.js';
import { decidePatches, DOWNSTREAM_MARKER, dropPatches, stripLevel, type PatchDecision } from './patches.js';
import { BUILD_TIME } from './reproducible.js';
import { PACK, script, UNPACK } from './scripts.js';
import { putSubprojects } from './subprojects.js';
import type { SpecRecipe } from './spec-recipe.js';
import { putTree, readTreeFile, type SnapshotTree } from './trees.js';
import { mustRun } from './work.js';
import { tryPatches } from './try-patches.js';

/** What a source archive is made from. */
export interface ArchiveRecipe extends SpecRecipe {
  readonly names: ArchiveNames;
  readonly tree: SnapshotTree;
}

export interface MadeArchive {
  /** The archive, below the work's root. */
  readonly file: string;
  /** A folder there that holds what is in it; absent: it must be unpacked. */
  readonly unpacked?: string;
  /** The spec, filled in. */
  readonly specText: string;
}

/** Packs the tree as it is under the name and top folder of the spec. */
export async function packArchive(context: NodeContext, work: Work, recipe: ArchiveRecipe, params: Pick<DistParams, 'network'>): Promise<MadeArchive> {
  const { spec, names, tree } = recipe;
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
  return { file: `dist/${names.archive}`, unpacked: top, specText: spec.text };
}

export interface PatchedSpec {
  readonly specText: string;
  readonly droppedPatches: readonly string[];
}

/** Decides which of the spec's patches an archive still needs; where only that tells, by applying them to what is in it, which is then used up. */
export async function choosePatches(context: NodeContext, work: Work, recipe: ArchiveRecipe, made: MadeArchive, setting: DistParams['patches']): Promise<PatchedSpec> {
  const { patches, tree, names } = recipe;
  const filled = { ...recipe, spec: { ...recipe.spec, text: made.specText } };
  const decision = await decide(context, filled, setting, tree);
  if (decision.kind === 'decided') return withPatches(filled, decision.keep);
  const folder = made.unpacked ?? `tried/${names.top}`;
  if (made.unpacked === undefined) {
    await mustRun(context, work, { argv: script(UNPACK, [made.file, 'tried']) }, (seen) => ({ class: 'build', message: `${names.archive} can't be unpacked`, next: 'Look at the log.', lines: seen.telling() }));
  }
  return withPatches(filled, await tryPatches(context, work, folder, patches, stripLevel(made.specText)));
}

/** Which of the spec's patches this tree still needs, as far as that can be told without applying them. */
export async function decide(context: NodeContext, { spec, patches }: SpecRecipe, setting: DistParams['patches'], tree: SnapshotTree): Promise<PatchDecision> {
  const unknown = typeof setting === 'object' ? setting.filter((file) => !patches.some((patch) => patch.file === file)) : [];
  if (unknown.length > 0) {
    fail({ class: 'usage', message: `patches names ${unknown.join(', ')}, which ${spec.name} does not have`, next: `Its patches are: ${patches.map((patch) => patch.file).join(', ') || 'none'}.` });
  }
  return decidePatches(setting, patches, await treeFacts(context, tree));
}

/** The spec with these patches and no others. */
export function withPatches({ spec, patches }: SpecRecipe, keep: ReadonlySet<number>): PatchedSpec {
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
