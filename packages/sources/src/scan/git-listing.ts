import { closeSync, constants, lstatSync, openSync } from 'node:fs';
import { fail } from '@crpm/core';
import { bytesOf, fsPath, printable, type BytePath } from '@crpm/archive';
import { gitComplaint, runGit, type GitResult } from '../git/run-git.js';

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
  const { code, stdout, stderr } = await git(folder, top, ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], signal);
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
  const listed = await git(folder, top, ['ls-files', '-z', '--stage', '--', path], signal);
  return listed.stdout.startsWith('160000 ');
}

/**
 * An explicit git directory and work tree: no search, no question of ownership, no `core.worktree`. Both relative, because neither the
 * environment nor the working directory of a child can be given in bytes; where `folder` is no valid UTF-8, it is entered through an open descriptor.
 */
async function git(folder: BytePath, top: BytePath, args: readonly string[], signal?: AbortSignal): Promise<GitResult> {
  const depth = folder === top ? 0 : folder.slice(top.length).split('/').filter(Boolean).length;
  const up = '../'.repeat(depth);
  const env = { GIT_DIR: `${up}.git`, GIT_WORK_TREE: up || '.' };
  const text = Buffer.from(folder, 'latin1').toString('utf8');
  if (bytesOf(text) === folder) return runGit(args, { cwd: text, env, signal });
  const fd = openSync(fsPath(folder), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    return await runGit(args, { cwd: `/proc/${process.pid}/fd/${fd}`, env, signal });
  } finally {
    closeSync(fd);
  }
}
