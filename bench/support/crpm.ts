import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from './measure.js';

/** What users run. */
export const CRPM = join(import.meta.dirname, '../../packages/cli/dist/crpm.js');

/** An environment in which nothing of the developer's steers crpm, and nothing of crpm lands in the developer's folders. */
export function ownEnvironment(folder: string): NodeJS.ProcessEnv {
  const env = { PATH: process.env['PATH'], HOME: join(folder, 'home'), XDG_STATE_HOME: join(folder, 'state'), XDG_CACHE_HOME: join(folder, 'cache') };
  mkdirSync(env.HOME, { recursive: true });
  return env;
}

export function crpm(argv: readonly string[], options: Omit<Command, 'argv'>): Command {
  if (!existsSync(CRPM)) throw new Error(`${CRPM} is not built: npm run build makes it, and npm run bench does so by itself`);
  return { argv: [process.execPath, CRPM, ...argv], ...options };
}
