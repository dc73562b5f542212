import { spawn } from 'node:child_process';

export interface Guard {
  /** It is not needed any more: nothing is done. */
  release(): void;
}

/**
 * Has a shell do something when this process is gone without having released it: SIGKILL can't be heard. The shell waits in a session of its own, where no key and no job control reaches it, for the
 * end of a pipe that only this process holds. `args`: what the script finds in `$1` and on. `files`: open files of this process that it finds at 1 and, from 3 on, the others.
 */
export function guard(script: string, args: readonly string[], files: readonly number[] = []): Guard {
  const [out = 'ignore', ...others] = files;
  const shell = spawn('sh', ['-c', `read -r never\n${script}`, 'crpm-guard', ...args], { stdio: ['pipe', out, 'ignore', ...others], detached: true });
  // Without a shell the world is as it would be without this.
  shell.on('error', () => undefined);
  shell.stdin?.on('error', () => undefined);
  shell.unref();
  (shell.stdin as (typeof shell.stdin & { unref?(): void }) | null)?.unref?.();
  return { release: () => void shell.kill('SIGKILL') };
}
