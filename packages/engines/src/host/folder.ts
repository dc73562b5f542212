import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync, chmodSync, lstatSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fail, type Labels, type OwnedFilter, type OwnedObject } from '@crpm/core';
import { cancelled } from '../cancelled.js';
import { isKept, type Kept } from '../kept.js';
import { fromEngineLabels, toEngineLabels } from '../labels.js';
import { diskUsage } from './usage.js';

const LABEL_FILE = 'crpm-labels.json';
/** Beside the label file: what programs see. */
const CONTENT = 'work';

/** A work folder on this machine: the label file, and beside it what programs see. */
export interface WorkFolder {
  /** The folder itself, 0700. */
  readonly path: string;
  /** Where the work happens: in it, or in a build tree. */
  readonly root: string;
  /** Where programs see it, if elsewhere: at the build tree that it is a copy of. */
  readonly at?: string;
  readonly home: string;
  readonly tmp: string;
}

/** `tree`: the root that the work has instead of one of its own. */
export function makeWorkFolder(parent: string, labels: Labels, tree?: string): WorkFolder {
  mkdirSync(parent, { recursive: true, mode: 0o700 });
  const path = join(parent, randomBytes(6).toString('hex'));
  mkdirSync(path, { mode: 0o700 });
  // The label comes first: a folder without one belongs to nobody and would stay for ever.
  writeLabel(path, toEngineLabels(labels));
  const folder = { path, root: tree ?? join(path, CONTENT), home: join(path, 'home'), tmp: join(path, 'tmp') };
  for (const child of [folder.root, folder.home, folder.tmp]) mkdirSync(child, { recursive: true, mode: 0o755 });
  return folder;
}

/** The content of a build tree or cache below `parent`, made if there is none. A folder of another's that has the name is left alone, and the next name is tried. */
export function openKeptFolder(parent: string, kept: Kept): string {
  mkdirSync(parent, { recursive: true, mode: 0o700 });
  for (const name of kept.names) {
    const path = join(parent, name);
    if (!claim(path, kept)) continue;
    const root = join(path, CONTENT);
    mkdirSync(root, { recursive: true, mode: 0o755 });
    return root;
  }
  fail({ class: 'environment', message: `${parent} has folders that are not crpm’s under all the names of one that it needs: ${kept.names[0]} and those after it`, next: 'Move them away.' });
}

/** Makes the folder ours, or finds that it is. Two processes at once write the same label; one that dies in between leaves an empty folder, which is taken up. */
function claim(path: string, kept: Kept): boolean {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const labels = readLabel(path)?.all;
  if (labels) return isKept(kept, labels);
  if (readdirSync(path).some((name) => !name.startsWith(LABEL_FILE))) return false;
  writeLabel(path, kept.labels);
  return true;
}

/** Fills a fresh work folder with a copy of a build tree's content, which it takes the place of for its programs. */
export async function copyTree(folder: WorkFolder, tree: string, signal: AbortSignal): Promise<WorkFolder> {
  const { execa } = await import('execa');
  const copied = await execa('cp', ['-a', '--reflink=auto', '--', `${tree}/.`, folder.root], { reject: false, cancelSignal: signal, stdin: 'ignore' });
  if (signal.aborted) throw cancelled('copying a build tree');
  if (copied.failed) fail({ class: 'environment', message: `the build tree ${tree} can't be copied`, next: 'Free some space, then try again.', lines: copied.stderr.split('\n').slice(-5) });
  return { ...folder, at: tree };
}

export function listFolders(parent: string, filter: OwnedFilter): OwnedObject[] {
  return children(parent).flatMap((name): OwnedObject[] => {
    const path = join(parent, name);
    const label = readLabel(path);
    const ours = label && fromEngineLabels(label.all, filter);
    // A cache that was removed stays as an empty folder: see {@link removeOurFolder}.
    if (!ours || (ours.keeps?.what === 'cache' && children(join(path, CONTENT)).length === 0)) return [];
    return [{ type: 'folder', id: path, created: label.created, ...ours, ...(filter.sizes ? { bytes: diskUsage(path) } : {}) }];
  });
}

/** Whether `path` is a folder of ours right below `parent`. */
export function isOurFolder(parent: string, path: string): boolean {
  return dirname(path) === parent && basename(path) !== '' && fromEngineLabels(readLabel(path)?.all) !== undefined;
}

/**
 * Removes a folder whatever modes a build has left in it; the label goes last, so that a cut removal can be taken up again. A cache is only emptied: a compiler that uses it at
 * this moment would make the folder anew, without a label.
 */
export function removeOurFolder(path: string): void {
  if (fromEngineLabels(readLabel(path)?.all)?.keeps?.what === 'cache') {
    for (const name of children(join(path, CONTENT))) removeTree(join(path, CONTENT, name));
    return;
  }
  for (const name of children(path)) if (name !== LABEL_FILE) removeTree(join(path, name));
  rmSync(path, { recursive: true, force: true });
}

function removeTree(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch (error) {
    if (!['EACCES', 'EPERM', 'ENOTEMPTY'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    makeWritable(Buffer.from(path));
    rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** Without root a folder that is not writable can't be emptied; Go's module cache and `chmod -w` tests leave such. */
function makeWritable(path: Buffer): void {
  if (!lstatSync(path).isDirectory()) return;
  chmodSync(path, 0o700);
  for (const name of readdirSync(path, { encoding: 'buffer' })) makeWritable(Buffer.concat([path, Buffer.from('/'), name]));
}

function writeLabel(path: string, labels: Readonly<Record<string, string>>): void {
  const file = join(path, LABEL_FILE);
  const temporary = `${file}.${randomBytes(6).toString('hex')}`;
  writeFileSync(temporary, `${JSON.stringify({ labels, created: Math.floor(Date.now() / 1000) })}\n`);
  renameSync(temporary, file);
}

function readLabel(path: string): { all: Record<string, string>; created: number } | undefined {
  try {
    const value = JSON.parse(readFileSync(join(path, LABEL_FILE), 'utf8')) as { labels?: Record<string, string>; created?: number };
    return { all: value.labels ?? {}, created: value.created ?? 0 };
  } catch {
    // Not ours, or its maker died in the middle of writing: never a reason to remove it.
    return undefined;
  }
}

function children(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
