import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { buildSync } from 'esbuild';
import { onTestFinished } from 'vitest';
import { realFs, type Fs } from '../src/index.js';

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'crpm-test-'));
  onTestFinished(() => { rmSync(folder, { recursive: true, force: true }); });
  return folder;
}

/** Like the disk, but call number `failAt` (from 1), and all after it if the disk is to be `dead`, fail. */
export function faultyFs(failAt: number, options: { readonly code?: string; readonly dead?: boolean } = {}): { readonly fs: Fs; calls(): number } {
  let calls = 0;
  const fs = Object.fromEntries(
    Object.entries(realFs).map(([name, method]: [string, (...args: never[]) => unknown]) => [
      name,
      (...args: never[]) => {
        calls++;
        if (calls === failAt || (options.dead && calls > failAt)) throw Object.assign(new Error(`${options.code ?? 'EIO'}: call ${String(failAt)}, ${name}`), { code: options.code ?? 'EIO' });
        return method(...args);
      },
    ]),
  ) as unknown as Fs;
  return { fs, calls: () => calls };
}

export interface Program {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Its next line of output; nothing at the end. */
  line(): Promise<string | undefined>;
  ended(): Promise<void>;
}

/** A TypeScript file of the fixtures as a script that node runs. */
export function bundle(fixture: string, folder: string): string {
  const outfile = join(folder, 'program.mjs');
  buildSync({ entryPoints: [join(import.meta.dirname, 'fixtures', fixture)], bundle: true, platform: 'node', format: 'esm', outfile, logLevel: 'error' });
  return outfile;
}

export function start(script: string, ...args: readonly string[]): Program {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = new Promise<void>((resolve) => child.once('close', () => { resolve(); }));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    child,
    pid: child.pid ?? 0,
    line: async () => {
      const next = await lines.next();
      return next.done ? undefined : next.value;
    },
    ended: () => ended,
  };
}
