import { mkdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { extractTar } from '@crpm/archive';
import { fail, type NodeContext, type NodeKind, type Work } from '@crpm/core';

import { packArchive, type ArchivedSpec } from '../build/archive.js';
import { archiveNames, type ArchiveNames } from '../build/expanded-spec.js';
import { mesonDist } from '../build/meson-dist.js';
import { specPatches } from '../build/patches.js';
import { ARCHIVE_NAME } from '../build/scripts.js';
import { expandSpec, findSpec, placeSpec, type PlacedSpec } from '../build/spec.js';
import { snapshots } from '../build/trees.js';
import { withWork } from '../build/work.js';
import type { BuildrootFact, DistFact } from '../facts.js';
import { needFact } from '../needs.js';
import type { DistParams } from '../params.js';

/** The source archive that the spec names as its `Source0`, and the spec as it will be built. */
export function distKind(): NodeKind<DistParams> {
  return {
    name: 'dist',
    version: 1,
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
    const spec = await placeSpec(context, work, file, trees, params.options, buildroot);
    const expanded = await expandSpec(context, work, spec);
    const names = namesIn(expanded, spec);
    const recipe = { spec, names, patches: specPatches(expanded), tree: trees.tree };
    const made: ArchivedSpec = params.method === 'meson' ? await mesonDist(context, work, recipe) : await packArchive(context, work, recipe, params.patches);
    return collect(context, work, names, made, spec.name);
  });
}

function namesIn(expanded: string, spec: PlacedSpec): ArchiveNames {
  const names = archiveNames(expanded);
  if (!names) fail({ class: 'build', message: `${spec.name} has no Source0, so there is nothing to name the source archive after`, next: 'Add a Source0 to the spec.' });
  if (!ARCHIVE_NAME.test(names.archive)) {
    fail({ class: 'build', message: `Source0 of ${spec.name} is ${names.archive}, which is no tar archive that crpm makes`, next: 'Name it .tar.xz, .tar.gz, .tar.bz2, .tar.zst or .tar.' });
  }
  if (names.top.includes('/') || names.top === '..' || names.top === '.') {
    fail({ class: 'build', message: `%setup of ${spec.name} enters ${names.top}, which is no folder at the top of an archive`, next: 'Correct -n of %setup or %autosetup.' });
  }
  return names;
}

/** Takes the archive out of the work folder and writes the spec beside it. */
async function collect(context: NodeContext, work: Work, names: ArchiveNames, made: ArchivedSpec, specName: string): Promise<DistFact> {
  await extractTar(await work.get(made.folder), join(context.out, 'archive'));
  mkdirSync(join(context.out, 'spec'));
  await writeFile(join(context.out, 'spec', specName), made.specText);
  return { archive: `archive/${names.archive}`, spec: `spec/${specName}`, droppedPatches: made.droppedPatches };
}
