/** Something that grows from run to run and can be made again. Ids are unique in their room. */
export interface CacheItem {
  readonly id: string;
  /** For people: `RPMs of libvirt, 12.4.0-1.el9.crpm0001`. */
  readonly title: string;
  /** Bytes that it alone holds; what its removal gives back for certain. */
  readonly bytes: number;
  /** Files that others may hold too, by hard links. Their bytes come back when the last who holds them goes. */
  readonly shared?: readonly SharedFile[];
  /** Milliseconds since the epoch. */
  readonly lastUsed: number;
  /** Absent: of no workspace, or of several. */
  readonly workspace?: string;
  /** Why it must not go now: a `WORKSPACE` names it, somebody is using it. */
  readonly pinned?: string;
}

/** A file with more than one name. An item names it once for each name that the item has. */
export interface SharedFile {
  /** What tells it from every other file of the machine. */
  readonly inode: string;
  readonly bytes: number;
  /** How many names it has, those that no room knows of included. */
  readonly links: number;
}

/**
 * One of the places where things grow: the store, build trees, compiler caches, mirrors of git, build roots, logs. Together they have one bound
 * (`cache.maxSize`); the least recently used goes first, whatever room it is in.
 */
export interface CacheRoom {
  /** `store`, `build-trees`, `ccache`, `git`, `buildroots`, `logs`. */
  readonly name: string;
  /** Fails (class `environment`) where the room can't be looked into. */
  list(signal: AbortSignal): Promise<readonly CacheItem[]>;
  /** Removes items that {@link list} returned; what is gone already, or in use by now, is fine. The ids of those that are gone. */
  remove(items: readonly CacheItem[], signal: AbortSignal): Promise<readonly string[]>;
}
