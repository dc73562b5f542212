import { readFileSync } from 'node:fs';
import { bytesOf, fsPath, type BytePath } from '@crpm/archive';
import { ignoredAmong, listConfig } from './git-listing.js';

/** The environment in which git looks for its settings. Another one, and another listing may come out. */
export function gitCircumstances(env: NodeJS.ProcessEnv = process.env): string {
  return JSON.stringify(['HOME', 'XDG_CONFIG_HOME', 'GIT_CONFIG_GLOBAL', 'GIT_CONFIG_SYSTEM', 'GIT_CONFIG_NOSYSTEM'].map((name) => env[name] ?? null));
}

/** The `.git` that is not there in any folder from `tree` up to, and without, `top`; without a top, up to the root. One that appears makes another work tree. */
export function absentGits(tree: BytePath, top: BytePath | undefined): readonly BytePath[] {
  return foldersUp(tree, top).map((folder) => `${folder}/.git`);
}

/** The exclude files of the folders above `tree` in its work tree. */
export function ignoreFilesAbove(tree: BytePath, top: BytePath): readonly BytePath[] {
  return tree === top ? [] : [...foldersUp(parentOf(tree), top), top].map((folder) => `${folder}/.gitignore`);
}

/**
 * The files, besides `.gitignore` and the tree itself, that decide what git lists in the work tree `top`: its index, its exclude file, and all its
 * configuration, with those that don't exist yet. Nothing where they can't be told: configuration that is included on conditions, another user's home.
 */
export async function gitFiles(folder: BytePath, top: BytePath, signal?: AbortSignal): Promise<readonly BytePath[] | undefined> {
  const config = await listConfig(folder, top, signal);
  if (config === undefined || config.some(({ key }) => key.startsWith('includeif.'))) return undefined;
  const named = config.flatMap(({ origin, key, value }) => {
    const file = origin.startsWith('file:') ? resolve(folder, origin.slice('file:'.length)) : '';
    const base = key === 'include.path' ? parentOf(file) : key === 'core.excludesfile' ? top : undefined;
    return base === undefined ? [file] : [file, expandHome(value) === undefined ? undefined : resolve(base, expandHome(value) ?? '')];
  });
  if (named.includes(undefined)) return undefined;
  const { own, common } = gitDirs(top);
  return [
    ...(own === `${top}/.git` ? [] : [`${top}/.git`]),
    ...['index', 'commondir', 'config.worktree'].map((file) => `${own}/${file}`),
    ...['config', 'info/exclude'].map((file) => `${common}/${file}`),
    ...usersFiles(),
    '/etc/gitconfig',
    ...named.filter((file): file is BytePath => file !== undefined && file !== ''),
  ];
}

/** Where git looks for the user's settings and exclude file by default. */
function usersFiles(): readonly BytePath[] {
  const { HOME: home, XDG_CONFIG_HOME: xdg } = process.env;
  const folder = xdg ? `${xdg}/git` : home ? `${home}/.config/git` : undefined;
  return [...(home ? [`${home}/.gitconfig`] : []), ...(folder ? [`${folder}/config`, `${folder}/ignore`] : [])].map(bytesOf);
}

/** Nothing for the home of somebody else. */
function expandHome(path: BytePath): BytePath | undefined {
  if (!path.startsWith('~')) return path;
  return path.startsWith('~/') ? `${bytesOf(process.env['HOME'] ?? '')}/${path.slice('~/'.length)}` : undefined;
}

/** A linked worktree, and a submodule, have their own folder elsewhere; a worktree shares the rest with the repository that it belongs to. */
function gitDirs(top: BytePath): { readonly own: BytePath; readonly common: BytePath } {
  const pointer = readIfThere(`${top}/.git`);
  const own = pointer?.startsWith('gitdir: ') ? resolve(top, pointer.slice('gitdir: '.length).trimEnd()) : `${top}/.git`;
  const common = readIfThere(`${own}/commondir`);
  return { own, common: common === undefined ? own : resolve(own, common.trimEnd()) };
}

function readIfThere(file: BytePath): string | undefined {
  try {
    return readFileSync(fsPath(file), 'latin1');
  } catch {
    return undefined;
  }
}

/** Of the folders that git lists nothing of, those in which a new file would be listed: git does not ignore them. Nothing if git can't tell. */
export async function openFolders(folder: BytePath, top: BytePath, candidates: readonly BytePath[], signal?: AbortSignal): Promise<readonly BytePath[] | undefined> {
  if (candidates.length === 0) return [];
  const ignored = await ignoredAmong(folder, top, candidates, signal);
  return ignored && candidates.filter((candidate) => !ignored.has(candidate));
}

function foldersUp(from: BytePath, top: BytePath | undefined): readonly BytePath[] {
  const folders: BytePath[] = [];
  for (let folder = from; folder !== top && folder !== ''; folder = parentOf(folder)) folders.push(folder);
  return top === undefined ? [...folders, ''] : folders;
}

function parentOf(path: BytePath): BytePath {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function resolve(folder: BytePath, path: BytePath): BytePath {
  return path.startsWith('/') ? path : `${folder}/${path}`;
}
