import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync, chmodSync, lstatSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Labels, OwnedFilter, OwnedObject } from '@crpm/core';
import { fromEngineLabels, toEngineLabels } from '../labels.js';

const LABEL_FILE = 'crpm-labels.json';

/** A work folder on this machine: the label file, and beside it what programs see. */
export interface WorkFolder {
  /** The folder itself, 0700. */
  readonly path: string;
  /** Where the work happens. */
  readonly root: string;
  readonly home: string;
  readonly tmp: string;
}

export function makeWorkFolder(parent: string, labels: Labels): WorkFolder {
  mkdirSync(parent, { recursive: true, mode: 0o700 });
  const path = join(parent, randomBytes(6).toString('hex'));
  mkdirSync(path, { mode: 0o700 });
  // The label comes first: a folder without one belongs to nobody and would stay for ever.
  writeFileSync(join(path, LABEL_FILE), `${JSON.stringify({ labels: toEngineLabels(labels), created: Math.floor(Date.now() / 1000) })}\n`);
  const folder = { path, root: join(path, 'work'), home: join(path, 'home'), tmp: join(path, 'tmp') };
  for (const child of [folder.root, folder.home, folder.tmp]) mkdirSync(child, { mode: 0o755 });
  return folder;
}

export function listWorkFolders(parent: string, filter: OwnedFilter): OwnedObject[] {
  return children(parent).flatMap((name): OwnedObject[] => {
    const path = join(parent, name);
    const label = readLabel(path);
    if (!label || (filter.workspace !== undefined && label.labels.workspace !== filter.workspace)) return [];
    return [{ type: 'folder', id: path, labels: label.labels, created: label.created }];
  });
}

/** Whether `path` is a work folder of ours right below `parent`. */
export function isWorkFolder(parent: string, path: string): boolean {
  return dirname(path) === parent && basename(path) !== '' && readLabel(path) !== undefined;
}

/** Removes a folder whatever modes a build has left in it; the label goes last, so that a cut removal can be taken up again. */
export function removeWorkFolder(path: string): void {
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

function readLabel(path: string): { labels: Labels; created: number } | undefined {
  try {
    const value = JSON.parse(readFileSync(join(path, LABEL_FILE), 'utf8')) as { labels?: Record<string, string>; created?: number };
    const labels = fromEngineLabels(value.labels);
    return labels && { labels, created: value.created ?? 0 };
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
