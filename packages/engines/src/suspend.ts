import { guard } from './guard.js';

/** Gives the pids that there are now; negative: whole process groups. */
type Pids = () => readonly number[];

const running = new Set<Pids>();

/** A program in a process group of its own, which no key reaches: from now on it stops when crpm is stopped, and goes on with it. Returns what ends that. */
export function stopsWithCrpm(pids: Pids): () => void {
  running.add(pids);
  return () => void running.delete(pids);
}

/**
 * Stops those programs for as long as `stopped` takes: in it, this process stops itself. SIGSTOP, because SIGTSTP does nothing to a group whose parent is of another session. Should this process be killed meanwhile,
 * they are ended as a shell ends stopped jobs.
 */
export function suspendPrograms(stopped: () => void): void {
  const all = new Set<number>();
  const find = () => [...running].flatMap((pids) => pids()).filter((pid) => !all.has(pid));
  // Twice: one that has left its group may have started another before it stopped.
  for (let round = 0; round < 2; round++) {
    for (const pid of find()) {
      all.add(pid);
      send(pid, 'SIGSTOP');
    }
  }
  const guarded = all.size === 0 ? undefined : guard('kill -s TERM -- "$@"; kill -s CONT -- "$@"', [...all].map(String));
  try {
    stopped();
  } finally {
    for (const pid of all) send(pid, 'SIGCONT');
    guarded?.release();
  }
}

function send(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended.
  }
}
