import { resolve } from 'node:path';
import { DEFAULT_CACHE_SIZE, formatDiagnostic, type Config } from '@crpm/core';
import { ComplaintsError } from '../complaints.js';
import type { Cli, GlobalOptions } from '../io.js';
import { workingDirectory } from '../project.js';

/** The config of the working directory, if there is one: the cache is the user's, and can be looked after from anywhere. */
export async function findSettings(cli: Cli, globals: GlobalOptions): Promise<{ readonly config?: Config; readonly maxSize: number }> {
  const { hasConfig, loadConfig } = await import('@crpm/config');
  const cwd = workingDirectory(cli, globals);
  const place = { cwd, env: cli.io.env, ...(globals.config === undefined ? {} : { configPath: resolve(cwd, globals.config) }) };
  if (!(await hasConfig(place))) return { maxSize: DEFAULT_CACHE_SIZE };
  const loaded = await loadConfig(place);
  if (!loaded.ok) throw new ComplaintsError(loaded.error);
  for (const warning of loaded.value.warnings) cli.io.stderr.write(`${formatDiagnostic(warning)}\n`);
  const { config } = loaded.value;
  return { config, maxSize: config.cache.maxSize };
}
