import { mkdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { extractTar } from '@crpm/archive';
import type { NodeContext, NodeKind, Work } from '@crpm/core';

import { packArchive, type ArchivedSpec } from '../build/archive.js';
import { archiveRecipe } from '../build/archive-recipe.js';
import type { ArchiveNames } from '../build/expanded-spec.js';
import { fixedSpec } from '../build/fixed-spec.js';
import { mesonDist } from '../build/meson-dist.js';
import { findSpec } from '../build/spec.js';
import { snapshots } from '../build/trees.js';
import { withWork } from '../build/work.js';
import type { BuildrootFact, DistFact } from '../facts.js';
import { needFact } from '../needs.js';
import type { DistParams } from '../params.js';

/** The source archive that the spec names as its `Source0`, and the spec as it will be built. */
export function distKind(): NodeKind<DistParams> {
  return {
    name: 'dist',
    version: 3,
    weight: 'heavy',
    async inputs() {
      return [];
    },
    run,
  };
}

async function run(params: DistParams, context: NodeContext): Promise<DistFact> {
  const buildroot = needFact<BuildrootFact>(context, 'buildroot');
  const trees = await snapshots(context);
  const file = await findSpec(params.spec, trees);
  return withWork(context, { image: buildroot.here.image, arch: params.arch, memory: context.budget.memory }, async (work) => {
    const recipe = await archiveRecipe(context, work, file, { trees, options: params.options, traits: buildroot });
    const made: ArchivedSpec = params.method === 'meson' ? await mesonDist(context, work, recipe) : await packArchive(context, work, recipe, params);
    return collect(context, work, recipe.names, made, recipe.spec.name);
  });
}

/** Takes the archive out of the work folder and writes the spec beside it. */
async function collect(context: NodeContext, work: Work, names: ArchiveNames, made: ArchivedSpec, specName: string): Promise<DistFact> {
  await extractTar(await work.get(made.folder), join(context.out, 'archive'));
  mkdirSync(join(context.out, 'spec'));
  await writeFile(join(context.out, 'spec', specName), fixedSpec(made.specText));
  return { archive: `archive/${names.archive}`, spec: `spec/${specName}`, droppedPatches: made.droppedPatches };
}
