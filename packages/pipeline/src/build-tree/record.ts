import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { FailureError, type WorkspacePaths } from '@crpm/core';
import { parseManifest, serializeManifest, type Manifest } from '@crpm/sources';
import { writeFileAtomic } from '@crpm/state';

/**
 * Who wrote to a tree last, as far as that is known if nothing more is heard:
 * - `anything`: %prep, a configure script, %install, our own changes. Cut, it may be half done.
 * - `ninja`: notes what it finished, and makes the rest again.
 * - `nothing`: the last build came to its end.
 */
export type Writer = 'anything' | 'ninja' | 'nothing';

/** What crpm itself knows of a build tree; the tree has the token too, and only where both agree it is what is meant. */
export interface TreeRecord {
  readonly token: string;
  readonly writer: Writer;
  /** Whether ninja drove the last build. */
  readonly ninja: boolean;
  /** A file of the tree that the last build itself wrote to: the next one would start from what that made of it. */
  readonly changed?: string;
  /** Path of the tree below the work's root. */
  readonly path: string;
  /** File name of the spec, in rpm's `_specdir`. */
  readonly spec: string;
  /** What the tree holds. */
  readonly tree: Manifest;
  /** The dist-git folder that its spec and patches came from. */
  readonly distGit?: Manifest;
  /** Digest of everything else that the tree was made with. */
  readonly options: string;
}

const VERSION = 1;
const RECORD = 'record.json';

/** The record of a tree, or nothing where there is none that can be used. */
export function readRecord(workspace: WorkspacePaths, name: string): TreeRecord | undefined {
  const folder = recordFolder(workspace, name);
  try {
    const { version, manifest, distGit, ...rest } = JSON.parse(readFileSync(join(folder, RECORD), 'utf8')) as Stored;
    if (version !== VERSION) return undefined;
    const read = (file: string) => parseManifest(readFileSync(join(folder, file), 'utf8'), join(folder, file));
    return { ...rest, tree: read(manifest), ...(distGit === undefined ? {} : { distGit: read(distGit) }) };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof FailureError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

type Stored = Omit<TreeRecord, 'tree' | 'distGit'> & { readonly version: number; readonly manifest: string; readonly distGit?: string };

/** Writes a record: manifests first, under names of their own, so that the old record holds until the new one is there. */
export function writeRecord(workspace: WorkspacePaths, name: string, record: TreeRecord): void {
  const folder = recordFolder(workspace, name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { tree, distGit, ...rest } = record;
  const stored: Stored = { version: VERSION, ...rest, manifest: writeManifest(folder, tree), ...(distGit ? { distGit: writeManifest(folder, distGit) } : {}) };
  writeFileAtomic(join(folder, RECORD), `${JSON.stringify(stored)}\n`);
  for (const file of readdirSync(folder)) if (![RECORD, stored.manifest, stored.distGit].includes(file)) rmSync(join(folder, file));
}

/** Not synced: a manifest that was cut is told by its digest, and costs a clean build. */
function writeManifest(folder: string, manifest: Manifest): string {
  const file = `${manifest.digest.replace(':', '-')}.json`;
  if (!existsSync(join(folder, file))) writeFileAtomic(join(folder, file), serializeManifest(manifest), { durable: false });
  return file;
}

/** {@link writeRecord}, where both manifests are written already. */
export function noteWriter(workspace: WorkspacePaths, name: string, writer: Writer): void {
  const file = join(recordFolder(workspace, name), RECORD);
  const stored = JSON.parse(readFileSync(file, 'utf8')) as Stored;
  writeFileAtomic(file, `${JSON.stringify({ ...stored, writer })}\n`);
}

export function removeRecord(workspace: WorkspacePaths, name: string): void {
  rmSync(recordFolder(workspace, name), { recursive: true, force: true });
}

function recordFolder(workspace: WorkspacePaths, name: string): string {
  return join(workspace.state, 'build-trees', name);
}
