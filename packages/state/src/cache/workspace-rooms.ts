import { join } from 'node:path';
import { FailureError, type CacheItem, type CacheRoom } from '@crpm/core';
import { realFs, type Fs } from '../fs.js';
import { readCurrentGeneration } from '../generations.js';
import { acquireLock } from '../lock.js';
import { lockFileOf } from '../paths.js';
import { listFolder, measure, millis } from './folder-size.js';
import { inUse, type KnownWorkspace } from './workspaces.js';

/** A workspace that has not run for so long may lose its last results too, milliseconds. */
const FORGOTTEN = 30 * 86_400_000;

export interface WorkspaceRoomsOptions {
  readonly workspaces: readonly KnownWorkspace[];
  /** Absolute folder of a workspace's repository. */
  readonly repoDir: (workspace: KnownWorkspace) => string;
  /** Absolute folders of the results that a workspace stands on; nothing where that can't be told. */
  readonly currentResults: (workspace: KnownWorkspace) => ReadonlySet<string> | undefined;
  readonly fs?: Fs;
}

/** A thing in a workspace's state: a folder, and what is to be said of it. */
interface Thing {
  readonly path: string;
  readonly title: string;
  readonly lastUsed: number;
  readonly pinned?: string;
}

/** What grows in the state folders of all workspaces: logs, generations of repositories, results. Things are removed only under their workspace's lock. */
export function workspaceRooms(options: WorkspaceRoomsOptions): readonly CacheRoom[] {
  const fs = options.fs ?? realFs;
  const room = (name: string, things: (workspace: KnownWorkspace) => readonly Thing[]): CacheRoom => {
    const paths = new Map<string, string>();
    return {
      name,
      list: () => Promise.resolve(options.workspaces.flatMap((workspace) => things(workspace).map(({ path, ...thing }): CacheItem => {
        const id = `${workspace.paths.id}/${path.slice(workspace.paths.state.length + 1)}`;
        paths.set(id, path);
        const pinned = inUse(workspace) ?? thing.pinned;
        return { id, ...thing, ...measure(fs, path), workspace: workspace.paths.id, ...(pinned === undefined ? {} : { pinned }) };
      }))),
      remove: async (items) => {
        const gone: string[] = [];
        for (const workspace of options.workspaces) {
          const own = items.filter((item) => item.workspace === workspace.paths.id);
          if (own.length === 0) continue;
          await underLock(fs, workspace, () => {
            for (const { id } of own) {
              const path = paths.get(id);
              if (path === undefined) continue;
              fs.remove(path);
              gone.push(id);
            }
          });
        }
        return gone;
      },
    };
  };
  return [
    room('logs', (workspace) => logsOf(fs, workspace)),
    room('generations', (workspace) => generationsOf(fs, options.repoDir(workspace), workspace)),
    room('results', (workspace) => resultsOf(fs, workspace, options.currentResults(workspace))),
  ];
}

function logsOf(fs: Fs, { paths, lastRun }: KnownWorkspace): readonly Thing[] {
  const logs = join(paths.state, 'logs');
  return listFolder(fs, logs).flatMap((run) => {
    const stat = fs.lstat(join(logs, run));
    if (stat?.type !== 'folder') return [];
    const lastUsed = millis(stat.mtime);
    return [{ path: join(logs, run), title: `logs of the run ${run}`, lastUsed, ...(lastUsed >= lastRun ? { pinned: 'the last run' } : {}) }];
  });
}

/** Generations, and what was ever published: that stays until the user releases it, because somebody's `WORKSPACE` may name it. */
function generationsOf(fs: Fs, repoDir: string, { paths, lastRun }: KnownWorkspace): readonly Thing[] {
  const current = readCurrentGeneration(repoDir, fs)?.id;
  const things: Thing[] = listFolder(fs, join(repoDir, 'generations')).flatMap((id) => {
    const path = join(repoDir, 'generations', id);
    const stat = fs.lstat(path);
    if (stat?.type !== 'folder' || id.startsWith('.')) return [];
    return [{ path, title: `generation ${id}`, lastUsed: id === current ? lastRun : millis(stat.mtime), ...(id === current ? { pinned: 'the one that is served' } : {}) }];
  });
  const published = join(repoDir, 'published');
  if (!fs.lstat(published)) return things;
  return [...things, { path: published, title: `published RPMs of ${paths.id}`, lastUsed: lastRun, pinned: 'a WORKSPACE may name them; crpm clean --published releases them' }];
}

function resultsOf(fs: Fs, { paths, lastRun }: KnownWorkspace, current: ReadonlySet<string> | undefined): readonly Thing[] {
  const results = join(paths.state, 'results');
  return listFolder(fs, results).flatMap((node) =>
    listFolder(fs, join(results, node)).flatMap((name) => {
      const path = join(results, node, name);
      const stat = fs.lstat(path);
      if (stat?.type !== 'folder') return [];
      if (current?.has(path) === false) return [{ path, title: `an earlier result of ${node}`, lastUsed: millis(stat.mtime) }];
      const stays = current === undefined || Date.now() - lastRun < FORGOTTEN;
      return [{ path, title: `the last result of ${node}`, lastUsed: lastRun, ...(stays ? { pinned: 'what its workspace stands on' } : {}) }];
    }),
  );
}

/** Not at all where somebody works in the workspace. */
async function underLock(fs: Fs, { paths }: KnownWorkspace, action: () => void): Promise<void> {
  try {
    const lock = await acquireLock(lockFileOf(paths), { command: 'crpm cache gc', fs });
    try {
      action();
    } finally {
      lock.release();
    }
  } catch (error) {
    if (!(error instanceof FailureError) || error.failure.class !== 'locked') throw error;
  }
}
