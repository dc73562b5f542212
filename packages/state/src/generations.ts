import { dirname, join } from 'node:path';
import { makeFolder, swapSymlink, syncFolder, sweepLeftovers, writeSynced } from './atomic.js';
import { hashFile, hashText } from './digest.js';
import { errorCode, realFs, type Fs } from './fs.js';
import { temporaryName } from './owner.js';
import { linkOrCopy } from './place.js';
import { pruneGenerations } from './prune-generations.js';

/*
 * A repository folder:
 *
 *   generations/<id>/…               complete and immutable, with manifest.json
 *   current -> generations/<id>      swapped by one rename
 *   published/<path>                 every file of any generation whose path holds by-sha256/<its digest>/
 *   checked.json                     what `findDamage` saw last
 *
 * A generation is staged under a temporary name and renamed once it is whole, so that one that can be seen is complete.
 */

/** A file to publish. */
export interface GenerationFile {
  /** Relative to the generation, `/` between parts: `centos-stream-9/x86_64/by-sha256/<digest>/a.rpm`. */
  readonly path: string;
  /** Absolute. One of crpm's own files that nobody changes in place: it is linked where that is possible. */
  readonly source: string;
}

export interface PublishedFile {
  readonly path: string;
  /** bytes */
  readonly size: number;
  /** Hex. */
  readonly sha256: string;
}

export interface Generation {
  /** 16 hex digits over paths and content, `-<n>` behind it if an older generation of that name was found damaged. */
  readonly id: string;
  readonly dir: string;
  /** Sorted by path; the content of `manifest.json`. */
  readonly files: readonly PublishedFile[];
}

const MANIFEST = 'manifest.json';

/**
 * Publishes files as a generation and makes it the current one. Equal files give the generation that is there already. Safe
 * when several do it at once: each is published, one of them stays current.
 */
export async function publishGeneration(repoDir: string, files: readonly GenerationFile[], fs: Fs = realFs): Promise<Generation> {
  checkPaths(files);
  const generations = join(repoDir, 'generations');
  makeFolder(fs, generations, 0o755);
  sweepLeftovers(generations, fs);
  const staged = join(generations, temporaryName('.staged'));
  try {
    const published = await stage(fs, staged, files);
    const generation = await settle(fs, staged, generations, published);
    await keepAddresses(fs, repoDir, generation);
    swapSymlink(fs, join('generations', generation.id), join(repoDir, 'current'));
    pruneGenerations(repoDir, generation.id, fs);
    return generation;
  } finally {
    fs.remove(staged);
  }
}

/** The generation that `current` names; nothing before the first one. */
export function readCurrentGeneration(repoDir: string, fs: Fs = realFs): Generation | undefined {
  try {
    return readGeneration(fs, join(repoDir, fs.readlink(join(repoDir, 'current'))));
  } catch (error) {
    if (['ENOENT', 'EINVAL'].includes(errorCode(error) ?? '')) return undefined;
    throw error;
  }
}

async function stage(fs: Fs, staged: string, files: readonly GenerationFile[]): Promise<readonly PublishedFile[]> {
  const published: PublishedFile[] = [];
  const folders = new Set([staged]);
  for (const { path, source } of [...files].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    const target = join(staged, path);
    for (let folder = dirname(target); !folders.has(folder); folder = dirname(folder)) folders.add(folder);
    fs.mkdir(dirname(target), 0o755);
    // A link says nothing about its content, so that is read: what is published is what the manifest says.
    const { sha256, size } = (await linkOrCopy(fs, source, target)) ?? (await hashFile(target, { fs }));
    const address = addressed(path);
    if (address !== undefined && address !== sha256) throw new Error(`${source} has the sha256 ${sha256}, but is to be published as ${path}`);
    published.push({ path, size, sha256 });
  }
  fs.mkdir(staged, 0o755);
  writeSynced(fs, join(staged, MANIFEST), `${JSON.stringify(published, null, 1)}\n`, 0o444);
  for (const folder of folders) syncFolder(fs, folder);
  return published;
}

/** Gives the staged folder its name, unless a whole generation of equal content has it. */
async function settle(fs: Fs, staged: string, generations: string, files: readonly PublishedFile[]): Promise<Generation> {
  const hash = hashText(JSON.stringify(files)).slice(0, 16);
  for (let attempt = 1; ; attempt++) {
    const id = attempt === 1 ? hash : `${hash}-${String(attempt)}`;
    const dir = join(generations, id);
    if (!fs.lstat(dir)) {
      try {
        fs.rename(staged, dir);
        syncFolder(fs, generations);
        return { id, dir, files };
      } catch (error) {
        // Somebody else published the same a moment ago.
        if (!['ENOTEMPTY', 'EEXIST'].includes(errorCode(error) ?? '')) throw error;
      }
    }
    if (await isWhole(fs, dir, files)) return { id, dir, files };
  }
}

async function isWhole(fs: Fs, dir: string, files: readonly PublishedFile[]): Promise<boolean> {
  const existing = readGeneration(fs, dir);
  if (!existing || JSON.stringify(existing.files) !== JSON.stringify(files)) return false;
  for (const file of files) if (!(await holds(fs, join(dir, file.path), file))) return false;
  return true;
}

/** Keeps every content-addressed file for good; a damaged one is replaced. */
async function keepAddresses(fs: Fs, repoDir: string, generation: Generation): Promise<void> {
  const changed = new Set<string>();
  for (const file of generation.files) {
    if (addressed(file.path) === undefined) continue;
    const target = join(repoDir, 'published', file.path);
    if (await holds(fs, target, file)) continue;
    fs.mkdir(dirname(target), 0o755);
    const temporary = join(repoDir, 'generations', temporaryName('.published'));
    try {
      await linkOrCopy(fs, join(generation.dir, file.path), temporary);
      fs.rename(temporary, target);
    } finally {
      // Renaming one link of a file over another does nothing, and leaves both.
      fs.remove(temporary);
    }
    for (let folder = dirname(target); folder !== repoDir; folder = dirname(folder)) changed.add(folder);
  }
  if (changed.size > 0) changed.add(repoDir);
  for (const folder of changed) syncFolder(fs, folder);
}

async function holds(fs: Fs, path: string, expected: PublishedFile): Promise<boolean> {
  const stat = fs.lstat(path);
  if (stat?.type !== 'file' || stat.size !== expected.size) return false;
  return (await hashFile(path, { fs })).sha256 === expected.sha256;
}

export function readGeneration(fs: Fs, dir: string): Generation | undefined {
  try {
    const files = JSON.parse(fs.readFile(join(dir, MANIFEST)).toString()) as readonly PublishedFile[];
    return Array.isArray(files) ? { id: dir.slice(dir.lastIndexOf('/') + 1), dir, files } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || ['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) return undefined;
    throw error;
  }
}

/** Whether a path of a generation stays published for good. */
export function isAddressed(path: string): boolean {
  return addressed(path) !== undefined;
}

/** The digest in an address `…/by-sha256/<digest>/<file>`. */
export function addressed(path: string): string | undefined {
  return /(?:^|\/)by-sha256\/([0-9a-f]{64})\/[^/]+$/.exec(path)?.[1];
}

function checkPaths(files: readonly GenerationFile[]): void {
  const seen = new Set<string>();
  for (const { path } of files) {
    const bad = path.split('/').some((part) => part === '' || part === '.' || part === '..') || path.includes('\0');
    if (bad || path === MANIFEST) throw new Error(`not a path inside a generation: ${JSON.stringify(path)}`);
    if (seen.has(path)) throw new Error(`published twice in one generation: ${path}`);
    seen.add(path);
  }
}
