import { setTimeout as delay } from 'node:timers/promises';
import { FailureError, type WorkspacePaths } from '@crpm/core';
import type { Lock } from '@crpm/state';
import { tell, type Cli, type Io } from './io.js';
import { stoppable, type Stop } from './signals.js';

/** How often a waiting command looks whether the lock is free, in milliseconds. */
const RETRY = 500;

export interface LockRequest {
  /** What this command is, for whoever finds the lock taken: `crpm run --only libvirt.rpmbuild`. */
  readonly command: string;
  /** Wait until the holder ends instead of failing. */
  readonly wait: boolean;
  readonly signal: AbortSignal;
  readonly io: Io;
}

/** Takes the workspace for a command that changes it. Fails (class `locked`) with the holder's name. */
export async function lockWorkspace(workspace: WorkspacePaths, request: LockRequest): Promise<Lock> {
  const { acquireLock, lockFileOf } = await import('@crpm/state');
  for (let told = false; ; ) {
    try {
      return await acquireLock(lockFileOf(workspace), { command: request.command, next: 'Wait until it ends (--wait does that for you), or stop it, then run again.' });
    } catch (error) {
      if (!request.wait || !(error instanceof FailureError) || error.failure.class !== 'locked') throw error;
      if (!told) tell(request.io.stderr, `waiting: ${error.failure.message}`);
      told = true;
    }
    await delay(RETRY, undefined, { signal: request.signal }).catch(() => request.signal.throwIfAborted());
  }
}

/** Runs a command's body while it holds the workspace. */
export async function withWorkspace(cli: Cli, workspace: WorkspacePaths, about: Pick<LockRequest, 'command' | 'wait'>, body: (stop: Stop) => Promise<void>): Promise<void> {
  await stoppable(cli, async (stop) => {
    const lock = await lockWorkspace(workspace, { ...about, signal: stop.signal, io: cli.io });
    try {
      await body(stop);
    } finally {
      lock.release();
    }
  });
}
