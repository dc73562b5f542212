import { createHash } from 'node:crypto';

import type { Json, NodeContext, NodeKind } from '@crpm/core';
import type { Manifest } from '@crpm/sources';

import { DOWNSTREAM_MARKER } from '../build/patches.js';
import { released } from '../build/release.js';
import { findSpec } from '../build/spec.js';
import { subprojectFiles } from '../build/subprojects.js';
import { snapshots } from '../build/trees.js';
import { createTree } from '../build-tree/create.js';
import { discardTree } from '../build-tree/discard.js';
import { treeName } from '../build-tree/name.js';
import { noteUse } from '../build-tree/note-use.js';
import { readRecord } from '../build-tree/record.js';
import { reuse, type CleanReason } from '../build-tree/reuse.js';
import type { TreeBuild } from '../build-tree/tree-build.js';
import { updateTree } from '../build-tree/update.js';
import type { BuildrootFact, RpmsFact } from '../facts.js';
import { needFact } from '../needs.js';
import type { RpmbuildInPlaceParams } from '../params.js';
import { exceptForesight } from './except-foresight.js';
import { BUILD_CONFIG_PATHS, wantedBudget } from './config-paths.js';

const VERSION = 2;
/** The ways of a build, for people. */
const INCREMENTAL = 'incremental';
const CLEAN = 'clean';

/**
 * RPMs from a build tree that outlives the run: only what changed is sent there and compiled. Where that could give anything but what a clean build gives, the build
 * starts from an empty tree by itself, and says why.
 */
export function rpmbuildInPlaceKind({ cleanBuild }: { readonly cleanBuild: boolean }): NodeKind<RpmbuildInPlaceParams> {
  return {
    name: 'rpmbuild-in-place',
    version: VERSION,
    weight: 'heavy',
    configPaths: BUILD_CONFIG_PATHS,
    reads: exceptForesight,
    wants: wantedBudget,
    ways: { took: (data) => (howItWent(data).clean === undefined ? INCREMENTAL : CLEAN), next: (data) => (cleanBuild || howItWent(data).cleanAgain ? CLEAN : INCREMENTAL) },
    // What grew in this workspace's tree is nobody else's.
    inputs: async (_params, { workspace }) => [{ name: 'workspace', value: workspace.id }],
    run: (params, context) => run(params, context, cleanBuild),
    ...(cleanBuild ? { stale: async () => '--clean-build asks for a build from nothing' } : {}),
  };
}

function howItWent(data: Json): NonNullable<RpmsFact['here']> {
  // Only this kind writes them; as JSON has no interfaces, the compiler must be told twice.
  return (data as unknown as RpmsFact).here ?? {};
}

async function run(params: RpmbuildInPlaceParams, context: NodeContext, cleanBuild: boolean): Promise<RpmsFact> {
  const build = await plan(params, context);
  await noteUse(build);
  const built = await tryUpdate(build, cleanBuild);
  if (!('clean' in built)) return built;
  const { clean, expected } = built;
  if (expected) {
    context.report.line(`a clean build: ${clean}`);
    context.report.status(`a clean build: ${clean}`);
  } else context.report.warn(`a clean build: ${clean}`);
  await discardTree(context, build.name);
  return createTree(build, await findSpec(params.spec, build.trees), built);
}

async function tryUpdate(build: TreeBuild, cleanBuild: boolean): Promise<RpmsFact | CleanReason> {
  if (cleanBuild) return { clean: '--clean-build asks for it', expected: true };
  const { keepsNoTrees } = await build.context.engine();
  if (keepsNoTrees !== undefined) return { clean: `the engine keeps no build trees: ${keepsNoTrees}`, expected: true };
  const record = readRecord(build.context.workspace, build.name);
  const plan = reuse(record, build.wanted);
  return 'clean' in plan || !record ? (plan as CleanReason) : updateTree(build, record, plan);
}

async function plan(params: RpmbuildInPlaceParams, context: NodeContext): Promise<TreeBuild> {
  const buildroot = needFact<BuildrootFact>(context, 'buildroot');
  const trees = await snapshots(context);
  const { method, spec, patches } = params;
  const options = createHash('sha256').update(JSON.stringify([VERSION, method, spec, patches])).digest('hex');
  const wanted = { tree: trees.tree.manifest, options, specInputs: [...specInputsOf(params, trees.tree.manifest), ...subprojectFiles(trees.tree.manifest).map((path) => Buffer.from(path, 'latin1').toString())], ...(trees.spec ? { distGit: trees.spec.manifest } : {}) };
  // The tree is named by what stays the same, the release of this one build is not.
  return { ...released(params, buildroot, context.workspace), context, trees, wanted, name: treeName(params, buildroot) };
}

/** What the spec and the choice of patches are made from, in the tree itself. */
function specInputsOf({ spec }: RpmbuildInPlaceParams, { entries }: Manifest): readonly string[] {
  if (spec.in === 'dist-git') return ['VERSION', DOWNSTREAM_MARKER];
  if (spec.file === undefined) return entries.flatMap(({ path }) => (path.endsWith('.spec') ? [Buffer.from(path, 'latin1').toString()] : []));
  return spec.file.endsWith('.in') ? [spec.file, 'meson.build', 'VERSION'] : [spec.file];
}
