import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { FailureError, type CacheRoom, type Config, type Engine, type Json, type NodeOutput } from '@crpm/core';
import { inUse, listPublished, listWorkspaces, storeRoom, userFolders, workspaceRooms, type KnownWorkspace } from '@crpm/state';
import { engineRooms, type Keeper } from './engine-rooms.js';

export interface Rooms {
  /** In crpm's own folders, looked into in milliseconds. */
  readonly quick: readonly CacheRoom[];
  /** Trees of many files, and the engines: these may take seconds. */
  readonly slow: readonly CacheRoom[];
  /** Closes the engines that were opened. */
  close(): Promise<void>;
}

/** Results by the workspace that stands on them; nothing for one whose journal can't be read. */
export type Outputs = ReadonlyMap<string, readonly NodeOutput[]>;

/** Every place where something grows, of all workspaces of the user. `config` says which engine; without one it is looked for. */
export async function openRooms(env: NodeJS.ProcessEnv, config: Pick<Config, 'engine' | 'basesystems'> | undefined, signal: AbortSignal): Promise<Rooms> {
  const [{ repodataRoom, repositoryDir }, { sourcesRooms }] = await Promise.all([import('@crpm/pipeline'), import('@crpm/sources')]);
  const folders = userFolders(env);
  const { cache } = folders;
  const workspaces = listWorkspaces(folders);
  const outputs = await readOutputs(workspaces);
  const published = new Map(workspaces.flatMap(({ paths }) => listPublished(repositoryDir(paths)).map(({ sha256 }) => [sha256, paths.id] as const)));
  const quick = [
    storeRoom({ cache, workspaces, published }),
    repodataRoom(cache),
    ...workspaceRooms({
      workspaces,
      repoDir: ({ paths }) => repositoryDir(paths),
      currentResults: ({ paths }) => {
        const own = outputs.get(paths.id);
        return own && new Set(own.map(({ dir }) => dir));
      },
    }),
  ];
  const common = { workspaces, cache, currentImages: ({ paths }: KnownWorkspace) => new Set((outputs.get(paths.id) ?? []).flatMap(imagesIn)) };
  const onHost = config !== undefined && (config.engine.kind === 'host' || config.basesystems.some(({ base }) => base.kind === 'host'));
  let docker: Promise<Engine> | undefined;
  const slow = [
    ...sourcesRooms(cache).map((room) => spared(room, workspaces)),
    ...(onHost ? [] : engineRooms({ ...common, prefix: '', keeper: () => (docker ??= openDocker(config, env, signal)) })),
    ...(keptOnHost(workspaces, cache) ? engineRooms({ ...common, prefix: 'host-', keeper: () => openHost(workspaces, cache, env) }) : []),
  ];
  return {
    quick, slow,
    close: async () => {
      const engine = await docker?.catch(() => undefined);
      await engine?.close();
    },
  };
}

/** What any build may be reading stays while there is one. */
function spared(room: CacheRoom, workspaces: readonly KnownWorkspace[]): CacheRoom {
  const [user] = workspaces.flatMap((workspace) => inUse(workspace) ?? []);
  if (user === undefined) return room;
  return { ...room, list: async (signal) => (await room.list(signal)).map((item) => ({ ...item, pinned: item.pinned ?? user })) };
}

/** The last results of each workspace. */
export async function readOutputs(workspaces: readonly KnownWorkspace[]): Promise<Outputs> {
  const { readHistory } = await import('@crpm/runner');
  const outputs = new Map<string, readonly NodeOutput[]>();
  for (const { paths } of workspaces) {
    try {
      outputs.set(paths.id, [...readHistory(paths).values()].map(({ output }) => output));
    } catch (error) {
      // A newer crpm's journal: what it stands on can't be told, so nothing of it may go.
      if (!(error instanceof FailureError)) throw error;
    }
  }
  return outputs;
}

/** Ids of images that a result stands on: what is true on this machine alone. */
function imagesIn({ data }: NodeOutput): readonly string[] {
  const here = typeof data === 'object' && data !== null && !Array.isArray(data) ? (data as Readonly<Record<string, Json>>)['here'] : undefined;
  return here === undefined ? [] : (JSON.stringify(here).match(/sha256:[0-9a-f]{64}/g) ?? []);
}

async function openDocker(config: Pick<Config, 'engine'> | undefined, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<Engine> {
  const { openDockerEngine } = await import('@crpm/engines/docker/index');
  return openDockerEngine({ config: config?.engine ?? { network: 'bridge' }, env, signal });
}

function workDir({ paths }: KnownWorkspace): string {
  return join(paths.state, 'work');
}

function keptOnHost(workspaces: readonly KnownWorkspace[], cache: string): boolean {
  return existsSync(join(cache, 'shared')) || workspaces.some((workspace) => existsSync(workDir(workspace)));
}

/** The folders of all workspaces as one: what is shared is in each one's list. */
async function openHost(workspaces: readonly KnownWorkspace[], cache: string, env: NodeJS.ProcessEnv): Promise<Keeper> {
  const { openHostEngine } = await import('@crpm/engines/host/index');
  const engines = workspaces.map((workspace) => openHostEngine({ workDir: workDir(workspace), sharedDir: join(cache, 'shared'), env, distribution: '' }));
  return {
    list: async (filter) => {
      const lists = await Promise.all(engines.map((engine) => engine.list(filter)));
      return [...new Map(lists.flat().map((object) => [object.id, object])).values()];
    },
    remove: async (objects) => {
      for (const engine of engines) await engine.remove(objects);
    },
  };
}
