import { readdirSync, readFileSync } from 'node:fs';

/** Variable that marks every program of a work; its value is the work folder. Children inherit it, whatever session they make for themselves. */
export const WORK_VARIABLE = 'CRPM_WORK';

/**
 * Pids of the living programs of a work, by their environment. Linux only; elsewhere empty, and the process group must do.
 * Covers daemons that left the process group, and programs of a crpm that was killed.
 */
export function programsOf(folder: string): number[] {
  const wanted = Buffer.from(`${WORK_VARIABLE}=${folder}\0`);
  return pids().filter((pid) => {
    try {
      const environment = readFileSync(`/proc/${pid}/environ`);
      const at = environment.indexOf(wanted);
      return at === 0 || (at > 0 && environment[at - 1] === 0);
    } catch {
      // Gone meanwhile, or another user's.
      return false;
    }
  });
}

/** Sends SIGKILL to all programs of a work until none is left; new ones may be forked while we look. */
export function killPrograms(folder: string): void {
  for (let round = 0; round < 50; round++) {
    const found = programsOf(folder);
    if (found.length === 0) return;
    for (const pid of found) kill(pid, 'SIGKILL');
  }
}

/** `pid < 0`: the whole process group. False when there is no such process. */
export function kill(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** How often the kernel has killed for lack of memory since boot; 0 where it does not say. */
export function oomKills(): number {
  try {
    return Number(/^oom_kill (\d+)$/m.exec(readFileSync('/proc/vmstat', 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

function pids(): number[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number);
  } catch {
    return [];
  }
}
