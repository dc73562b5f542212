import { dirname, join } from 'node:path';
import { fail, type Json, type OutputFile } from '@crpm/core';
import { hashFile, hashText, syncFile, syncFolder, unshare, type FileStat, type Fs } from '@crpm/state';
import { canonicalJson } from './fingerprint.js';
import type { NodeRecord } from './history.js';

/**
 * Takes stock of the folder that a node filled: every file with its digest, sorted by path, read only and on the disk. A file with other
 * links (to something of the user's) is replaced by a copy, so that nobody else can change it.
 * Fails (class `build`) for what is neither a file nor a folder: a link would lead out of the result.
 */
export async function collectOutput(fs: Fs, out: string): Promise<readonly OutputFile[]> {
  const files: OutputFile[] = [];
  const folders = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const name of fs.readdir(join(out, folder))) {
      const path = folder === '' ? name : `${folder}/${name}`;
      const stat = fs.lstat(join(out, path));
      if (stat?.type === 'folder') folders.push(path);
      else if (stat?.type === 'file') files.push(await collectFile(fs, join(out, path), path, stat));
      else fail({ class: 'build', message: `the result holds ${path}, which is no regular file`, next: 'Let the node make files and folders only.' });
    }
    syncFolder(fs, join(out, folder));
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function collectFile(fs: Fs, file: string, path: string, stat: FileStat): Promise<OutputFile> {
  if (stat.links > 1) await unshare(file, fs);
  fs.chmod(file, 0o444);
  syncFile(fs, file);
  const { sha256, size } = await hashFile(file, { fs });
  return { path, size, digest: `sha256:${sha256}` };
}

/** Digest of a whole result: what dependents see of it, and nothing else. What is true on this machine alone is left out. */
export function outputDigest(files: readonly OutputFile[], data: Json): string {
  return `sha256:${hashText(canonicalJson([files.map(({ path, digest }) => [path, digest]), withoutHere(data)]))}`;
}

/** What a node reported, without what is true on this machine alone: see `NodeOutput.data`. */
export function withoutHere(data: Json): Json {
  if (typeof data !== 'object' || data === null || Array.isArray(data) || !('here' in data)) return data;
  return Object.fromEntries(Object.entries(data).filter(([key]) => key !== 'here'));
}

/** What lstat says of each file, in their order; see `RecordedFile.identity`. */
export function identitiesOf(fs: Fs, dir: string, files: readonly OutputFile[]): readonly string[] {
  return files.map(({ path }) => {
    const stat = fs.lstat(join(dir, path));
    return stat ? identity(stat) : '';
  });
}

function identity({ size, mtime, ctime, ino }: FileStat): string {
  return `${String(size)}:${String(mtime)}:${String(ctime)}:${String(ino)}`;
}

/** Whether a recorded result is still there. `identities`: lstat says something else, the content is right. `lost`: why it is not. */
export type Condition = { readonly lost?: undefined; readonly identities?: readonly string[] } | { readonly lost: string };

/** Looks at the recorded files by lstat, and into those that it says are others. */
export async function conditionOf(fs: Fs, state: string, { output }: NodeRecord): Promise<Condition> {
  const identities: string[] = [];
  let moved = false;
  const dir = join(state, output.folder);
  if (fs.lstat(dir)?.type !== 'folder') return { lost: 'its result is gone' };
  for (const file of output.files) {
    const path = join(dir, file.path);
    const stat = fs.lstat(path);
    if (stat?.type !== 'file') return { lost: `its output ${file.path} is gone` };
    const now = identity(stat);
    identities.push(now);
    if (now === file.identity) continue;
    moved = true;
    if (stat.size !== file.size || `sha256:${(await hashFile(path, { fs })).sha256}` !== file.digest) return { lost: `its output ${file.path} was changed` };
  }
  return moved ? { identities } : {};
}

/** Makes the folders that a file of a result lies in. */
export function makeParents(fs: Fs, dir: string, path: string): void {
  fs.mkdir(dirname(join(dir, path)), 0o700);
}
