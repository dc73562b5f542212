import { FailureError, type CacheItem, type CacheRoom, type Engine, type OwnedObject } from '@crpm/core';
import { acquireLock, inUse, lockFileOf, usageLog, type KnownWorkspace } from '@crpm/state';

/** As much of an engine as is needed to look after what it keeps. */
export type Keeper = Pick<Engine, 'list' | 'remove'>;

export interface EngineRoomsOptions {
  readonly keeper: () => Promise<Keeper>;
  /** Before the names of the rooms, where there is more than one engine: `host-`. */
  readonly prefix: string;
  readonly workspaces: readonly KnownWorkspace[];
  /** Ids of images that a workspace's last results stand on. */
  readonly currentImages: (workspace: KnownWorkspace) => ReadonlySet<string>;
  readonly cache: string;
}

const ROOMS = ['build-trees', 'ccache', 'buildroots'] as const;
type RoomName = (typeof ROOMS)[number];

/** What crpm keeps in an engine on purpose. What a run left there because it died is no cache: `crpm clean --orphans` removes it. */
export function engineRooms(options: EngineRoomsOptions): readonly CacheRoom[] {
  let listed: Promise<readonly OwnedObject[]> | undefined;
  const objects = () => (listed ??= options.keeper().then((keeper) => keeper.list({ sizes: true })));
  return ROOMS.map((name) => ({
    name: `${options.prefix}${name}`,
    list: async () => {
      const used = usageLog(options.cache).read();
      return (await objects()).filter((object) => roomOf(object) === name).map((object) => toItem(object, options, used));
    },
    remove: async (items) => {
      const ids = new Set(items.map(({ id }) => id));
      const going = (await objects()).filter((object) => roomOf(object) === name && ids.has(object.id));
      const keeper = await options.keeper();
      for (const workspace of new Set(going.map(({ labels }) => labels.workspace))) {
        await removeOwn(keeper, options.workspaces.find(({ paths }) => paths.id === workspace), going.filter(({ labels }) => labels.workspace === workspace));
      }
      listed = undefined;
      const left = new Set((await keeper.list({})).map(({ id }) => id));
      return items.filter(({ id }) => !left.has(id)).map(({ id }) => id);
    },
  }));
}

/** A workspace's things only while nobody works in it; what belongs to none at any time. */
async function removeOwn(keeper: Keeper, workspace: KnownWorkspace | undefined, objects: readonly OwnedObject[]): Promise<void> {
  if (!workspace) return keeper.remove(objects);
  try {
    const lock = await acquireLock(lockFileOf(workspace.paths), { command: 'crpm cache gc' });
    try {
      await keeper.remove(objects);
    } finally {
      lock.release();
    }
  } catch (error) {
    if (!(error instanceof FailureError) || error.failure.class !== 'locked') throw error;
  }
}

function roomOf({ type, keeps }: OwnedObject): RoomName | undefined {
  if (keeps) return keeps.what === 'tree' ? 'build-trees' : 'ccache';
  return type === 'image' ? 'buildroots' : undefined;
}

function toItem(object: OwnedObject, options: EngineRoomsOptions, used: ReadonlyMap<string, number>): CacheItem {
  const { id, labels, created, keeps, bytes = 0 } = object;
  const workspace = options.workspaces.find(({ paths }) => paths.id === labels.workspace);
  const known = lastUse(object, workspace, options, used);
  const pinned = whyPinned(object, workspace, known, options);
  return {
    id, bytes, lastUsed: Math.max(created * 1000, known ?? 0),
    title: keeps?.what === 'tree' ? `build tree ${keeps.name}` : keeps ? `${keeps.name.startsWith('ccache') ? 'compiler cache' : 'what was fetched for'} ${keeps.name}` : `image of ${labels.node}`,
    ...(labels.workspace === '' ? {} : { workspace: labels.workspace }),
    ...(pinned === undefined ? {} : { pinned }),
  };
}

/** An engine may serve several users, or one with several state folders: what none of these workspaces made is not ours to judge, and who uses it can't be seen. */
function whyPinned({ keeps }: OwnedObject, workspace: KnownWorkspace | undefined, known: number | undefined, options: EngineRoomsOptions): string | undefined {
  if (keeps?.what !== 'cache') return workspace ? inUse(workspace) : 'its workspace has no state here';
  if (known === undefined) return 'nobody has used it from here';
  // Any build may be writing to it.
  const user = options.workspaces.find(({ holder }) => holder);
  return user && inUse(user);
}

/** From the log of use; an image that is current was used in the workspace's last run. */
function lastUse({ id, keeps, labels }: OwnedObject, workspace: KnownWorkspace | undefined, options: EngineRoomsOptions, used: ReadonlyMap<string, number>): number | undefined {
  if (keeps) return used.get(keeps.what === 'tree' ? `build-trees/${labels.workspace}/${keeps.name}` : `ccache/${keeps.name}`);
  return workspace && options.currentImages(workspace).has(id) ? workspace.lastRun : undefined;
}
