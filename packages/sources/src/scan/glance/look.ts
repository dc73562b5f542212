import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';
import { dirname, join } from 'node:path';
import type { BytePath } from '@crpm/archive';
import { MOST_CHANGED } from './limits.js';

/** Where an index lies for git to compare with the tree. */
export interface Looked {
  /** Absolute. */
  readonly tree: string;
  /** Absolute; its folder has a {@link makeRepository}. */
  readonly index: string;
  /** Whether somebody has other work to do meanwhile. */
  readonly yielding?: boolean;
}

/** Resolves to the files that are not as the index says; to nothing where that can't be told, or where they are many. Never rejects. */
export type Look = Promise<readonly BytePath[] | undefined>;

/**
 * Has git compare an index of crpm's own with the tree: it makes the same `lstat` calls as crpm would, on several threads and without an interpreter.
 * Nothing of the user's has a say: not the tree's repository, no configuration, no variable of the environment. Where git is missing, or says anything
 * but names of files, there is no answer.
 */
export function startLook({ tree, index, yielding }: Looked, signal?: AbortSignal): Look {
  const repository = repositoryBeside(index);
  return new Promise((resolve) => {
    const child = spawn('git', ['diff-files', '--name-only', '-z', '--ignore-submodules=all'], {
      cwd: tree,
      env: {
        PATH: process.env['PATH'], LC_ALL: 'C', HOME: repository, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', GIT_OPTIONAL_LOCKS: '0',
        GIT_DIR: repository, GIT_WORK_TREE: tree, GIT_INDEX_FILE: index,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(signal ? { signal } : {}),
    });
    if (yielding) letOthersGoFirst(child.pid);
    let names = '';
    let complaint = false;
    child.stdout.setEncoding('latin1').on('data', (chunk: string) => { names += chunk; });
    child.stderr.on('data', () => { complaint = true; });
    child.on('error', () => { resolve(undefined); });
    child.on('close', (code) => {
      const changed = names.split('\0').slice(0, -1);
      resolve(code === 0 && !complaint && changed.length <= MOST_CHANGED ? changed : undefined);
    });
  });
}

/** git starts twenty threads, and what it is started beside has one. */
function letOthersGoFirst(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, Math.min(constants.priority.PRIORITY_LOW, getPriority() + 5));
  } catch {
    // It is over already.
  }
}

/** An empty repository, without which git looks at no index. */
export function makeRepository(index: string): void {
  const repository = repositoryBeside(index);
  for (const folder of ['objects', 'refs']) mkdirSync(join(repository, folder), { recursive: true, mode: 0o700 });
  writeFileSync(join(repository, 'HEAD'), 'ref: refs/heads/none\n');
  writeFileSync(join(repository, 'config'), '[core]\n\trepositoryformatversion = 0\n');
}

function repositoryBeside(index: string): string {
  return join(dirname(index), 'look.git');
}
