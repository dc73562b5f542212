import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bytesOf, fsPath, printable, type BytePath } from '@crpm/archive';
import { fail } from '@crpm/core';
import { writeFileAtomic } from '@crpm/state';
import { CUSTOM_REPO } from './repo-file.js';
import { isExcluded, signatureOf, type Seen } from './tree-copy.js';
import { YIELDED } from './yielded-files.js';

/** A plain file: its bytes in base64, so that it can be kept in JSON, and its permissions. */
export interface FileState {
  readonly content: string;
  readonly mode: number;
}

/** A file besides the two that rpm-deps is about, as KubeVirt's `make` changed it; null: no such file. */
export interface FurtherChange {
  /** Relative to the tree. */
  readonly path: string;
  readonly before: FileState | null;
  readonly after: FileState | null;
  /** Folders on its way that there were not, the outer ones first. */
  readonly folders: readonly string[];
}

export interface Further {
  readonly changes: readonly FurtherChange[];
  /** What was changed too and is no plain file, or has a name that is no text: it stays in the copy. */
  readonly left: readonly string[];
}

/** Ours in the copy, or looked at by themselves. */
const NOT_FURTHER: ReadonlySet<BytePath> = new Set([...YIELDED, CUSTOM_REPO, 'hack/rpm-deps.sh']);

/**
 * What a script changed in the private copy since that was made equal to the user's tree, when `seen` was written. Fails with class `source` where the user's own file is no
 * longer that one.
 */
export function findFurther(tree: string, copy: string, seen: Seen): Further {
  const found = new Set<BytePath>();
  walk(bytesOf(copy), '', found);
  const changes: FurtherChange[] = [];
  const left: string[] = [];
  for (const path of new Set([...seen.keys(), ...found])) {
    const [theirs, ours] = seen.get(path) ?? [];
    if (NOT_FURTHER.has(path) || signatureAt(copy, path) === ours) continue;
    const [before, after] = [readState(bytesOf(tree), path), readState(bytesOf(copy), path)];
    if (before !== 'other' && after !== 'other' && sameState(before, after)) continue;
    if (signatureAt(tree, path) !== theirs) changedMeanwhile(printable(path));
    const text = Buffer.from(path, 'latin1').toString();
    if (before === 'other' || after === 'other' || bytesOf(text) !== path) left.push(printable(path));
    else changes.push({ path: text, before, after, folders: before ? [] : missingFolders(tree, text) });
  }
  return { changes: changes.sort((a, b) => (a.path < b.path ? -1 : 1)), left: left.sort() };
}

function signatureAt(root: string, path: BytePath): string | undefined {
  const stat = lstatSync(fsPath(`${bytesOf(root)}/${path}`), { bigint: true, throwIfNoEntry: false });
  return stat && signatureOf(stat);
}

function changedMeanwhile(path: string): never {
  return fail({ class: 'source', message: `${path} of the KubeVirt tree was changed while rpm-deps ran; yours stays as it is`, next: 'Run again, then yours is the start.', lines: [] });
}

function walk(root: BytePath, folder: BytePath, found: Set<BytePath>): void {
  for (const name of readdirSync(fsPath(`${root}/${folder}`), 'latin1')) {
    if (isExcluded(folder, name)) continue;
    const path = folder + name;
    const stat = lstatSync(fsPath(`${root}/${path}`), { throwIfNoEntry: false });
    if (stat?.isDirectory()) walk(root, `${path}/`, found);
    else if (stat) found.add(path);
  }
}

/** `other`: a link, a folder, or something that a link leads to. */
function readState(root: BytePath, path: BytePath): FileState | null | 'other' {
  const parts = path.split('/');
  for (let count = 1; count < parts.length; count++) {
    const stat = lstatSync(fsPath(`${root}/${parts.slice(0, count).join('/')}`), { throwIfNoEntry: false });
    if (!stat) return null;
    if (!stat.isDirectory()) return 'other';
  }
  const file = fsPath(`${root}/${path}`);
  const stat = lstatSync(file, { throwIfNoEntry: false });
  if (!stat) return null;
  return stat.isFile() ? { content: readFileSync(file).toString('base64'), mode: stat.mode & 0o777 } : 'other';
}

/** One of a {@link FurtherChange} as it is now. */
export function stateOf(tree: string, path: string): FileState | null | 'other' {
  return readState(bytesOf(tree), bytesOf(path));
}

/** Whether both are the same bytes, to be executed or not; umasks differ. */
export function sameState(a: FileState | null | 'other', b: FileState | null | 'other'): boolean {
  if (a === null || b === null || a === 'other' || b === 'other') return a === b && a !== 'other';
  return a.content === b.content && (a.mode & 0o100) === (b.mode & 0o100);
}

/** Makes it so, by a rename. `folders`: those to make, or to remove again where nothing is left in them. */
export function applyState(tree: string, { path, folders }: Pick<FurtherChange, 'path' | 'folders'>, state: FileState | null): void {
  const file = join(tree, path);
  if (state) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileAtomic(file, Buffer.from(state.content, 'base64'), { mode: state.mode });
    chmodSync(file, state.mode);
    return;
  }
  rmSync(file, { force: true });
  for (const folder of [...folders].reverse()) {
    try {
      rmdirSync(join(tree, folder));
    } catch {
      return; // Somebody else's files are in it, or it is gone.
    }
  }
}

function missingFolders(tree: string, path: string): readonly string[] {
  const parts = path.split('/').slice(0, -1);
  const folders = parts.map((_, index) => parts.slice(0, index + 1).join('/'));
  return folders.filter((folder) => !lstatSync(join(tree, folder), { throwIfNoEntry: false }));
}
