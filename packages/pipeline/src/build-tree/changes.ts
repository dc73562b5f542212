import { printable, type BytePath } from '@crpm/archive';
import { diffManifests, type Manifest } from '@crpm/sources';

/** What brings a tree from one snapshot to the next. */
export interface TreeChanges {
  /** Files and links to send. */
  readonly send: ReadonlySet<BytePath>;
  /** What is in the tree and gets other content or goes. */
  readonly altered: readonly BytePath[];
  /** Folders with nothing of the tree in them any more, the deepest first. */
  readonly folders: readonly BytePath[];
  /** Whether files came or went, which what configures the build may have listed. */
  readonly layout: boolean;
}

/** The changes, or why only a tree that was never built in gives what a clean build would. */
export function treeChanges(before: Manifest, after: Manifest): TreeChanges | { readonly clean: string } {
  const { added, changed, deleted } = diffManifests(before, after);
  const clean = changedKind(new Set(changed), before, after) ?? changedLayout({ added, deleted }, before, after);
  if (clean !== undefined) return { clean };
  return {
    send: new Set([...added, ...changed]),
    altered: [...changed, ...deleted].sort(),
    folders: deleted.length === 0 ? [] : abandoned(before, after),
    layout: added.length + deleted.length > 0,
  };
}

/** ninja looks through a link at the time of what it names, which may be old. */
function changedKind(changed: ReadonlySet<BytePath>, ...trees: readonly Manifest[]): string | undefined {
  const links = trees.flatMap(({ entries }) => entries.filter(({ type, path }) => type === 'symlink' && changed.has(path)));
  const [link] = links;
  return link === undefined ? undefined : `${printable(link.path)} is a link, or was one`;
}

/**
 * ninja knows the files that a compiler read, and not those that it looked for in vain: a new `util.h` may be found before another one. And what a template once gave stays in
 * the build folder when the template goes.
 */
function changedLayout({ added, deleted }: { readonly added: readonly BytePath[]; readonly deleted: readonly BytePath[] }, before: Manifest, after: Manifest): string | undefined {
  if (added.length + deleted.length === 0) return undefined;
  const template = deleted.find((path) => path.endsWith('.in'));
  if (template !== undefined) return `${printable(template)} is gone, from which other files are made`;
  const oldFolders = foldersOf(before);
  const newFolders = foldersOf(after);
  const turned = added.find((path) => oldFolders.has(path)) ?? deleted.find((path) => newFolders.has(path));
  if (turned !== undefined) return `${printable(turned)} is a folder, or was one`;
  const names = new Map<string, number>();
  for (const { path } of [...before.entries, ...after.entries]) names.set(baseName(path), (names.get(baseName(path)) ?? 0) + 1);
  const moved = [...added, ...deleted].find((path) => (names.get(baseName(path)) ?? 0) > 1);
  return moved === undefined ? undefined : `${printable(moved)} ${added.includes(moved) ? 'is new' : 'is gone'}, and another file has that name`;
}

function abandoned(before: Manifest, after: Manifest): readonly BytePath[] {
  const kept = foldersOf(after);
  return [...foldersOf(before)].filter((folder) => !kept.has(folder)).sort((a, b) => b.length - a.length);
}

function foldersOf({ entries }: Manifest): ReadonlySet<BytePath> {
  const folders = new Set<BytePath>();
  for (const { path } of entries) for (let slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1)) folders.add(path.slice(0, slash));
  return folders;
}

function baseName(path: BytePath): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
