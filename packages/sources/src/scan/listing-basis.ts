import { readdirSync } from 'node:fs';
import { fsPath, type BytePath } from '@crpm/archive';
import { gitFiles, openFolders } from './git-basis.js';

/** A repository of a tree, and what git listed of it. */
export interface ListedRepository {
  /** Of the tree. */
  readonly root: BytePath;
  /** Of the repository, or of the part of it that is the tree; relative to `root`. */
  readonly folder: BytePath;
  /** Absolute top of its work tree. */
  readonly top: BytePath;
  /** As git listed them: relative to `folder`, a `/` at the end of a repository inside. */
  readonly paths: readonly BytePath[];
}

/**
 * Everything that decides what git lists of a repository, besides the files that it lists: as long as all of it is as it was, git need not be asked
 * again. Names relative to the tree, or absolute. Nothing where that can't be told.
 *
 * A file that is new, gone or renamed changes its folder. So these are all folders in which git would list a new file, whether they hold one now or not
 * (those it ignores can be left out, which spares the build folders), their `.gitignore` files, listed or not, and git's own files.
 */
export async function basisOf({ root, folder, top, paths }: ListedRepository, signal?: AbortSignal): Promise<readonly BytePath[] | undefined> {
  const absolute = folder === '' ? root : `${root}/${folder}`;
  const own = await gitFiles(absolute, top, signal);
  if (own === undefined) return undefined;
  const known = ancestorsOf(paths);
  // A folder with a listed name is a repository inside, which is a listing of its own.
  const inside = new Set(paths.map((path) => (path.endsWith('/') ? path.slice(0, -1) : path)));
  const found: BytePath[] = [];
  let next: readonly BytePath[] | undefined = [''];
  while (next.length > 0) {
    const doubtful = visit(absolute, next, known, found);
    if (doubtful === undefined) return undefined;
    next = await openFolders(absolute, top, doubtful.filter((path) => !inside.has(path)), signal);
    if (next === undefined) return undefined;
  }
  const prefix = folder === '' ? '' : `${folder}/`;
  return [...own, ...found.map((path) => (path === '' ? folder || '.' : prefix + path))];
}

/** Adds to `found` the folders below `start` that hold what git lists, and the exclude files in them; gives back the folders that don't. */
function visit(absolute: BytePath, start: readonly BytePath[], known: ReadonlySet<BytePath>, found: BytePath[]): readonly BytePath[] | undefined {
  const doubtful: BytePath[] = [];
  const left = [...start];
  for (let folder = left.pop(); folder !== undefined; folder = left.pop()) {
    found.push(folder);
    const entries = entriesOf(folder === '' ? absolute : `${absolute}/${folder}`);
    if (entries === undefined) return undefined;
    for (const entry of entries) {
      const child = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.name === '.gitignore') found.push(child);
      if (entry.name === '.git' || !entry.isDirectory()) continue;
      (known.has(child) ? left : doubtful).push(child);
    }
  }
  return doubtful;
}

function entriesOf(folder: BytePath) {
  try {
    return readdirSync(fsPath(folder), { withFileTypes: true, encoding: 'latin1' });
  } catch {
    // One that can't be read, which git passes over with a warning.
    return undefined;
  }
}

function ancestorsOf(paths: readonly BytePath[]): ReadonlySet<BytePath> {
  const ancestors = new Set<BytePath>();
  for (const path of paths) {
    for (let end = path.lastIndexOf('/', path.length - 2); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const folder = path.slice(0, end);
      if (ancestors.has(folder)) break;
      ancestors.add(folder);
    }
  }
  return ancestors;
}
