import { join } from 'node:path';
import type { WorkspacePaths } from '@crpm/core';
import { Journal, realFs, type Fs } from '@crpm/state';
import { History, journalFile } from './history.js';

/** {@link removeUnrecorded} between runs, under the workspace's lock. */
export function sweepResults(workspace: WorkspacePaths, fs: Fs = realFs): number {
  return removeUnrecorded(workspace.state, new History(Journal.read(journalFile(workspace), fs)), fs);
}

/**
 * Removes the folders of results that newer ones took the place of, and of those whose record never came to be. Not while nodes run:
 * they may still read what they were given. Returns how many there were.
 */
export function removeUnrecorded(state: string, history: History, fs: Fs): number {
  const recorded = new Set([...history.all()].map(({ output }) => output.folder));
  const parent = join(state, 'results');
  const nodes = fs.lstat(parent)?.type === 'folder' ? fs.readdir(parent) : [];
  const folders = nodes.flatMap((node) => fs.readdir(join(parent, node)).map((name) => join('results', node, name))).filter((folder) => !recorded.has(folder));
  for (const folder of folders) fs.remove(join(state, folder));
  return folders.length;
}
