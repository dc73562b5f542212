import { readFileSync } from 'node:fs';
import { expect, vi } from 'vitest';

type State = 'stopped' | 'running' | 'gone';

/** What the kernel says of a process. */
export function state(pid: number): State {
  try {
    const text = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
    const letter = text.slice(text.lastIndexOf(')') + 2, text.lastIndexOf(')') + 3);
    return letter === 'T' ? 'stopped' : letter === 'Z' ? 'gone' : 'running';
  } catch {
    return 'gone';
  }
}

/** Resolves once all of them are in that state. */
export function become(pids: readonly number[], wanted: State): Promise<void> {
  return vi.waitFor(() => expect(pids.map(state)).toEqual(pids.map(() => wanted)), { timeout: 20_000 });
}
