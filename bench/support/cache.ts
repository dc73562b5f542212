import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';

/** Where the benchmarks keep what is dear to make: source trees, peers, workspaces with finished builds. `CRPM_BENCH_CACHE` moves it. */
export const CACHE = process.env['CRPM_BENCH_CACHE'] ?? join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'crpm-bench');

/** A folder of the cache, made by `fill` the first time. It appears whole or not at all. */
export async function kept(name: string, fill: (folder: string) => Promise<void> | void): Promise<string> {
  const folder = join(CACHE, name);
  if (existsSync(folder)) return folder;
  mkdirSync(dirname(folder), { recursive: true });
  const partial = mkdtempSync(join(dirname(folder), `.${basename(folder)}-`));
  try {
    console.warn(`making ${folder}; it is kept`);
    await fill(partial);
    renameSync(partial, folder);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
  return folder;
}
