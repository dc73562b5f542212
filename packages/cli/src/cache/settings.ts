import { resolve } from 'node:path';
import { DEFAULT_CACHE_SIZE, type Config } from '@crpm/core';
import { ComplaintsError } from '../complaints.js';
import { complain, type Cli, type GlobalOptions } from '../io.js';
import { workingDirectory } from '../project.js';

/** The config of the working directory, if there is one: the cache is the user's, and can be looked after from anywhere. */
export async function findSettings(cli: Cli, globals: GlobalOptions): Promise<{ readonly config?: Config; readonly maxSize: number }> {
  const { hasConfig, loadConfig } = await import('@crpm/config');
  const cwd = workingDirectory(cli, globals);
  const place = { cwd, env: cli.io.env, ...(globals.config === undefined ? {} : { configPath: resolve(cwd, globals.config) }) };
  if (!(await hasConfig(place))) return { maxSize: DEFAULT_CACHE_SIZE };
  const loaded = await loadConfig(place);
  if (!loaded.ok) throw new ComplaintsError(loaded.error);
  complain(cli.io, loaded.value.warnings);
  const { config } = loaded.value;
  return { config, maxSize: config.cache.maxSize };
}
