import { diffManifests, type Manifest } from '@crpm/sources';
import { bytesOf, printable } from '@crpm/archive';

import { treeChanges, type TreeChanges } from './changes.js';
import type { TreeRecord } from './record.js';

/** What a tree is to hold now. */
export interface WantedTree {
  readonly tree: Manifest;
  readonly distGit?: Manifest;
  readonly options: string;
  /** Files of the tree that the spec is made from, besides its dist-git folder: a template, `meson.build`. */
  readonly specInputs: readonly string[];
}

/** Why a build starts from nothing. */
export interface CleanReason {
  readonly clean: string;
  /** Whether it follows from what changed, or from how the build is made; else something is odd, which is worth a warning. */
  readonly expected: boolean;
  /** The next build most likely starts from nothing for it, too. */
  readonly recurs?: true;
}

/** What must be done to a recorded tree before it can be built again; or why it can't. */
export function reuse(record: TreeRecord | undefined, wanted: WantedTree): TreeChanges | CleanReason {
  if (!record) return { clean: 'it is the first in this build root with these options', expected: true };
  if (record.writer === 'anything') return { clean: 'the last one was cut short, or failed before it compiled', expected: true };
  if (!record.ninja) return { clean: 'this one is not driven by ninja, which alone notices all that changed', expected: true, recurs: true };
  if (record.changed !== undefined) return { clean: `${record.changed} is a file of the tree that the build itself changes`, expected: true, recurs: true };
  if (record.options !== wanted.options) return { clean: 'how the tree is made changed', expected: true };
  const spec = changedIn(record.distGit, wanted.distGit) ?? changedIn(only(record.tree, wanted.specInputs), only(wanted.tree, wanted.specInputs));
  if (spec !== undefined) return { clean: `${spec} changed, which the spec or %prep reads`, expected: true };
  const changes = treeChanges(record.tree, wanted.tree);
  return 'clean' in changes ? { ...changes, expected: true } : changes;
}

function only({ entries, ...rest }: Manifest, paths: readonly string[]): Manifest {
  const wanted = new Set(paths.map(bytesOf));
  return { ...rest, entries: entries.filter((entry) => wanted.has(entry.path)) };
}

/** The first path that differs. */
function changedIn(before: Manifest | undefined, after: Manifest | undefined): string | undefined {
  if (!before || !after) return before === after ? undefined : 'the dist-git folder';
  const { added, changed, deleted } = diffManifests(before, after);
  const [path] = [...changed, ...added, ...deleted];
  return path === undefined ? undefined : printable(path);
}
