import { mkdirSync, readFileSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import type { BytePath } from '@crpm/archive';
import type { FileEntry } from '../manifest.js';
import { replaceFile } from '../replace-file.js';
import { decodeRecords, encodeRecords, makeRecord, matches, type StatRecord } from './stat-records.js';

/** Two seconds: coarser than the time stamps of any file system in use, and than the kernel's clock for them. */
const RACY_WINDOW_MS = 2_000;

/**
 * Remembers the sha256 of files by what `lstat` says of them, so that an unchanged tree is not read again.
 *
 * A stamp vouches for content only if it is older than the reading of that content: a write in the same tick of the clock as the
 * reading changes the file and not its stamp (git calls such entries racy). So what was touched less than {@link RACY_WINDOW_MS} before a
 * scan began is not put into the file at all, and gets hashed again next time. ctime counts as well as mtime, for nobody can set it back.
 */
export class StatCache {
  readonly #file: string;
  readonly #tree: BytePath;
  readonly #horizon: number;
  readonly #known: ReadonlyMap<BytePath, StatRecord>;
  readonly #seen = new Set<StatRecord>();
  readonly #fresh: StatRecord[] = [];

  private constructor(file: string, tree: BytePath, known: ReadonlyMap<BytePath, StatRecord>, started: number) {
    this.#file = file;
    this.#tree = tree;
    this.#known = known;
    this.#horizon = started - RACY_WINDOW_MS;
  }

  /** A missing, damaged or foreign file is an empty cache. `started`: when the scan began, milliseconds since the epoch. */
  static load(file: string, tree: BytePath, started = Date.now()): StatCache {
    const records = decodeRecords(readOrEmpty(file), tree);
    return new StatCache(file, tree, new Map(records.map((record) => [record.entry.path, record])), started);
  }

  /** What was there at the last scan. */
  paths(): Iterable<BytePath> {
    return this.#known.keys();
  }

  /** The entry of a file that has not changed since it was read, if it is known. */
  get(path: BytePath, stat: Stats): FileEntry | undefined {
    const known = this.#known.get(path);
    if (known === undefined || !matches(known, stat)) return undefined;
    this.#seen.add(known);
    return known.entry;
  }

  /** `stat` was taken before and after the content was read, and was the same. */
  set(entry: FileEntry, stat: Stats): void {
    if (stat.ctimeMs >= this.#horizon || stat.mtimeMs >= this.#horizon) return;
    this.#fresh.push(makeRecord(entry, stat));
  }

  /** Replaces the file, if there is something new. A cache that can't be written is a slower next run, not a failure. */
  save(): void {
    if (this.#fresh.length === 0 && this.#seen.size === this.#known.size) return;
    try {
      mkdirSync(dirname(this.#file), { recursive: true });
      replaceFile(this.#file, encodeRecords([...this.#seen, ...this.#fresh], this.#tree), { mode: 0o600, durable: false });
    } catch {
      // The next scan reads the tree again.
    }
  }
}

function readOrEmpty(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    return Buffer.alloc(0);
  }
}
