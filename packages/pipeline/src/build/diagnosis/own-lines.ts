import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

import { bytesOf, extractTar } from '@crpm/archive';
import { FailureError, type Complaint, type NodeContext, type Work } from '@crpm/core';
import { runGit } from '@crpm/sources';

import { TOPDIR } from '../rpmbuild-command.js';
import { script } from '../scripts.js';
import { withStaging } from '../staging.js';
import type { SnapshotTree } from '../trees.js';
import { originOf } from './line-map.js';

/** A complaint at the line of the user's own file. */
export interface OwnComplaint extends Complaint {
  /** Only where %prep of the spec made another line of it: the line that the compiler saw, and whether %prep wrote that line. */
  readonly built?: { readonly line: number; readonly byPrep: boolean };
}

/** Complaints are told by the first few; so many files are looked at. */
const FILES = 5;
const FOLDER = `${TOPDIR}/tmp/crpm-own-lines`;

/** Arguments: files of the tree. Copies each, as the build had it, to a file named by its number. rpm 4.20 unpacks one folder deeper. */
const COPY_BUILT = `
set -eu
rm -rf ${FOLDER}
mkdir -p ${FOLDER}
number=0
for file; do
  for built in ${TOPDIR}/BUILD/*/"$file" ${TOPDIR}/BUILD/*-build/*/"$file"; do
    if [ -f "$built" ]; then cp -- "$built" "${FOLDER}/$number"; break; fi
  done
  number=$((number + 1))
done
`;

/**
 * The same complaints at the lines of the user's files: what a compiler sees are the files as %prep of the spec left them, and each patch moves lines. Where that
 * can't be found out they stay as they are: this must never stand in the way of what failed.
 */
export async function atOwnLines(context: NodeContext, work: Work, tree: SnapshotTree, complaints: readonly Complaint[]): Promise<readonly OwnComplaint[]> {
  const files = [...new Set(complaints.map(({ file }) => file))].filter((file) => digestIn(tree, file) !== undefined).slice(0, FILES);
  if (files.length === 0) return complaints;
  try {
    const diffs = await withStaging(context.workspace, (staging) => diffsOf(context, work, { tree, files, staging }));
    return complaints.map((complaint) => moved(complaint, diffs.get(complaint.file)));
  } catch (error) {
    if (error instanceof FailureError) return complaints;
    throw error;
  }
}

function moved(complaint: Complaint, diff: string | undefined): OwnComplaint {
  if (diff === undefined || diff === '') return complaint;
  const { line, written } = originOf(diff, complaint.line);
  return line === complaint.line && !written ? complaint : { ...complaint, line, built: { line: complaint.line, byPrep: written } };
}

interface Comparison {
  readonly tree: SnapshotTree;
  readonly files: readonly string[];
  readonly staging: string;
}

/** By file, what git says of the way from the user's to the one that was built. */
async function diffsOf({ signal }: NodeContext, work: Work, { tree, files, staging }: Comparison): Promise<ReadonlyMap<string, string>> {
  await work.run({ argv: script(COPY_BUILT, files), signal, line: () => undefined });
  await extractTar(await work.get(FOLDER), join(staging, 'built'));
  const built = join('built', basename(FOLDER));
  const diffs = new Map<string, string>();
  for (const [number, file] of files.entries()) {
    const own = await readFile(join(tree.dir, file)).catch(() => undefined);
    // Edited since: its lines are others already.
    if (!own || createHash('sha256').update(own).digest('hex') !== digestIn(tree, file) || !existsSync(join(staging, built, String(number)))) continue;
    await writeFile(join(staging, 'own'), own);
    const { stdout } = await runGit(['diff', '--no-index', '--text', '--unified=0', '--no-color', '--no-ext-diff', '--no-textconv', '--', 'own', join(built, String(number))], { cwd: staging, signal });
    diffs.set(file, stdout);
  }
  return diffs;
}

function digestIn({ manifest }: SnapshotTree, file: string): string | undefined {
  const path = bytesOf(file);
  const entry = manifest.entries.find((one) => one.path === path);
  return entry?.type === 'file' ? entry.sha256 : undefined;
}
