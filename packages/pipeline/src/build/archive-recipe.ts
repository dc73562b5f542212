import { fail, type NodeContext, type Work } from '@crpm/core';

import type { RpmTraits } from '../facts.js';
import type { SpecOptions } from '../params.js';
import type { ArchiveRecipe } from './archive.js';
import { archiveNames, type ArchiveNames } from './expanded-spec.js';
import { specPatches } from './patches.js';
import { ARCHIVE_NAME } from './scripts.js';
import { expandSpec, placeSpec, type PlacedSpec, type SpecFile, type Trees } from './spec.js';

/** Places a spec in a work folder and reads from it what its source archive must be called and which patches it has. */
export async function archiveRecipe(context: NodeContext, work: Work, file: SpecFile, from: { readonly trees: Trees; readonly options: SpecOptions; readonly traits: RpmTraits }): Promise<ArchiveRecipe> {
  const spec = await placeSpec(context, work, file, from.trees, from.options, from.traits);
  const expanded = await expandSpec(context, work, spec);
  return { spec, names: namesIn(expanded, spec), patches: specPatches(expanded), tree: from.trees.tree };
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
