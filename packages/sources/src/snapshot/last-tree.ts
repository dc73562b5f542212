import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { BytePath } from '@crpm/archive';
import { errorCode, writeFileAtomic } from '@crpm/state';
import { MANIFEST_HEAD, manifestText, type Manifest, type ManifestEntry } from '../manifest.js';

/** A tree as it was when its last snapshot was made. */
export interface LastTree {
  /** Hex, of its manifest: the sha256 of `text`. */
  readonly digest: string;
  /** Its {@link manifestText}. */
  readonly text: string;
}

export function writeLastTree(file: string, manifest: Manifest): void {
  writeFileAtomic(file, Buffer.from(manifestText(manifest.entries), 'latin1'), { mode: 0o600, durable: false });
}

/** Nothing if there is none. What is damaged has a digest that nobody knows. */
export function readLastTree(file: string): LastTree | undefined {
  try {
    const bytes = readFileSync(file);
    return { digest: createHash('sha256').update(bytes).digest('hex'), text: bytes.toString('latin1') };
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

export interface Changes {
  readonly deleted: readonly BytePath[];
  /** New, or other than before. */
  readonly written: readonly ManifestEntry[];
}

/** Both are in byte order, so one walk side by side tells all. */
export function changesSince(text: string, manifest: Manifest): Changes {
  const before = text.slice(MANIFEST_HEAD.length).split('\0');
  const deleted: BytePath[] = [];
  const written: ManifestEntry[] = [];
  let at = 0;
  const path = () => (at + 2 < before.length ? before[at] : undefined);
  for (const entry of manifest.entries) {
    for (let old = path(); old !== undefined && old < entry.path; old = path()) {
      deleted.push(old);
      at += 3;
    }
    const known = path() === entry.path;
    if (!known || before[at + 1] !== typeOf(entry) || before[at + 2] !== (entry.type === 'file' ? entry.sha256 : entry.target)) written.push(entry);
    if (known) at += 3;
  }
  for (let old = path(); old !== undefined; old = path()) {
    deleted.push(old);
    at += 3;
  }
  return { deleted, written };
}

function typeOf(entry: ManifestEntry): string {
  if (entry.type === 'symlink') return 'l';
  return entry.mode === 0o755 ? 'x' : 'f';
}
