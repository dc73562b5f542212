import { randomBytes } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** Where the fetched repositories are: a folder per address. */
export function repositoriesDir(cacheDir: string): string {
  return join(cacheDir, 'git');
}

/** Of a folder that is being fetched into; says whose it is. */
export function temporaryName(): string {
  return `tmp-${process.pid}-${randomBytes(4).toString('hex')}`;
}

/** Removes the half-fetched folders that killed runs left in the folder of one address; returns their paths. */
export function removeAbandoned(home: string): string[] {
  const abandoned = list(home).filter((name) => {
    const pid = /^tmp-(\d+)-/.exec(name)?.[1];
    return pid !== undefined && !isAlive(Number(pid));
  });
  const paths = abandoned.map((name) => join(home, name));
  for (const path of paths) rmSync(path, { recursive: true, force: true });
  return paths;
}

/** The same for every address. */
export function removeAbandonedFetches(cacheDir: string): string[] {
  const dir = repositoriesDir(cacheDir);
  return list(dir).flatMap((name) => removeAbandoned(join(dir, name)));
}

function list(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
