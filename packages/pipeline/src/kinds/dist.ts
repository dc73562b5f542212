import { mkdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { extractTar } from '@crpm/archive';
import { unreachable, type NodeContext, type NodeKind, type Work } from '@crpm/core';

import { choosePatches, decide, packArchive, withPatches, type ArchiveRecipe, type MadeArchive } from '../build/archive.js';
import { archiveRecipe } from '../build/archive-recipe.js';
import { autotoolsDist } from '../build/autotools-dist.js';
import { fixedSpec } from '../build/fixed-spec.js';
import { mesonDist } from '../build/meson-dist.js';
import { ownArchiveSpec } from '../build/own-archive-spec.js';
import { checkSharedDist } from '../build/shared-dist.js';
import { findSpec } from '../build/spec.js';
import { specRecipe } from '../build/spec-recipe.js';
import { snapshots } from '../build/trees.js';
import { withWork } from '../build/work.js';
import type { BuildrootFact, DistFact } from '../facts.js';
import { needFact } from '../needs.js';
import type { DistParams } from '../params.js';
import { SPEC_CONFIG_PATHS } from './config-paths.js';

/** The source archive that the spec names as its `Source0`, and the spec as it will be built. A source RPM brings its archive along. */
export function distKind(): NodeKind<DistParams> {
  return {
    name: 'dist',
    version: 4,
    weight: 'heavy',
    configPaths: SPEC_CONFIG_PATHS,
    async inputs() {
      return [];
    },
    shared: { when: () => true, check: checkSharedDist },
    run,
  };
}

async function run(params: DistParams, context: NodeContext): Promise<DistFact> {
  const buildroot = needFact<BuildrootFact>(context, 'buildroot');
  const trees = await snapshots(context);
  const { options, method } = params;
  const file = await findSpec(params.spec, trees);
  const from = { trees, options, traits: buildroot };
  return withWork(context, { image: buildroot.here.image, arch: params.arch, memory: context.budget.memory }, async (work) => {
    if (method === 'none') {
      const recipe = await specRecipe(context, work, file, from);
      // What came with its patches keeps them, unless somebody says otherwise.
      const decision = await decide(context, recipe, params.patches === 'auto' ? 'keep' : params.patches, trees.tree);
      const keep = decision.kind === 'decided' ? decision.keep : new Set<number>();
      const { specText, droppedPatches } = withPatches(recipe, keep);
      return { spec: await writeSpec(context, recipe.spec.name, fixedSpec(specText)), droppedPatches, elsewhere: [] };
    }
    const recipe = await archiveRecipe(context, work, file, from);
    const made = await makeArchive(method, { params, context, work, recipe });
    const { specText, droppedPatches } = await choosePatches(context, work, recipe, made, params.patches);
    await extractTar(await work.get(made.file), join(context.out, 'archive'));
    return {
      archive: `archive/${basename(made.file)}`,
      spec: await writeSpec(context, recipe.spec.name, ownArchiveSpec(specText)),
      droppedPatches,
      elsewhere: recipe.elsewhere,
    };
  });
}

function makeArchive(method: Exclude<DistParams['method'], 'none'>, { params, context, work, recipe }: { params: DistParams; context: NodeContext; work: Work; recipe: ArchiveRecipe }): Promise<MadeArchive> {
  switch (method) {
    case 'meson':
      return mesonDist(context, work, recipe);
    case 'autotools':
      return autotoolsDist(context, work, recipe);
    case 'archive':
      return packArchive(context, work, recipe, params);
    default:
      return unreachable(method);
  }
}

async function writeSpec(context: NodeContext, name: string, text: string): Promise<string> {
  mkdirSync(join(context.out, 'spec'));
  await writeFile(join(context.out, 'spec', name), text);
  return `spec/${name}`;
}
