import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fail, FailureError } from '@crpm/core';
import type { BytePath } from '@crpm/archive';
import { exitOf, gitComplaint, spawnGit } from '../git/run-git.js';
import type { Manifest, ManifestEntry } from '../manifest.js';
import { checkLink, contentOf } from '../pack/content.js';
import { CHUNK, inChunks } from '../pack/in-chunks.js';
import { changesSince } from './last-tree.js';

/** A tree that the repository holds already: what is the same in it is not read again. */
export interface Base {
  /** Object id of its root. */
  readonly tree: string;
  /** Its {@link manifestText}. */
  readonly text: string;
}

export interface ImportOptions {
  readonly repository: string;
  readonly ref: string;
  /** Real path of the tree on disk. */
  readonly root: BytePath;
  readonly manifest: Manifest;
  readonly base?: Base | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Imported {
  readonly commit: string;
  readonly tree: string;
  /** Bytes of content that were read. */
  readonly bytes: number;
}

/**
 * Speed before size (no deltas either), for most of it is thrown away before long; and names that git would not check out on other systems are
 * names like any other here.
 */
const SETTINGS = ['core.compression=1', 'pack.compression=1', 'core.protectNTFS=false', 'core.protectHFS=false'];

/** The same for all snapshots: equal trees are equal commits. */
const COMMITTER = 'crpm <crpm@localhost> 315532800 +0000';

/**
 * Makes a commit without parents of a tree exactly as its manifest says, and points `ref` at it: one `git fast-import`, fed with bytes that are
 * read and checked here, so that neither filter, attribute nor ignore file has a say, and any name goes.
 *
 * Throws a `FailureError` of class `source` if the tree is no longer as the manifest says, `environment` if git fails; then `ref` stays as it was.
 */
export async function importTree(options: ImportOptions): Promise<Imported> {
  const { repository, signal } = options;
  const settings = SETTINGS.flatMap((setting) => ['-c', setting]);
  const child = spawnGit([...settings, 'fast-import', '--quiet', '--done', '--force', '--date-format=raw', '--depth=0'], { cwd: repository, env: { GIT_DIR: repository }, signal }, 'pipe');
  const [answers, complaints] = [collect(child.stdout), collect(child.stderr)];
  const exit = exitOf(child, signal);
  exit.catch(() => {}); // awaited below, unless feeding fails first
  const fed = { bytes: 0 };
  try {
    if (child.stdin) await pipeline(Readable.from(inChunks(commands(options, fed)), { objectMode: false, highWaterMark: CHUNK }), child.stdin);
  } catch (error) {
    child.kill();
    // Of a git that went away its own words tell more.
    if (error instanceof FailureError || (await exit) === 0) throw error;
  }
  const code = await exit;
  const [commit, tree] = /^([0-9a-f]{40})\n040000 tree ([0-9a-f]{40})\t/.exec(await answers)?.slice(1) ?? [];
  if (code !== 0 || commit === undefined || tree === undefined) {
    fail({ class: 'environment', message: `git fast-import into ${repository} failed: ${gitComplaint(await complaints)}` });
  }
  return { commit, tree, bytes: fed.bytes };
}

/** Each piece is good until the next one is asked for. */
function* commands({ ref, root, manifest, base }: ImportOptions, fed: { bytes: number }): Generator<Buffer> {
  yield text(`commit ${ref}\nmark :1\ncommitter ${COMMITTER}\ndata 0\n`);
  const buffer = Buffer.allocUnsafe(CHUNK);
  for (const entry of base ? changes(base, manifest) : manifest.entries) {
    if (typeof entry === 'string') {
      yield text(entry);
    } else if (entry.type === 'symlink') {
      checkLink(root, entry);
      yield text(`M 120000 inline ${quoted(entry.path)}\ndata ${entry.target.length}\n${entry.target}\n`);
    } else {
      yield text(`M ${entry.mode === 0o755 ? '100755' : '100644'} inline ${quoted(entry.path)}\ndata ${entry.size}\n`);
      yield* contentOf(root, entry, buffer);
      yield text('\n');
      fed.bytes += entry.size;
    }
  }
  yield text('get-mark :1\nls :1 ""\ndone\n');
}

/** Commands, and entries to write; what goes comes first, since a folder may stand where a file was. */
function* changes(base: Base, manifest: Manifest): Generator<string | ManifestEntry> {
  yield `M 040000 ${base.tree} ""\n`;
  const { deleted, written } = changesSince(base.text, manifest);
  for (const path of deleted) yield `D ${quoted(path)}\n`;
  yield* written;
}

function quoted(path: BytePath): string {
  return `"${path.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`;
}

function text(command: string): Buffer {
  return Buffer.from(command, 'latin1');
}

async function collect(stream: Readable | null): Promise<string> {
  let text = '';
  for await (const chunk of stream ?? []) text += (chunk as Buffer).toString('utf8');
  return text;
}
