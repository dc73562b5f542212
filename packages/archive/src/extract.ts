import { randomBytes } from 'node:crypto';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { FailureError } from '@crpm/core';
import { unpack, type UnpackLimits } from './unpack.js';

/** What an archive of build results may hold: far above any distribution's largest source package. */
const DEFAULTS: UnpackLimits = { entries: 200_000, bytes: 64 * 1024 ** 3 };

/**
 * Extracts a hostile tar stream: files, folders, and relative links that stay inside, nothing else. It goes into a fresh folder beside `dir` that
 * is renamed to `dir` only when all of the archive, its end marker included, was read; `dir` must not exist or be empty. Names are byte-exact;
 * owners and setuid bits are dropped.
 * @throws FailureError `environment` for a cut or damaged stream, `build` for entries that are refused or over the limits. `dir` is then as it was.
 */
export async function extractTar(stream: AsyncIterable<Uint8Array>, dir: string, limits: Partial<UnpackLimits> = {}): Promise<void> {
  const fresh = `${dir.replace(/\/+$/, '')}.partial-${randomBytes(6).toString('hex')}`;
  mkdirSync(fresh, { mode: 0o700 });
  try {
    await unpack(stream, fresh, { limits: { ...DEFAULTS, ...limits }, links: 'inside' });
    renameSync(fresh, dir);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOTEMPTY' || code === 'EEXIST') throw new Error(`extractTar: ${dir} is not empty`, { cause: error });
    if (error instanceof FailureError || code === 'ENOSPC' || code === 'EDQUOT') throw error;
    if (code === undefined) throw error;
    throw new FailureError({ class: 'environment', message: `cannot extract into ${dir}: ${(error as Error).message}`, next: 'Look at the folder’s permissions and file system.' }, { cause: error });
  }
}
