import { fail, type NodeContext, type Work } from '@crpm/core';

import type { ArchiveRecipe } from './archive.js';
import { archiveNames, type ArchiveNames } from './expanded-spec.js';
import { isOfArchive } from './lookaside.js';
import { ARCHIVE_NAME } from './scripts.js';
import type { SpecFile } from './spec.js';
import { specRecipe, type SpecOrigin } from './spec-recipe.js';

/** {@link specRecipe}, and what the archive must be called that takes the place of the spec's own. */
export async function archiveRecipe(context: NodeContext, work: Work, file: SpecFile, from: SpecOrigin): Promise<ArchiveRecipe> {
  const recipe = await specRecipe(context, work, file, from);
  const names = namesIn(recipe.expanded, recipe.spec.name);
  return { ...recipe, names, tree: from.trees.tree, elsewhere: recipe.elsewhere.filter(({ name }) => !isOfArchive(name, names.archive)) };
}

function namesIn(expanded: string, spec: string): ArchiveNames {
  const names = archiveNames(expanded);
  if (!names) fail({ class: 'build', message: `${spec} has no Source0, so there is nothing to name the source archive after`, next: 'Add a Source0 to the spec.' });
  if (!ARCHIVE_NAME.test(names.archive)) {
    fail({ class: 'build', message: `Source0 of ${spec} is ${names.archive}, which is no tar archive that crpm makes`, next: 'Name it .tar.xz, .tar.gz, .tar.bz2, .tar.zst, .crate or .tar.' });
  }
  if (names.top.includes('/') || names.top === '..' || names.top === '.') {
    fail({ class: 'build', message: `%setup of ${spec} enters ${names.top}, which is no folder at the top of an archive`, next: 'Correct -n of %setup or %autosetup.' });
  }
  return names;
}
