import { randomBytes } from 'node:crypto';

import { bytesOf, packFiles } from '@crpm/archive';
import { fail, type NodeContext, type Work } from '@crpm/core';

import { archiveRecipe } from '../build/archive-recipe.js';
import { decide, withPatches, type ArchiveRecipe, type PatchedSpec } from '../build/archive.js';
import { FEDORA_MACROS, MACRO_FILE } from '../build/fedora-macros.js';
import { putLookaside } from '../build/lookaside.js';
import { mesonDist } from '../build/meson-dist.js';
import { ownArchiveSpec } from '../build/own-archive-spec.js';
import { stripLevel, type SpecPatch } from '../build/patches.js';
import { BUILD_TIME } from '../build/reproducible.js';
import { TOPDIR } from '../build/rpmbuild-command.js';
import type { SpecFile } from '../build/spec.js';
import { takeBuiltRpms } from '../build/take-rpms.js';
import { putSubprojects } from '../build/subprojects.js';
import { tryPatches } from '../build/try-patches.js';
import { putTree } from '../build/trees.js';
import { marked } from '../build/work.js';
import type { RpmsFact } from '../facts.js';
import type { RpmbuildInPlaceParams } from '../params.js';
import { writeRecord, type TreeRecord } from './record.js';
import type { CleanReason } from './reuse.js';
import { CREATE, PREP_FAILED, STALE } from './scripts.js';
import { leftBehind, runBuild, treeBuildFailed, withTree, writerNote, type BuildEnd, type TreeBuild } from './tree-build.js';

/** Fills a build tree that is not there yet and builds it: the spec's own %prep, then the rest. `reason`: why, for the result. */
export async function createTree(build: TreeBuild, file: SpecFile, { clean, recurs }: CleanReason): Promise<RpmsFact> {
  const { params, context, buildroot, trees, name } = build;
  return withTree(build, async (work) => {
    const recipe = await archiveRecipe(context, work, file, { trees, options: params.options, traits: buildroot });
    const source = await sourceOf(build, work, recipe);
    if (trees.spec) await putTree(work, trees.spec, `${TOPDIR}/SOURCES`);
    await putLookaside(context, work, recipe.elsewhere, { spec: recipe.spec.name, folder: `${TOPDIR}/SOURCES` });
    const spec = `${TOPDIR}/SPECS/${recipe.spec.name}`;
    await work.put(
      packFiles([
        // libvirt's takes SOURCE_DATE_EPOCH from the time of this file.
        { path: spec, content: ownArchiveSpec(source.specText), mtime: BUILD_TIME },
        { path: `${TOPDIR}/${MACRO_FILE}`, content: FEDORA_MACROS },
      ]),
    );
    const { names } = recipe;
    let record: TreeRecord | undefined;
    const token = randomBytes(16).toString('hex');
    const note = writerNote(context, name);
    context.report.status('rpmbuild in a new build tree');
    const end = await runBuild(build, work, {
      text: CREATE,
      args: [token, source.pristine, names.top, names.archive],
      spec,
      keep: [`${TOPDIR}/RPMS`, source.pristine],
      writes: (writer) => record && note(writer),
      answered: (answer) => {
        const [path] = marked([answer], 'tree ');
        if (path === undefined) return;
        const { tree, distGit, options } = build.wanted;
        record = { token, writer: 'anything', ninja: true, path, spec: recipe.spec.name, tree, options, ...(distGit ? { distGit } : {}) };
        writeRecord(context.workspace, name, record);
      },
    });
    if (record && (end.compiled || end.exit.code === 0)) writeRecord(context.workspace, name, { ...record, ...leftBehind(end) });
    if (end.exit.code === PREP_FAILED) await prepFailed(build, work, recipe, source, end);
    if (end.exit.code !== 0) await notCreated(build, work, recipe, end);
    return takeBuiltRpms(context, work, params, buildroot.evr, { clean, ...(recurs ? { cleanAgain: recurs } : {}), ...(end.ccache ? { ccache: end.ccache } : {}) });
  });
}

interface Source {
  /** Folder below the work's root with the files as they are sent. */
  readonly pristine: string;
  readonly specText: string;
  /** Those that %prep is to apply. */
  readonly patches: readonly SpecPatch[];
}

/** Puts what the source archive is made from into the work. `meson dist` is asked only for what a tree lacks: a filled in spec, and files that it makes from git. */
async function sourceOf({ params, context }: TreeBuild, work: Work, recipe: ArchiveRecipe): Promise<Source> {
  const { spec, names, tree } = recipe;
  if (params.method === 'meson' && (spec.unknown.length > 0 || !isReleased(recipe))) {
    const { specText } = await mesonDist(context, work, recipe);
    return { pristine: 'source', ...(await patched(context, { ...recipe, spec: { ...spec, text: specText } }, params.patches)) };
  }
  const pristine = `dist/${names.top}`;
  context.report.status(`sending ${String(tree.manifest.entries.length)} files`);
  await putTree(work, tree, pristine);
  await putSubprojects(context, work, tree, pristine, params.network);
  return { pristine, ...(await patched(context, recipe, params.patches)) };
}

async function patched(context: NodeContext, recipe: ArchiveRecipe, setting: RpmbuildInPlaceParams['patches']): Promise<Pick<PatchedSpec, 'specText'> & Pick<Source, 'patches'>> {
  const decision = await decide(context, recipe, setting, recipe.tree);
  // Those of which nobody knows whether they fit are tried by %prep.
  const keep = decision.kind === 'try' ? new Set(recipe.patches.map((patch) => patch.number)) : decision.keep;
  return { specText: withPatches(recipe, keep).specText, patches: recipe.patches.filter((patch) => keep.has(patch.number)) };
}

/** Whether a tree is what `meson dist` once packed: then it holds the spec that the template gave. */
function isReleased({ spec, tree }: ArchiveRecipe): boolean {
  if (!spec.isTemplate) return true;
  const filled = bytesOf(spec.name);
  return tree.manifest.entries.some(({ path }) => path === filled || path.endsWith(`/${filled}`));
}

/** The patch that does not apply, with file and hunk, which rpm keeps to itself; else what %prep said. */
async function prepFailed(build: TreeBuild, work: Work, { spec }: ArchiveRecipe, { pristine, patches }: Source, end: BuildEnd): Promise<never> {
  if (patches.length > 0) await tryPatches(build.context, work, pristine, patches, stripLevel(spec.text));
  return fail(await treeBuildFailed(build, work, end));
}

async function notCreated(build: TreeBuild, work: Work, { spec, names }: ArchiveRecipe, end: BuildEnd): Promise<never> {
  const { exit, answers, output } = end;
  if (exit.code === STALE) {
    const [why = ''] = marked(answers, 'stale ');
    if (why.startsWith('place')) fail({ class: 'build', message: `%prep of ${spec.name} leaves no folder ${names.top}`, next: 'Correct -n of %setup or %autosetup.', lines: output.telling() });
    fail({ class: 'environment', message: `the build tree ${build.name} can't be made anew: the engine still holds the old one`, next: 'See what has it open (docker ps -a), end that, and run again.' });
  }
  return fail(await treeBuildFailed(build, work, end));
}
