import { dirname, isAbsolute, join, resolve } from 'node:path';
import type { WorkspacePaths } from '@crpm/core';
import { swapSymlink, writeAll } from './atomic.js';
import { errorCode, realFs, type Fs } from './fs.js';

const NAME = '.crpm';

/**
 * Makes `.crpm` beside the config a symlink to the workspace's state, and keeps it out of git by one line in `info/exclude`. A comfort,
 * so nothing here fails: what can't be done, or would touch what is not ours, comes back as warnings.
 */
export function linkCrpm(root: string, workspace: WorkspacePaths, fs: Fs = realFs): readonly string[] {
  const warnings: string[] = [];
  const link = join(root, NAME);
  try {
    const existing = fs.lstat(link);
    if (existing && !isOurs(fs, link, workspace)) {
      return [`${link} is not crpm's and stays as it is; logs and results are in ${workspace.state}`];
    }
    if (!existing || fs.readlink(link) !== workspace.state) swapSymlink(fs, workspace.state, link);
  } catch (error) {
    return [`can't make the link ${link} to ${workspace.state}: ${messageOf(error)}`];
  }
  try {
    const exclude = excludeFile(fs, root);
    if (exclude !== undefined) excludeFromGit(fs, exclude);
  } catch (error) {
    warnings.push(`can't keep ${link} out of git: ${messageOf(error)}; add the line ${NAME} to .git/info/exclude yourself`);
  }
  return warnings;
}

/** A link into crpm's state is ours, also one that came along when the tree was copied from elsewhere. */
function isOurs(fs: Fs, link: string, workspace: WorkspacePaths): boolean {
  return fs.lstat(link)?.type === 'symlink' && dirname(fs.readlink(link)) === dirname(workspace.state);
}

/** What `git rev-parse --git-path info/exclude` says, without running git; nothing outside of a git tree. */
function excludeFile(fs: Fs, root: string): string | undefined {
  for (let folder = root; ; folder = dirname(folder)) {
    const gitDir = gitFolder(fs, join(folder, '.git'));
    // A folder that merely has the name, or a `.git` file that leads astray, has no HEAD.
    if (gitDir !== undefined && fs.lstat(join(gitDir, 'HEAD'))) return join(commonFolder(fs, gitDir), 'info', 'exclude');
    if (dirname(folder) === folder) return undefined;
  }
}

/** `.git` is the folder itself, or in worktrees and submodules a file that names it. */
function gitFolder(fs: Fs, path: string): string | undefined {
  const type = fs.lstat(path)?.type;
  if (type === 'folder' || type === 'symlink') return path;
  if (type !== 'file') return undefined;
  const target = /^gitdir: (.+?)\r?\n?$/.exec(fs.readFile(path).toString())?.[1];
  return target === undefined ? undefined : resolve(dirname(path), target);
}

/** Worktrees share `info/` with the repository that they belong to. */
function commonFolder(fs: Fs, gitDir: string): string {
  try {
    const common = fs.readFile(join(gitDir, 'commondir')).toString().trim();
    return isAbsolute(common) ? common : resolve(gitDir, common);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return gitDir;
    throw error;
  }
}

/** Appends rather than rewrites: what somebody else adds meanwhile stays. */
function excludeFromGit(fs: Fs, file: string): void {
  const before = fs.lstat(file) ? fs.readFile(file).toString('latin1') : '';
  if (before.split(/\r?\n/).some((line) => line === NAME || line === `/${NAME}`)) return;
  fs.mkdir(dirname(file), 0o755);
  const fd = fs.open(file, 'a', 0o644);
  try {
    writeAll(fs, fd, Buffer.from(`${before === '' || before.endsWith('\n') ? '' : '\n'}${NAME}\n`));
  } finally {
    fs.close(fd);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
