import type { ConfigPath, Diagnostic } from '@crpm/core';
import type { ConfigFile } from '../generated/config-file.js';
import type { Document } from '../yaml/nodes.js';
import { Complaints } from './complaints.js';

/** What a config was made of. */
export interface Origin {
  /** Absent: the environment alone made the config. */
  readonly document: Document | undefined;
  /** As the document has it. */
  readonly written: ConfigFile;
  /** With the environment over it. */
  readonly applied: ConfigFile;
}

/**
 * Gives the complaints of others about a config what only its text tells: the place of the key that they are about, and what a slip
 * of the fingers may have meant. A value that the environment set has no place.
 */
export function complete({ document, written, applied }: Origin, diagnostics: readonly Diagnostic[]): Promise<readonly Diagnostic[]> {
  const complaints = new Complaints(document);
  for (const { severity, message, path, suggestion } of diagnostics) {
    if (path && at(written, path) === at(applied, path)) complaints[severity](path, message, suggestion && { suggestion });
    else complaints.general(severity, message, suggestion);
  }
  return complaints.finish();
}

function at(root: unknown, path: ConfigPath): unknown {
  return path.reduce<unknown>((value, key) => (typeof value === 'object' && value !== null ? (value as Record<string | number, unknown>)[key] : value), root);
}
