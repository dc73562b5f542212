import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, type BigIntStats } from 'node:fs';
import { dirname } from 'node:path';
import type { BytePath } from '../byte-path.js';
import { replaceFile } from '../replace-file.js';

const MAGIC = 'crpm stat cache 1';
const FIELDS = 3;

/**
 * Two seconds, in nanoseconds: coarser than the time stamps of any file system in use, and than the kernel's clock for them.
 */
const RACY_WINDOW = 2_000_000_000n;

/**
 * Remembers the sha256 of files by what `lstat` says of them, so that an unchanged tree is not read again.
 *
 * A stamp vouches for content only if it is older than the reading of that content: a write in the same tick of the clock as the
 * reading changes the file and not its stamp (git calls such entries racy). So what was touched less than {@link RACY_WINDOW} before a
 * scan began is not put into the file at all, and gets hashed again next time. ctime counts as well as mtime, for nobody can set it back.
 *
 * The file: fields ended by NUL: magic, tree, number of entries, then path, stamp and hex sha256 of each, then the sha256 of all
 * before. Whatever is not exactly so is taken for an empty cache.
 */
export class StatCache {
  readonly #file: string;
  readonly #tree: BytePath;
  readonly #horizon: bigint;
  readonly #known: ReadonlyMap<BytePath, Known>;
  readonly #next = new Map<BytePath, Known>();
  #changed = false;

  /** `started`: when the scan began, in nanoseconds since the epoch. */
  private constructor(file: string, tree: BytePath, known: ReadonlyMap<BytePath, Known>, started: bigint) {
    this.#file = file;
    this.#tree = tree;
    this.#known = known;
    this.#horizon = started - RACY_WINDOW;
  }

  static load(file: string, tree: BytePath, started = BigInt(Date.now()) * 1_000_000n): StatCache {
    return new StatCache(file, tree, parse(readOrEmpty(file), tree), started);
  }

  /** The sha256 of a file that has not changed since it was read, if it is known. */
  get(path: BytePath, stat: BigIntStats): string | undefined {
    const known = this.#known.get(path);
    if (known === undefined || known.stamp !== stampOf(stat)) return undefined;
    this.#next.set(path, known);
    return known.sha256;
  }

  /** `stat` was taken before and after the content was read, and was the same. */
  set(path: BytePath, stat: BigIntStats, sha256: string): void {
    if (stat.ctimeNs >= this.#horizon || stat.mtimeNs >= this.#horizon) return;
    this.#next.set(path, { stamp: stampOf(stat), sha256 });
    this.#changed = true;
  }

  /** Replaces the file in one rename, if there is something new. A cache that can't be written is a slower next run, not a failure. */
  save(): void {
    if (!this.#changed && this.#next.size === this.#known.size) return;
    try {
      mkdirSync(dirname(this.#file), { recursive: true });
      replaceFile(this.#file, serialize(this.#tree, this.#next), { mode: 0o600, durable: false });
    } catch {
      // The next scan reads the tree again.
    }
  }
}

interface Known {
  readonly stamp: string;
  readonly sha256: string;
}

function stampOf(stat: BigIntStats): string {
  return `${stat.size} ${stat.mtimeNs} ${stat.ctimeNs} ${stat.ino} ${stat.mode}`;
}

function readOrEmpty(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    return Buffer.alloc(0);
  }
}

function serialize(tree: BytePath, known: ReadonlyMap<BytePath, Known>): Buffer {
  const fields = [MAGIC, tree, String(known.size)];
  for (const [path, { stamp, sha256 }] of known) fields.push(path, stamp, sha256);
  const body = Buffer.from(`${fields.join('\0')}\0`, 'latin1');
  return Buffer.concat([body, Buffer.from(checksum(body), 'latin1')]);
}

function parse(bytes: Buffer, tree: BytePath): ReadonlyMap<BytePath, Known> {
  const known = new Map<BytePath, Known>();
  const end = bytes.lastIndexOf(0) + 1;
  const body = bytes.subarray(0, end);
  if (end === 0 || bytes.toString('latin1', end) !== checksum(body)) return known;
  const fields = body.toString('latin1').split('\0');
  if (fields[0] !== MAGIC || fields[1] !== tree || fields.length !== 4 + Number(fields[2]) * FIELDS) return known;
  for (let at = 3; at + FIELDS < fields.length; at += FIELDS) {
    known.set(fields[at] as string, { stamp: fields[at + 1] as string, sha256: fields[at + 2] as string });
  }
  return known;
}

function checksum(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex');
}
