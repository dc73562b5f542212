import { join } from 'node:path';
import type { WorkspacePaths } from '@crpm/core';
import { sweepLeftovers } from './atomic.js';
import { realFs, type Fs } from './fs.js';

/** How far below the state folder temporary files are made: `repo/generations/.staged.crpm-…`. */
const DEPTH = 2;

/**
 * Removes every temporary file and folder that dead processes left for a workspace: in its state, beside its config (`root`), and in the user's store. What
 * living processes use, and what is not named as ours, stays. Returns how many there were.
 */
export function sweepWorkspace(workspace: WorkspacePaths, root: string, fs: Fs = realFs): number {
  return sweepBelow(workspace.state, DEPTH, fs) + sweepLeftovers(root, fs).length + sweepLeftovers(join(workspace.cache, 'store', 'tmp'), fs).length;
}

function sweepBelow(folder: string, depth: number, fs: Fs): number {
  let swept = sweepLeftovers(folder, fs).length;
  if (depth === 0) return swept;
  for (const name of fs.readdir(folder)) {
    const child = join(folder, name);
    if (fs.lstat(child)?.type === 'folder') swept += sweepBelow(child, depth - 1, fs);
  }
  return swept;
}
