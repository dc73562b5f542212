import { basename, dirname, join } from 'node:path';
import { makeFolder, syncFile, syncFolder, sweepLeftovers } from './atomic.js';
import { evictionLog } from './cache/logs.js';
import { hashFile } from './digest.js';
import { errorCode, realFs, type Fs } from './fs.js';
import { temporaryName } from './owner.js';
import { copyFile, linkOrCopy } from './place.js';
import { badFolderOf, setAside } from './set-aside.js';

/** `damaged`: there was an entry, it did not hold what its name says, and was set aside. */
export type StoreHit = 'restored' | 'absent' | 'damaged';

/**
 * Outputs by content, shared by all workspaces of a user: `store/<aa>/<sha256>`, files of one mode (0444), linked in and out where the
 * file system allows. Needs no lock: an entry appears whole, by one link(2) or rename(2), and whoever is second finds it there.
 * It trusts no entry: what goes out is hashed first.
 */
export class Store {
  readonly #cache: string;
  readonly #root: string;
  readonly #fs: Fs;
  #prepared = false;

  constructor(cache: string, fs: Fs = realFs) {
    this.#cache = cache;
    this.#root = join(cache, 'store');
    this.#fs = fs;
  }

  /** Where damaged entries are kept for a look. */
  get badFolder(): string {
    return badFolderOf(this.#root);
  }

  /** Whether there is an entry of that name; only {@link restore} tells if it holds what it should. */
  has(sha256: string): boolean {
    return this.#fs.lstat(this.#entry(sha256)) !== undefined;
  }

  /** When an entry that is not there went to keep the cache within its bound, milliseconds since the epoch; nothing if it did not. */
  evictedAt(sha256: string): number | undefined {
    return evictionLog(this.#cache, this.#fs).read().get(`store/${sha256}`);
  }

  /** Takes a file in that holds `sha256` (the caller has hashed it) and that nobody changes any more. */
  async add(file: string, sha256: string): Promise<void> {
    this.#prepare();
    const fs = this.#fs;
    const entry = this.#entry(sha256);
    const existing = fs.lstat(entry);
    if (existing) {
      if (existing.ino === fs.lstat(file)?.ino && existing.type === 'file') return;
      if ((await this.#look(entry, sha256)) === 'whole') return;
    }
    makeFolder(fs, dirname(entry), 0o700);
    const temporary = join(this.#root, 'tmp', temporaryName(sha256));
    try {
      const copied = await linkOrCopy(fs, file, temporary);
      if (copied && copied.sha256 !== sha256) throw new Error(`${file} was to hold ${sha256} and holds ${copied.sha256}`);
      if (!copied) syncFile(fs, temporary);
      fs.rename(temporary, entry);
      syncFolder(fs, dirname(entry));
    } finally {
      // Renaming one link of a file over another does nothing, and leaves both.
      fs.remove(temporary);
    }
  }

  /** Puts the content `sha256` at the new name `target`, read only. */
  async restore(sha256: string, target: string): Promise<StoreHit> {
    const fs = this.#fs;
    const entry = this.#entry(sha256);
    try {
      if (!fs.lstat(entry)) return 'absent';
      this.#prepare();
      const looked = await this.#look(entry, sha256);
      if (looked !== 'whole') return looked;
      const copied = await linkOrCopy(fs, entry, target);
      if (!copied || copied.sha256 === sha256) return 'restored';
      fs.remove(target);
      return 'damaged';
    } catch (error) {
      // It may be evicted at any moment, and be there again the next.
      if (errorCode(error) === 'ENOENT' && fs.lstat(dirname(target))) return 'absent';
      throw error;
    }
  }

  #entry(sha256: string): string {
    if (!/^[0-9a-f]{64}$/.test(sha256)) throw new Error(`not a sha256: ${sha256}`);
    return join(this.#root, sha256.slice(0, 2), sha256);
  }

  /** Reads an entry. One that does not hold what its name says is set aside; one that went meanwhile is no damage, even if somebody has put it back by now. */
  async #look(entry: string, sha256: string): Promise<'whole' | 'damaged' | 'absent'> {
    const fs = this.#fs;
    const stat = fs.lstat(entry);
    if (!stat) return 'absent';
    try {
      // A link or a folder in an entry's place would lead the hash astray.
      if (stat.type === 'file' && (await hashFile(entry, { fs })).sha256 === sha256) return 'whole';
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return 'absent';
      throw error;
    }
    if (fs.lstat(entry)?.ino !== stat.ino) return 'absent';
    setAside(fs, entry, this.badFolder);
    return 'damaged';
  }

  #prepare(): void {
    if (this.#prepared) return;
    this.#prepared = true;
    this.#fs.mkdir(join(this.#root, 'tmp'), 0o700);
    sweepLeftovers(join(this.#root, 'tmp'), this.#fs);
  }
}

/** A private copy of a file that others may have links to, in its place: from then on nobody else can change it. */
export async function unshare(file: string, fs: Fs = realFs): Promise<void> {
  const temporary = join(dirname(file), temporaryName(`.${basename(file)}`));
  try {
    await copyFile(fs, file, temporary);
    fs.rename(temporary, file);
  } finally {
    fs.remove(temporary);
  }
}
