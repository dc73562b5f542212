import { mkdirSync, rmSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import type { BytePath } from '@crpm/archive';
import { writeFileAtomic } from '@crpm/state';
import { manifestOfSorted, type Manifest, type ManifestEntry } from '../manifest.js';
import type { SeenChanges } from './glance/glance.js';
import { keepGlance, leaveGlance } from './glance/leave.js';
import { lookAt, lstatOrNothing, readOrEmpty, type Pause } from './look-at.js';
import { isRacy, matches, STAMP_LENGTH, stampOf } from './stamps.js';
import { decodeRecord, DIGEST_BYTES, encodeRecord, entriesOf, entryAt, manifestOf, type TreeRecord } from './tree-record.js';

const NOTHING: TreeRecord = { names: [], basis: 0, files: 0, stamps: new Float64Array(0), digests: Buffer.alloc(0), targets: [] };

/**
 * What the last scan of a tree left behind, held against the tree as it is now, and what this one will leave. Nothing is vouched for that was
 * touched less than two seconds before the scan began (see {@link isRacy}).
 */
export class TreeCache {
  readonly #file: string | undefined;
  readonly #tree: BytePath;
  readonly #circumstances: string;
  readonly #started: number;
  readonly #record: TreeRecord;
  /** What {@link save} left. */
  #left: TreeRecord;
  /** Of each name of the record, whether it is as it was. */
  readonly #same: Uint8Array;
  #entries: readonly ManifestEntry[] | undefined;
  /** Where the next name is likely to be that somebody asks for: names come in their order. */
  #likely = 0;
  readonly #read = new Map<BytePath, Stats>();

  /**
   * A missing, damaged or foreign file is an empty cache, and without a file there is nothing to remember. `circumstances`: what a listing depends on
   * besides the tree and git's files. `started`: when the scan began, milliseconds since the epoch.
   */
  constructor(file: string | undefined, tree: BytePath, circumstances: string, started = Date.now()) {
    this.#file = file;
    this.#tree = tree;
    this.#circumstances = circumstances;
    this.#started = started;
    this.#record = (file === undefined ? undefined : decodeRecord(readOrEmpty(file), tree)) ?? NOTHING;
    this.#left = this.#record;
    this.#same = new Uint8Array(this.#record.names.length);
  }

  /** Whether the same files and links belong to the tree as the last time, by one look at each folder and at git's own files. */
  async listingHolds(pause: Pause): Promise<boolean> {
    if (this.#record.whole?.circumstances !== this.#circumstances) return false;
    return (await this.#look(0, this.#record.basis, pause)) === this.#record.basis;
  }

  /** Looks at every file and link of the last time. Whether all are as they were. */
  async lookAtAll(pause: Pause): Promise<boolean> {
    const { names, basis } = this.#record;
    return (await this.#look(basis, names.length, pause)) === names.length - basis;
  }

  /** The files and links that are not as they were, as far as {@link lookAtAll} or {@link believe} knows. */
  changed(): readonly BytePath[] {
    const { names, basis } = this.#record;
    return names.filter((_, place) => place >= basis && this.#same[place] === 0);
  }

  /**
   * The manifest of the last time with other files in place of the {@link changed} ones, which is left for the next scan. Nothing if one of them is not a file now and then.
   * After it was seen that the listing holds: so do its stamps.
   */
  patch(files: ReadonlyMap<BytePath, ManifestEntry>): Manifest | undefined {
    const { basis, whole } = this.#record;
    if (whole === undefined) return undefined;
    const entries = [...this.#entriesOfAll()];
    const stamps = this.#record.stamps.slice();
    const digests = Buffer.from(this.#record.digests);
    for (const path of this.changed()) {
      const [file, place] = [files.get(path), this.#placeOf(path)];
      if (file?.type !== 'file' || place === undefined || place >= basis + this.#record.files) return undefined;
      const stat = this.#read.get(path);
      if (stat) stamps.set(this.#vouchedFor(stat), place * STAMP_LENGTH);
      digests.write(file.sha256, (place - basis) * DIGEST_BYTES, 'hex');
      entries[find(entries.length, (at) => entries[at]?.path ?? '', path) ?? entries.length] = file;
    }
    const manifest = manifestOfSorted(entries, whole.warnings);
    this.#write({ ...this.#record, stamps, digests, whole: { ...whole, digest: manifest.digest } });
    return manifest;
  }

  /** Does what will have to be done as soon as something is known to have changed. */
  expectChange(): void {
    this.#entriesOfAll();
  }

  /** In byte order. */
  #entriesOfAll(): readonly ManifestEntry[] {
    return (this.#entries ??= entriesOf(this.#record));
  }

  /** The files and links of the last time. */
  paths(): readonly BytePath[] {
    return this.#record.names.slice(this.#record.basis);
  }

  /** What the listing of the last time rests on. */
  basis(): readonly BytePath[] {
    return this.#record.names.slice(0, this.#record.basis);
  }

  /** The manifest of the last scan. Its entries are made when somebody asks for them. */
  manifest(): Manifest {
    return manifestOf(this.#record.whole ?? { digest: '', warnings: [] }, () => this.#record);
  }

  /** Takes the word of a glance for what changed. Whether it was one of this record. */
  believe({ changed, by }: SeenChanges): boolean {
    if (this.#record.whole?.digest !== by.whole.digest) return false;
    this.#same.fill(1);
    for (const path of changed) this.#same[this.#placeOf(path) ?? this.#same.length] = 0;
    return true;
  }

  /** For the next scan, after one of the same files and links as the last time. `seen`: by a glance. */
  async leaveGlance(pause: Pause, seen?: SeenChanges): Promise<void> {
    if (this.#file === undefined) return;
    const left = { cacheFile: this.#file, tree: this.#tree, record: this.#left, started: this.#started, pause };
    if (seen) keepGlance(left, seen.by, seen.changed);
    else await leaveGlance(left);
  }

  /** The entry of what has not changed, as far as {@link lookAtAll} has seen. */
  unchanged(path: BytePath): ManifestEntry | undefined {
    const index = this.#placeOf(path);
    return index !== undefined && this.#same[index] === 1 ? entryAt(this.#record, index) : undefined;
  }

  /** The entry of a file or link that `lstat` says is as it was. */
  known(path: BytePath, stat: Stats): ManifestEntry | undefined {
    const index = this.#placeOf(path);
    if (index === undefined || !matches(this.#record.stamps, index * STAMP_LENGTH, stat)) return undefined;
    this.#same[index] = 1;
    return entryAt(this.#record, index);
  }

  /** `stat` was taken before and after the content was read, and was the same. */
  note(path: BytePath, stat: Stats): void {
    this.#read.set(path, stat);
  }

  /**
   * Leaves the record of this scan for the next one. `basis`: all that decides what belongs to the tree, or nothing where that can't be told.
   * A cache that can't be written is a slower next run, not a failure.
   */
  save(manifest: Manifest, basis: readonly BytePath[] | undefined): void {
    if (this.#file === undefined) return;
    const stamped = basis === undefined ? undefined : this.#stampAll(basis);
    const hasNothingNew = stamped === undefined && this.#record.whole === undefined && this.#read.size === 0 && manifest.entries.length === this.paths().length;
    if (hasNothingNew) return;
    this.#write(this.#recordOf(manifest, stamped));
  }

  #write(record: TreeRecord): void {
    this.#left = record;
    if (this.#file === undefined) return;
    try {
      mkdirSync(dirname(this.#file), { recursive: true });
      // A file system may write out at once what takes another one's place.
      rmSync(this.#file, { force: true });
      writeFileAtomic(this.#file, encodeRecord(record, this.#tree), { mode: 0o600, durable: false });
    } catch {
      // The next scan reads the tree again.
    }
  }

  #vouchedFor(stat: Stats): readonly number[] {
    return isRacy(stat, this.#started) ? unmatched(stampOf(stat)) : stampOf(stat);
  }

  #look(from: number, to: number, pause: Pause): Promise<number> {
    return lookAt(this.#record, this.#tree, { from, to, pause, seen: (index) => { this.#same[index] = 1; } });
  }

  /** Among the files and links. The basis may hold a file as well, an exclude file. */
  #placeOf(path: BytePath): number | undefined {
    const { names, basis, files } = this.#record;
    const place = names[this.#likely] === path && this.#likely >= basis ? this.#likely : (this.#find(path, basis, basis + files) ?? this.#find(path, basis + files, names.length));
    if (place !== undefined) this.#likely = place + 1;
    return place;
  }

  #find(path: BytePath, from: number, to: number): number | undefined {
    const found = find(to - from, (at) => this.#record.names[from + at] ?? '', path);
    return found === undefined ? undefined : from + found;
  }

  /** Names with their stamps, or nothing if one of them is too young. */
  #stampAll(names: readonly BytePath[]): ReadonlyMap<BytePath, readonly number[]> | undefined {
    const stamped = new Map<BytePath, readonly number[]>();
    for (const name of names) {
      const stat = lstatOrNothing(name.startsWith('/') ? name : `${this.#tree}/${name}`);
      if (isRacy(stat, this.#started)) return undefined;
      stamped.set(name, stampOf(stat));
    }
    return stamped;
  }

  /** Without an object for each name: there are tens of thousands. */
  #recordOf({ entries, digest, warnings }: Manifest, basis: ReadonlyMap<BytePath, readonly number[]> = new Map()): TreeRecord {
    const names = [...basis.keys()];
    const stamps = new Float64Array((names.length + entries.length) * STAMP_LENGTH);
    for (const [index, stamp] of [...basis.values()].entries()) stamps.set(stamp, index * STAMP_LENGTH);
    const vouched = (entry: ManifestEntry): boolean => {
      const stamp = this.#stampOf(entry.path);
      if (stamp) stamps.set(stamp, names.length * STAMP_LENGTH);
      if (stamp) names.push(entry.path);
      return stamp !== undefined;
    };
    const digests = entries.flatMap((entry) => (entry.type === 'file' && vouched(entry) ? entry.sha256 : []));
    const targets = entries.flatMap((entry) => (entry.type === 'symlink' && vouched(entry) ? entry.target : []));
    return {
      names,
      basis: basis.size,
      files: digests.length,
      stamps: stamps.subarray(0, names.length * STAMP_LENGTH),
      digests: Buffer.from(digests.join(''), 'hex'),
      targets,
      ...(basis.size > 0 && digests.length + targets.length === entries.length ? { whole: { digest, warnings, circumstances: this.#circumstances } } : {}),
    };
  }

  #stampOf(path: BytePath): ArrayLike<number> | undefined {
    const stat = this.#read.get(path);
    if (stat) return this.#vouchedFor(stat);
    const index = this.#placeOf(path);
    if (index === undefined || this.#same[index] !== 1) return undefined;
    return this.#record.stamps.subarray(index * STAMP_LENGTH, (index + 1) * STAMP_LENGTH);
  }
}

/** By halves, where things are in byte order of their names. */
function find(length: number, nameAt: (index: number) => BytePath, name: BytePath): number | undefined {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (nameAt(middle) < name) low = middle + 1;
    else high = middle;
  }
  return low < length && nameAt(low) === name ? low : undefined;
}

/** A stamp that no file has: what was read when it was too young is read again, and all else of the record holds. */
function unmatched([size = 0, , ...others]: readonly number[]): readonly number[] {
  return [size, NaN, ...others];
}
