import { createHash } from 'node:crypto';
import type { BytePath } from '@crpm/archive';

/** A tree as it was at one moment: every file and link that belongs to it. Folders exist only through what is in them, as in git. */
export interface Manifest {
  /** In byte order of their paths, each path once. */
  readonly entries: readonly ManifestEntry[];
  /** `sha256:<hex>` over the entries: equal digests are equal trees. */
  readonly digest: string;
  /** What was left out, one sentence each. Not part of the digest. */
  readonly warnings: readonly string[];
}

export type ManifestEntry = FileEntry | SymlinkEntry;

export interface FileEntry {
  readonly type: 'file';
  /** Relative to the tree, without `.` and `..`. */
  readonly path: BytePath;
  /** Only the executable bit of a mode matters, as in git. */
  readonly mode: 0o644 | 0o755;
  /** bytes */
  readonly size: number;
  /** hex, of the content */
  readonly sha256: string;
}

export interface SymlinkEntry {
  readonly type: 'symlink';
  readonly path: BytePath;
  /** What the link says, never resolved. */
  readonly target: BytePath;
}

/** Sorts the entries and computes the digest. */
export function makeManifest(entries: readonly ManifestEntry[], warnings: readonly string[] = []): Manifest {
  return manifestOfSorted(inByteOrder(entries), warnings);
}

/** Of entries that are in byte order already. */
export function manifestOfSorted(entries: readonly ManifestEntry[], warnings: readonly string[] = []): Manifest {
  return { entries, digest: digestOf(entries), warnings };
}

export function inByteOrder(entries: readonly ManifestEntry[]): readonly ManifestEntry[] {
  return [...entries].sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

function digestOf(entries: readonly ManifestEntry[]): string {
  return `sha256:${createHash('sha256').update(manifestText(entries), 'latin1').digest('hex')}`;
}

/**
 * What the digest is taken over: {@link MANIFEST_HEAD}, then path, type (`f`, `x`, `l`) and sha256 or link target of each entry, each ended by NUL. NUL can
 * stand in none of them, so no two lists of entries give the same bytes.
 */
export function manifestText(entries: readonly ManifestEntry[]): string {
  let text = MANIFEST_HEAD;
  for (const entry of entries) {
    text += entry.type === 'file' ? `${entry.path}\0${entry.mode === 0o755 ? 'x' : 'f'}\0${entry.sha256}\0` : `${entry.path}\0l\0${entry.target}\0`;
  }
  return text;
}

export const MANIFEST_HEAD = 'crpm manifest 1\0';

/** What has to happen to `before` to make it `after`; paths in byte order. */
export interface ManifestDiff {
  readonly added: readonly BytePath[];
  /** Other content, type, link target or executable bit. */
  readonly changed: readonly BytePath[];
  readonly deleted: readonly BytePath[];
}

export function diffManifests(before: Manifest, after: Manifest): ManifestDiff {
  const added: BytePath[] = [];
  const changed: BytePath[] = [];
  const deleted: BytePath[] = [];
  const [olds, news] = [before.entries, after.entries];
  for (let i = 0, j = 0; i < olds.length || j < news.length; ) {
    const [old, now] = [olds[i], news[j]];
    if (now === undefined || (old !== undefined && old.path < now.path)) {
      deleted.push(old!.path); // One of the two is there.
      i++;
    } else if (old === undefined || now.path < old.path) {
      added.push(now.path);
      j++;
    } else {
      if (!sameEntry(old, now)) changed.push(now.path);
      i++;
      j++;
    }
  }
  return { added, changed, deleted };
}

function sameEntry(a: ManifestEntry, b: ManifestEntry): boolean {
  if (a.type === 'file') return b.type === 'file' && a.sha256 === b.sha256 && a.mode === b.mode;
  return b.type === 'symlink' && a.target === b.target;
}
