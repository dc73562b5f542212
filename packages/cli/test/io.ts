import type { Io } from '../src/io.js';

/** A process whose output is kept. */
export function recordedIo(options: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {}): { readonly io: Io; out(): string; err(): string } {
  let out = '';
  let err = '';
  const io: Io = {
    stdout: { write: (text) => void (out += text) },
    stderr: { write: (text) => void (err += text) },
    env: options.env ?? {},
    cwd: options.cwd ?? '/',
  };
  return { io, out: () => out, err: () => err };
}
