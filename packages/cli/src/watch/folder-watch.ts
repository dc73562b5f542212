import { watch, type FSWatcher } from 'node:fs';
import { basename, join } from 'node:path';

/** Tells that something in a folder, not below it, changed; throws what the system says. Node's `fs.watch`, or a stand-in. */
export type WatchFolder = (folder: string, changed: (event: string, name: string | null) => void) => Pick<FSWatcher, 'close' | 'on'>;

/**
 * Watches folders, each for itself: one inotify watch per folder sees every save in it, also one by rename, where watching recursively costs one
 * per file (Node's own and chokidar alike), 15,000 for QEMU. That it is folder by folder also keeps out what git ignores.
 *
 * What it tells is only a hint that it is time to look: nothing hangs on what the system says of a change, or on how often.
 */
export class FolderWatch {
  readonly #open = new Map<string, Pick<FSWatcher, 'close'>>();
  readonly #changed: () => void;
  readonly #watch: WatchFolder;

  constructor(changed: () => void, watchFolder: WatchFolder = (folder, listener) => watch(folder, listener)) {
    this.#changed = changed;
    this.#watch = watchFolder;
  }

  /** From now on exactly these absolute folders; what is no folder is left out. Says whether some are new. Throws system errors such as ENOSPC: no more watches. */
  sync(folders: ReadonlySet<string>): boolean {
    for (const folder of this.#open.keys()) if (!folders.has(folder)) this.#drop(folder);
    let more = false;
    for (const folder of folders) if (!this.#open.has(folder)) more = this.#add(folder) || more;
    return more;
  }

  close(): void {
    for (const folder of this.#open.keys()) this.#drop(folder);
  }

  #add(folder: string): boolean {
    try {
      const watcher = this.#watch(folder, (event, name) => {
        // A folder that was replaced takes its watch along: the next sync watches the one that is there then.
        if (event === 'rename' && name !== null) this.#drop(name === basename(folder) ? folder : join(folder, name));
        this.#changed();
      });
      watcher.on('error', () => {
        this.#drop(folder);
        this.#changed();
      });
      this.#open.set(folder, watcher);
      return true;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES') return false;
      throw error;
    }
  }

  /** With what is below it. */
  #drop(folder: string): void {
    if (!this.#open.has(folder)) return;
    for (const [path, watcher] of this.#open) {
      if (path !== folder && !path.startsWith(`${folder}/`)) continue;
      this.#open.delete(path);
      watcher.close();
    }
  }
}
