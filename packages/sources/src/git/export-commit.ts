import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, renameSync, rmSync, symlinkSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { fail } from '@crpm/core';
import { bytesOf, fsPath, printable, type BytePath } from '@crpm/archive';
import { readBlobs } from './blobs.js';
import { gitComplaint, runGit } from './run-git.js';

interface TreeEntry {
  readonly mode: string;
  readonly object: string;
  readonly path: BytePath;
}

const EXECUTABLE = '100755';
const SYMLINK = '120000';
const GITLINK = '160000';

/**
 * Writes the files of a commit into `dir`, which is replaced as a whole by one rename. Exactly the bytes that were committed: no checkout
 * filter, line ending conversion, hook or `export-subst` has a say; links are made as links, last, so that nothing is written
 * through one; submodules become empty folders, as in a clone.
 *
 * Fails with class `source` if the commit holds a path that would leave `dir`; `environment` if the repository can't be read.
 */
export async function exportCommit(repository: string, commit: string, dir: string, signal?: AbortSignal): Promise<void> {
  const entries = await listCommit(repository, commit, signal);
  const suffix = `${process.pid}-${randomBytes(4).toString('hex')}.tmp`;
  const [fresh, old] = [`${dir}.new-${suffix}`, `${dir}.old-${suffix}`];
  try {
    mkdirSync(fresh, { recursive: true });
    await writeEntries(repository, entries, bytesOf(fresh), signal);
    moveAway(dir, old);
    renameSync(fresh, dir);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
    rmSync(old, { recursive: true, force: true });
  }
}

async function writeEntries(repository: string, entries: readonly TreeEntry[], root: BytePath, signal?: AbortSignal): Promise<void> {
  for (const { mode, path } of entries) {
    mkdirSync(fsPath(`${root}/${mode === GITLINK ? path : dirname(path)}`), { recursive: true });
  }
  const files = entries.filter(({ mode }) => mode !== GITLINK && mode !== SYMLINK);
  let at = 0;
  let fd: number | undefined;
  await readBlobs(repository, files.map(({ object }) => object), signal, {
    start() {
      const { path, mode } = files[at++]!; // one start per object asked for
      fd = openSync(fsPath(`${root}/${path}`), 'wx', mode === EXECUTABLE ? 0o755 : 0o644);
    },
    data(bytes) {
      for (let done = 0; done < bytes.length; ) done += writeSync(fd!, bytes, done); // start comes first
    },
    end() {
      closeSync(fd!);
      fd = undefined;
    },
  }).finally(() => {
    if (fd !== undefined) closeSync(fd);
  });
  await writeLinks(repository, entries.filter(({ mode }) => mode === SYMLINK), root, signal);
}

async function writeLinks(repository: string, links: readonly TreeEntry[], root: BytePath, signal?: AbortSignal): Promise<void> {
  const targets: Buffer[] = [];
  let parts: Buffer[] = [];
  await readBlobs(repository, links.map(({ object }) => object), signal, {
    start: () => void (parts = []),
    data: (bytes) => void parts.push(Buffer.from(bytes)),
    end: () => void targets.push(Buffer.concat(parts)),
  });
  for (const [index, { path }] of links.entries()) symlinkSync(targets[index]!, fsPath(`${root}/${path}`)); // one target per link
}

async function listCommit(repository: string, commit: string, signal?: AbortSignal): Promise<readonly TreeEntry[]> {
  const listed = await runGit(['ls-tree', '-r', '-z', '--full-tree', '--end-of-options', commit], { cwd: repository, env: { GIT_DIR: repository }, signal });
  if (listed.code !== 0) {
    fail({
      class: 'environment',
      message: `can't read commit ${commit} in ${repository}: ${gitComplaint(listed.stderr)}`,
      next: `Delete ${repository} and run again.`,
    });
  }
  return listed.stdout
    .split('\0')
    .slice(0, -1)
    .map((line) => {
      const [meta = '', path = ''] = split(line, '\t');
      const [mode = '', , object = ''] = meta.split(' ');
      if (!staysInside(path)) {
        fail({ class: 'source', message: `commit ${commit} holds the path ${printable(path)}, which git itself would refuse to check out` });
      }
      return { mode, object, path };
    });
}

function split(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return [text.slice(0, at), text.slice(at + 1)];
}

function staysInside(path: BytePath): boolean {
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && part.toLowerCase() !== '.git');
}

function moveAway(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
