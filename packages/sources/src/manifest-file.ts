import { fail } from '@crpm/core';
import { makeManifest, type Manifest, type ManifestEntry } from './manifest.js';

const VERSION = 1;

/** As JSON text; byte strings survive because each character is one code point below 256. */
export function serializeManifest(manifest: Manifest): string {
  return `${JSON.stringify({ version: VERSION, ...manifest })}\n`;
}

/**
 * Reads what {@link serializeManifest} wrote. The digest is computed again: text that was cut or changed is a failure of class
 * `environment`, because only crpm writes these files. `file` is for the message.
 */
export function parseManifest(text: string, file: string): Manifest {
  try {
    const { version, entries, digest, warnings } = JSON.parse(text) as Record<string, unknown>;
    if (version === VERSION && Array.isArray(entries) && entries.every(isEntry) && Array.isArray(warnings) && warnings.every((w) => typeof w === 'string')) {
      const manifest = makeManifest(entries, warnings);
      if (manifest.digest === digest) return manifest;
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  fail({ class: 'environment', message: `${file} is damaged: it is no manifest that crpm wrote`, next: 'Delete it and run again.' });
}

function isEntry(value: unknown): value is ManifestEntry {
  if (typeof value !== 'object' || value === null) return false;
  const entry = value as Record<string, unknown>;
  if (typeof entry['path'] !== 'string' || !isInside(entry['path'])) return false;
  if (entry['type'] === 'symlink') return typeof entry['target'] === 'string';
  return (
    entry['type'] === 'file' &&
    (entry['mode'] === 0o644 || entry['mode'] === 0o755) &&
    Number.isSafeInteger(entry['size']) &&
    typeof entry['sha256'] === 'string' &&
    /^[0-9a-f]{64}$/.test(entry['sha256'])
  );
}

function isInside(path: string): boolean {
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');
}
