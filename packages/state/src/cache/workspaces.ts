import { join } from 'node:path';
import type { WorkspacePaths } from '@crpm/core';
import { realFs, type Fs } from '../fs.js';
import { readLock, type LockHolder } from '../lock.js';
import { lockFileOf } from '../paths.js';
import { listFolder, millis } from './folder-size.js';

/** A workspace as far as its age and its use go. */
export interface KnownWorkspace {
  readonly paths: WorkspacePaths;
  /** When it last ran, milliseconds since the epoch; 0: never. */
  readonly lastRun: number;
  /** Who works in it now. */
  readonly holder?: LockHolder;
}

/** Every workspace of the user that has state. */
export function listWorkspaces({ stateHome, cache }: { readonly stateHome: string; readonly cache: string }, fs: Fs = realFs): readonly KnownWorkspace[] {
  return listFolder(fs, stateHome)
    .filter((name) => /-[0-9a-f]{8}$/.test(name) && fs.lstat(join(stateHome, name))?.type === 'folder')
    .map((id) => {
      const paths: WorkspacePaths = { id, state: join(stateHome, id), cache };
      const holder = readLock(lockFileOf(paths), fs);
      return { paths, lastRun: lastRunOf(paths, fs), ...(holder ? { holder } : {}) };
    });
}

/** Every run makes a folder of logs. */
function lastRunOf({ state }: WorkspacePaths, fs: Fs): number {
  const logs = join(state, 'logs');
  return listFolder(fs, logs).reduce((latest, run) => {
    const stat = fs.lstat(join(logs, run));
    return stat?.type === 'folder' ? Math.max(latest, millis(stat.mtime)) : latest;
  }, 0);
}

/** Why what a workspace works with must stay, in words. */
export function inUse({ holder }: KnownWorkspace): string | undefined {
  return holder && `in use by pid ${String(holder.pid)}: ${holder.command}`;
}
