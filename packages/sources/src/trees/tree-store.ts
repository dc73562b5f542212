import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode, sweepLeftovers, temporaryName } from '@crpm/state';
import { filesDir } from '../files/kept-file.js';
import { scanTree } from '../scan/scan-tree.js';

/*
 * <cache>/trees/<key>/tree/         what a commit, a tarball or a source RPM holds; shared by all workspaces, written once
 * <cache>/trees/<key>/about.json    what is known of it; the folder's mtime is when it was last used
 */

/** What a tree is made of: `git-<commit>`, `tar-<sha256>`, `srpm-<sha256>`. Equal keys are equal trees. */
export type TreeKey = `${'git' | 'tar' | 'srpm'}-${string}`;

export interface TreeRecord {
  /** For people: where it came from. */
  readonly title: string;
  /** Of its manifest when it was made: somebody may write to the folder. */
  readonly digest: string;
  readonly bytes: number;
}

export interface FillOptions {
  readonly title: string;
  readonly signal?: AbortSignal | undefined;
  /** Writes the tree into an empty folder. */
  fill(dir: string): Promise<void>;
}

/** The folder of a tree, if it is there and whole. It then counts as used now. */
export function storedTree(cacheDir: string, key: TreeKey): { readonly dir: string; readonly record: TreeRecord } | undefined {
  const home = homeOf(cacheDir, key);
  const record = readTreeRecord(home);
  if (record === undefined || !existsSync(join(home, 'tree'))) return undefined;
  utimesSync(home, new Date(), new Date());
  return { dir: join(home, 'tree'), record };
}

/** The folder of a tree, filled first if need be: under a temporary name that is renamed when it is whole. */
export async function makeTree(cacheDir: string, key: TreeKey, options: FillOptions): Promise<string> {
  const stored = storedTree(cacheDir, key);
  if (stored) return stored.dir;
  const home = homeOf(cacheDir, key);
  const fresh = join(treesDir(cacheDir), temporaryName(key));
  try {
    mkdirSync(join(fresh, 'tree'), { recursive: true });
    await options.fill(join(fresh, 'tree'));
    const { digest, entries } = await scanTree(join(fresh, 'tree'), { asFolder: true, ...(options.signal ? { signal: options.signal } : {}) });
    const bytes = entries.reduce((sum, entry) => sum + (entry.type === 'file' ? entry.size : 0), 0);
    writeFileSync(join(fresh, 'about.json'), JSON.stringify({ title: options.title, digest, bytes } satisfies TreeRecord));
    publish(fresh, home);
    return join(home, 'tree');
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

export function removeTree(cacheDir: string, key: TreeKey): void {
  const home = homeOf(cacheDir, key);
  const away = join(treesDir(cacheDir), temporaryName(key));
  try {
    renameSync(home, away);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    throw error;
  }
  rmSync(away, { recursive: true, force: true });
}

export function listTrees(cacheDir: string): readonly (TreeRecord & { readonly key: TreeKey; readonly lastUsed: number })[] {
  const dir = treesDir(cacheDir);
  if (!existsSync(dir)) return [];
  return readdirSync(dir).flatMap((name) => {
    const record = /^(git|tar|srpm)-[0-9a-f]+$/.test(name) ? readTreeRecord(join(dir, name)) : undefined;
    const stat = statSync(join(dir, name), { throwIfNoEntry: false });
    return record && stat ? [{ ...record, key: name as TreeKey, lastUsed: stat.mtimeMs }] : [];
  });
}

/** Removes what runs that died left half-made in the cache; how many there were. */
export function sweepSources(cacheDir: string): number {
  return sweepLeftovers(treesDir(cacheDir)).length + sweepLeftovers(filesDir(cacheDir)).length + sweepLeftovers(cacheDir).length;
}

/** What another run put there meanwhile is as good; what is not whole gives way. */
function publish(fresh: string, home: string): void {
  if (readTreeRecord(home) !== undefined) return;
  rmSync(home, { recursive: true, force: true });
  try {
    renameSync(fresh, home);
  } catch (error) {
    if (errorCode(error) !== 'ENOTEMPTY' && errorCode(error) !== 'EEXIST') throw error;
  }
}

function readTreeRecord(home: string): TreeRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(join(home, 'about.json'), 'utf8')) as TreeRecord;
    return typeof record.digest === 'string' ? record : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

function treesDir(cacheDir: string): string {
  return join(cacheDir, 'trees');
}

function homeOf(cacheDir: string, key: TreeKey): string {
  return join(treesDir(cacheDir), key);
}
