import { chmodSync, constants, copyFileSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, utimesSync, type BigIntStats } from 'node:fs';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { bytesOf, fsPath, printable, type BytePath } from '@crpm/archive';
import { fail } from '@crpm/core';
import { writeFileAtomic } from '@crpm/state';

/**
 * Names that `hack/dockerized` leaves out of its rsync at any depth, and `.crpm`, our own link. In the copy they are nobody's business: what
 * a script left there stays.
 */
const EXCLUDED: ReadonlySet<BytePath> = new Set(['_out', 'bazel-bin', 'bazel-genfiles', 'bazel-kubevirt', 'bazel-out', 'bazel-testlogs', '.vagrant', '.bazeldnf', '.crpm']);

/** What a file's stat said on both sides right after it was copied: `[user's, copy's]`. */
type Record = { [path: BytePath]: readonly [string, string] };

/** Of each file and link, what the stat of the user's said and that of the copy, as {@link signatureOf} tells it. */
export type Seen = ReadonlyMap<BytePath, readonly [theirs: string, ours: string]>;

export interface SyncResult {
  readonly files: number;
  readonly copied: number;
  readonly removed: number;
  readonly seen: Seen;
}

/** Whether the copy of a tree leaves a name out; `folder` is relative to the tree, with a slash at its end unless it is the top. */
export function isExcluded(folder: BytePath, name: BytePath): boolean {
  return EXCLUDED.has(name) || (folder === '' && name === '.git');
}

/**
 * Makes every file of `copy` equal to `tree`'s again, whoever changed either: content is copied wherever the stat of one side is not what it
 * was after the last sync, and what the tree does not have is removed. Always copies (reflinks where the file system has them), never
 * hard links: a script that writes in place must not reach the user's file. `.git` at the top is left to `copyGit`.
 *
 * Fails with class `source` when a file changes while it is read, or can't be read.
 */
export async function syncTree(tree: string, copy: string, recordFile: string, signal: AbortSignal): Promise<SyncResult> {
  const sync = new TreeSync(bytesOf(tree), bytesOf(copy), readRecord(recordFile), signal);
  mkdirSync(copy, { recursive: true, mode: 0o700 });
  await sync.folder('');
  // ctime moves in ticks of up to 10 ms. Whatever writes to the copy from here on gets a later one than what was recorded.
  await setTimeout(20);
  await writeFileAtomic(recordFile, JSON.stringify(sync.record));
  return sync.result;
}

class TreeSync {
  readonly record: Record = {};
  readonly seen = new Map<BytePath, readonly [string, string]>();
  readonly result = { files: 0, copied: 0, removed: 0, seen: this.seen };
  private sinceBreath = 0;

  constructor(
    private readonly tree: BytePath,
    private readonly copy: BytePath,
    private readonly last: Record,
    private readonly signal: AbortSignal,
  ) {}

  /** `path` is relative to both sides, with a slash at its end unless it is the top. */
  async folder(path: BytePath): Promise<void> {
    const mine = (name: BytePath) => !isExcluded(path, name);
    const wanted = list(this.tree + '/' + path).filter(mine);
    const present = new Set(list(this.copy + '/' + path).filter(mine));
    for (const name of wanted) {
      await this.breathe();
      if (await this.entry(path + name)) present.delete(name);
    }
    for (const name of present) {
      this.remove(path + name);
      this.result.removed++;
    }
  }

  /** Whether it belongs into the copy: sockets, pipes and devices do not. */
  private async entry(path: BytePath): Promise<boolean> {
    const theirs = stat(`${this.tree}/${path}`);
    if (!theirs) return false;
    const ours = stat(`${this.copy}/${path}`);
    if (theirs.isDirectory()) {
      if (ours && !ours.isDirectory()) this.remove(path);
      const target = fsPath(`${this.copy}/${path}`);
      if (!ours?.isDirectory()) mkdirSync(target);
      // A folder that its owner may not write would stop the script, and the next sync.
      chmodSync(target, Number(theirs.mode & 0o777n) | 0o700);
      await this.folder(`${path}/`);
    } else if (theirs.isSymbolicLink()) {
      const link = readlinkSync(fsPath(`${this.tree}/${path}`), 'buffer');
      if (!ours?.isSymbolicLink() || !readlinkSync(fsPath(`${this.copy}/${path}`), 'buffer').equals(link)) {
        this.remove(path);
        symlinkSync(link, fsPath(`${this.copy}/${path}`));
      }
      this.see(path, theirs, stat(`${this.copy}/${path}`));
    } else if (theirs.isFile()) {
      this.result.files++;
      const [theirLast, ourLast] = this.last[path] ?? [];
      if (ours && signatureOf(theirs) === theirLast && signatureOf(ours) === ourLast) {
        this.record[path] = [theirLast, ourLast];
        this.see(path, theirs, ours);
      } else this.file(path);
    } else {
      return false;
    }
    return true;
  }

  private file(path: BytePath): void {
    const [source, target] = [`${this.tree}/${path}`, `${this.copy}/${path}`];
    for (let attempt = 0; attempt < 2; attempt++) {
      const before = stat(source);
      this.remove(path);
      try {
        copyFileSync(fsPath(source), fsPath(target), constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
      } catch (error) {
        // Reading is what may fail here; a full disk keeps its own class.
        if ((error as NodeJS.ErrnoException).code === 'ENOSPC') throw error;
        fail({ class: 'source', message: `the KubeVirt tree has a file that can't be copied: ${printable(path)}: ${(error as Error).message}`, next: 'Make it readable, or remove it.' }, error);
      }
      const after = stat(source);
      if (!before || !after || signatureOf(before) !== signatureOf(after)) continue;
      chmodSync(fsPath(target), Number(after.mode & 0o777n) | 0o600);
      utimesSync(fsPath(target), Number(after.atimeNs) / 1e9, Number(after.mtimeNs) / 1e9);
      this.result.copied++;
      const copied = stat(target);
      this.see(path, after, copied);
      // A file changed this moment could change again within the same tick of its ctime: its stat proves nothing yet.
      const settled = BigInt(Date.now()) - after.ctimeMs > 2000n;
      if (copied && settled) this.record[path] = [signatureOf(after), signatureOf(copied)];
      return;
    }
    fail({ class: 'source', message: `changed while reading: ${printable(path)} in the KubeVirt tree`, next: 'Let the other program finish, then run again.' });
  }

  private see(path: BytePath, theirs: BigIntStats, ours: BigIntStats | undefined): void {
    if (ours) this.seen.set(path, [signatureOf(theirs), signatureOf(ours)]);
  }

  private remove(path: BytePath): void {
    rmSync(fsPath(`${this.copy}/${path}`), { recursive: true, force: true });
  }

  /** Lets events through (signals, the live view) every few hundred entries. */
  private async breathe(): Promise<void> {
    if (++this.sinceBreath % 256 !== 0) return;
    await setImmediate();
    this.signal.throwIfAborted();
  }
}

function list(dir: BytePath): readonly BytePath[] {
  return readdirSync(fsPath(dir), 'latin1');
}

function stat(path: BytePath): BigIntStats | undefined {
  return lstatSync(fsPath(path), { bigint: true, throwIfNoEntry: false });
}

export function signatureOf(stat: BigIntStats): string {
  return `${stat.size}:${stat.mtimeNs}:${stat.ctimeNs}:${stat.ino}:${stat.mode}`;
}

/** Without a usable record everything is copied anew. */
function readRecord(file: string): Record {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return typeof value === 'object' && value !== null ? Object.assign(Object.create(null) as Record, value) : {};
  } catch {
    return {};
  }
}
