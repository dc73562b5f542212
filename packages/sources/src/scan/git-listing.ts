import { closeSync, constants, lstatSync, openSync } from 'node:fs';
import { fail } from '@crpm/core';
import { bytesOf, fsPath, printable, type BytePath } from '@crpm/archive';
import { gitComplaint, runGit, type GitOptions, type GitResult } from '../git/run-git.js';

/** What belongs to a tree, relative to it. A path with `/` at its end is a repository inside that has to be listed on its own. */
export interface Listing {
  readonly paths: readonly BytePath[];
  readonly warnings: readonly string[];
}

/**
 * The top of the work tree that holds a folder: the nearest one, upwards, with a `.git`. Found without git, because git would
 * refuse a tree of another owner, and would follow `core.worktree` of a hostile one.
 */
export function findWorkTree(folder: BytePath): BytePath | undefined {
  for (let top = folder; ; top = top.slice(0, top.lastIndexOf('/'))) {
    if (hasGit(top)) return top === '' ? '/' : top;
    if (top === '' || top === '/') return undefined;
  }
}

export function hasGit(folder: BytePath): boolean {
  return lstatSync(fsPath(`${folder}/.git`), { throwIfNoEntry: false }) !== undefined;
}

/**
 * Tracked and untracked files, without what is ignored, by git's own index and exclude files; nothing is written. The index is
 * only asked for names, never for content, so the bits skip-worktree and assume-unchanged hide no edit.
 */
export async function listByGit(folder: BytePath, top: BytePath, signal?: AbortSignal): Promise<Listing> {
  const { code, stdout, stderr } = await git(folder, top, ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { signal });
  if (code !== 0) {
    fail({
      class: 'usage',
      message: `git can't list ${printable(folder)}: ${gitComplaint(stderr)}`,
      next: `Repair ${printable(top)}/.git (a moved worktree: git worktree repair), or remove it to use the folder as it stands.`,
    });
  }
  const paths = stdout.split('\0');
  paths.pop();
  const warnings = stderr.split('\n').filter((line) => line.startsWith('warning: '));
  // A conflict lists its file once per stage.
  return { paths: [...new Set(paths)], warnings: warnings.map((line) => `git: ${line.slice('warning: '.length)}`) };
}

/** Whether the index names `path` as a submodule. */
export async function isGitlink(folder: BytePath, top: BytePath, path: BytePath, signal?: AbortSignal): Promise<boolean> {
  const listed = await git(folder, top, ['ls-files', '-z', '--stage', '--', path], { signal });
  return listed.stdout.startsWith('160000 ');
}

export interface GitSetting {
  /** `file:<path>`, or `command line:`. */
  readonly origin: string;
  /** Section and variable in small letters. */
  readonly key: string;
  readonly value: BytePath;
}

/** Every setting that git goes by in a work tree, the ones that win last. Nothing if git can't read its configuration. */
export async function listConfig(folder: BytePath, top: BytePath, signal?: AbortSignal): Promise<readonly GitSetting[] | undefined> {
  const { code, stdout } = await git(folder, top, ['config', '--list', '--show-origin', '-z'], { signal });
  if (code !== 0) return undefined;
  const fields = stdout.split('\0');
  const settings: GitSetting[] = [];
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const [key = '', ...value] = (fields[index + 1] ?? '').split('\n');
    settings.push({ origin: fields[index] ?? '', key, value: value.join('\n') });
  }
  return settings;
}

/** Which of these folders, relative to `folder`, git ignores with all that is in them. Nothing if git can't tell. */
export async function ignoredAmong(folder: BytePath, top: BytePath, folders: readonly BytePath[], signal?: AbortSignal): Promise<ReadonlySet<BytePath> | undefined> {
  // check-ignore refuses to take its paths literally; what begins with `./` can't be taken for anything else.
  const input = folders.map((path) => `./${path}\0`).join('');
  const { code, stdout } = await git(folder, top, ['check-ignore', '-z', '--stdin'], { signal, input, env: { GIT_LITERAL_PATHSPECS: '0' } });
  // 1: none of them
  if (code > 1) return undefined;
  return new Set(stdout.split('\0').map((path) => path.slice('./'.length)));
}

/**
 * An explicit git directory and work tree: no search, no question of ownership, no `core.worktree`. Both relative, because neither the
 * environment nor the working directory of a child can be given in bytes; where `folder` is no valid UTF-8, it is entered through an open descriptor.
 */
async function git(folder: BytePath, top: BytePath, args: readonly string[], options: Omit<GitOptions, 'cwd'>): Promise<GitResult> {
  const depth = folder === top ? 0 : folder.slice(top.length).split('/').filter(Boolean).length;
  const up = '../'.repeat(depth);
  const env = { ...options.env, GIT_DIR: `${up}.git`, GIT_WORK_TREE: up || '.' };
  const text = Buffer.from(folder, 'latin1').toString('utf8');
  if (bytesOf(text) === folder) return runGit(args, { ...options, cwd: text, env });
  const fd = openSync(fsPath(folder), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    return await runGit(args, { ...options, cwd: `/proc/${process.pid}/fd/${fd}`, env });
  } finally {
    closeSync(fd);
  }
}
