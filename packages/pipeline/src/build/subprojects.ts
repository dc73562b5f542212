import { createHash } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { bytesOf, extractTar, packPath, printable, type BytePath } from '@crpm/archive';
import type { NodeContext, Work } from '@crpm/core';
import type { Manifest } from '@crpm/sources';

import { script } from './scripts.js';
import { putTree, readTreeFile, type SnapshotTree } from './trees.js';
import { runStep } from './work.js';

const WRAP = /^subprojects\/([^/]+)\.wrap$/;
/** What says which subprojects a meson tree has, and what is laid over them once they are fetched. */
const DESCRIPTION = /^subprojects\/(?:[^/]+\.wrap$|packagefiles\/)/;

/** The files of a tree from which its subprojects follow. */
export function subprojectFiles({ entries }: Manifest): readonly BytePath[] {
  return entries.map(({ path }) => path).filter((path) => DESCRIPTION.test(path));
}

/** Names of the wraps whose folders the tree does not hold. */
async function missingSubprojects(tree: SnapshotTree): Promise<readonly string[]> {
  const missing: string[] = [];
  for (const path of subprojectFiles(tree.manifest)) {
    const name = WRAP.exec(path)?.[1];
    if (name === undefined) continue;
    const text = (await readTreeFile(tree, Buffer.from(path, 'latin1').toString())) ?? '';
    const folder = bytesOf(`subprojects/${/^\s*directory\s*=\s*(\S+)\s*$/m.exec(text)?.[1] ?? Buffer.from(name, 'latin1').toString()}/`);
    if (!tree.manifest.entries.some((entry) => entry.path.startsWith(folder))) missing.push(name);
  }
  return missing;
}

/**
 * Puts the subprojects that a tree names and does not hold below `prefix` of a work. They are fetched once for each digest of what describes them, in a step with network;
 * whatever compiles them has none. One that can't be fetched is warned of: a tree names many that its build does without.
 */
export async function putSubprojects(context: NodeContext, work: Work, tree: SnapshotTree, prefix: string, network: 'bridge' | 'host'): Promise<void> {
  const names = await missingSubprojects(tree);
  if (names.length === 0) return;
  const described = new Set(subprojectFiles(tree.manifest));
  const identity = tree.manifest.entries.filter((entry) => described.has(entry.path)).map((entry) => `${entry.path}\0${entry.type === 'file' ? entry.sha256 : entry.target}\0`);
  const key = createHash('sha256').update([...names, ...identity].join('\n'), 'latin1').digest('hex');
  const kept = join(context.workspace.cache, 'subprojects', key);
  if (!existsSync(kept)) await fetchSubprojects(context, work, tree, { names, network, kept });
  if (existsSync(kept)) await work.put(packPath(Buffer.from(join(kept, 'subprojects')), `${bytesOf(prefix)}/subprojects`, (path) => !/(^|\/)\.git$/.test(path)));
}

interface Wanted {
  readonly names: readonly string[];
  readonly network: 'bridge' | 'host';
  /** Absolute folder that holds them from then on, if all could be fetched. */
  readonly kept: string;
}

async function fetchSubprojects(context: NodeContext, work: Work, tree: SnapshotTree, { names, network, kept }: Wanted): Promise<void> {
  context.report.status(`fetching ${String(names.length)} subprojects`);
  await putTree(work, tree, 'vendor', (path) => path === 'meson.build' || DESCRIPTION.test(path));
  const texts = names.map((name) => Buffer.from(name, 'latin1').toString());
  const { exit } = await runStep(context, work, { argv: script('exec meson subprojects download --sourcedir vendor "$@"', texts), network });
  if (exit.code !== 0) {
    context.report.warn(`not all of the subprojects ${names.map(printable).join(', ')} could be fetched; if the build needs one, run meson subprojects download in ${tree.dir}`);
    return;
  }
  mkdirSync(dirname(kept), { recursive: true });
  // Whole or not there: it is extracted beside that place, and renamed.
  await extractTar(await work.get('vendor/subprojects'), kept);
}
