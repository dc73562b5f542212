import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { fail } from '@crpm/core';
import { errorCode, temporaryName, writeFileAtomic } from '@crpm/state';
import { exclusively } from '../exclusive.js';
import { gitComplaint, runGit } from '../git/run-git.js';

/*
 * <cache>/snapshots.git            crpm's own bare repository: no remote, no alternates, no hooks
 *   refs/crpm/<digest>             keeps the commit of the tree with this manifest digest (hex)
 *   crpm/<digest>.json             what is known of it; its mtime is when it was last used. Written after the ref, removed before it
 */

/** What is known of a snapshot that the repository holds. */
export interface SnapshotRecord {
  /** Hex, of the manifest. */
  readonly digest: string;
  /** Of the commit. */
  readonly commit: string;
  /** Of the commit's tree. */
  readonly tree: string;
  /** Content that came with it, in bytes; the rest is shared with earlier ones. */
  readonly bytes: number;
  /** For people: `libvirt.source of /home/me/libvirt`. */
  readonly title: string;
  readonly workspace: string;
}

/** For building the name of a ref and a file. */
export function digestHex(digest: string): string {
  return digest.slice(digest.indexOf(':') + 1);
}

export function repositoryOf(cacheDir: string): string {
  return join(cacheDir, 'snapshots.git');
}

export function refOf(digest: string): string {
  return `refs/crpm/${digest}`;
}

/** One at a time writes or tidies up. */
export function withRepository<T>(cacheDir: string, command: string, signal: AbortSignal | undefined, job: () => Promise<T>): Promise<T> {
  return exclusively(join(cacheDir, 'snapshots.lock'), { what: `the snapshots in ${cacheDir}`, command, patience: 120_000, signal }, job);
}

/** Made if it is not there. The caller has it for itself. */
export async function openRepository(cacheDir: string, signal?: AbortSignal): Promise<string> {
  const repository = repositoryOf(cacheDir);
  if (existsSync(join(repository, 'crpm'))) return repository;
  const fresh = join(cacheDir, temporaryName('snapshots.git'));
  try {
    mkdirSync(fresh, { mode: 0o700 });
    const made = await runGit(['init', '--quiet', '--bare', '--template=', '--object-format=sha1'], { cwd: fresh, env: { GIT_DIR: fresh }, signal });
    if (made.code !== 0) fail({ class: 'environment', message: `can't make a git repository in ${cacheDir}: ${gitComplaint(made.stderr)}` });
    mkdirSync(join(fresh, 'crpm'));
    rmSync(repository, { recursive: true, force: true });
    renameSync(fresh, repository);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return repository;
}

/** Nothing if there is no such snapshot; a damaged record is none. */
export function readRecord(repository: string, digest: string): SnapshotRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(recordFile(repository, digest), 'utf8')) as SnapshotRecord;
    return record.digest === digest && typeof record.commit === 'string' && typeof record.tree === 'string' ? record : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

export function writeRecord(repository: string, record: SnapshotRecord): void {
  writeFileAtomic(recordFile(repository, record.digest), JSON.stringify(record), { mode: 0o600, durable: false });
}

/** Marks a snapshot as used now. */
export function touchRecord(repository: string, digest: string): void {
  const now = new Date();
  utimesSync(recordFile(repository, digest), now, now);
}

export function removeRecord(repository: string, digest: string): void {
  rmSync(recordFile(repository, digest), { force: true });
}

/** All snapshots, with the time of their last use in milliseconds since the epoch. */
export function listRecords(repository: string): readonly (SnapshotRecord & { readonly lastUsed: number })[] {
  if (!existsSync(join(repository, 'crpm'))) return [];
  return readdirSync(join(repository, 'crpm')).flatMap((name) => {
    const digest = /^([0-9a-f]{64})\.json$/.exec(name)?.[1];
    const record = digest === undefined ? undefined : readRecord(repository, digest);
    const stat = digest === undefined ? undefined : statSync(recordFile(repository, digest), { throwIfNoEntry: false });
    return record && stat ? [{ ...record, lastUsed: stat.mtimeMs }] : [];
  });
}

function recordFile(repository: string, digest: string): string {
  return join(repository, 'crpm', `${digest}.json`);
}
