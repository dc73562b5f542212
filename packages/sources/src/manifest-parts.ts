import { printable } from '@crpm/archive';
import type { Manifest, ManifestEntry } from './manifest.js';

/** The entries of a manifest by their printable path, each with what tells it from another one there: for saying which files changed. */
export function manifestParts(manifest: Manifest): ReadonlyMap<string, string> {
  return new Map(manifest.entries.map((entry) => [printable(entry.path), contentOf(entry)]));
}

function contentOf(entry: ManifestEntry): string {
  if (entry.type === 'symlink') return `-> ${printable(entry.target)}`;
  return entry.mode === 0o755 ? `${entry.sha256} executable` : entry.sha256;
}
