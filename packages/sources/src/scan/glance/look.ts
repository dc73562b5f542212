import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';
import { dirname, join } from 'node:path';

/** Where an index lies for git to compare with the tree. */
export interface Looked {
  /** Absolute. */
  readonly tree: string;
  /** Absolute; its folder has a {@link makeRepository}. */
  readonly index: string;
}

/** Resolves to whether every file is as the index says. Never rejects. */
export type Look = Promise<boolean>;

/**
 * Has git compare an index of crpm's own with the tree: it makes the same `lstat` calls as crpm would, on several threads and without an interpreter.
 * Nothing of the user's has a say: not the tree's repository, no configuration, no variable of the environment. Where git is missing, or says anything
 * at all, the answer is no.
 */
export function startLook({ tree, index }: Looked, signal?: AbortSignal): Look {
  const repository = repositoryBeside(index);
  return new Promise<boolean>((resolve) => {
    const child = spawn('git', ['diff-files', '--quiet', '--ignore-submodules=all'], {
      cwd: tree,
      env: {
        PATH: process.env['PATH'], LC_ALL: 'C', HOME: repository, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null', GIT_OPTIONAL_LOCKS: '0',
        GIT_DIR: repository, GIT_WORK_TREE: tree, GIT_INDEX_FILE: index,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(signal ? { signal } : {}),
    });
    letOthersGoFirst(child.pid);
    let spoke = false;
    for (const stream of [child.stdout, child.stderr]) stream.on('data', () => { spoke = true; });
    child.on('error', () => { resolve(false); });
    child.on('close', (code) => { resolve(code === 0 && !spoke); });
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
