import type { ConfigFile } from './generated/config-file.js';

export { hasConfig, loadConfig, type Loaded, type LoadOptions } from './load.js';
export { packageNames } from './normalize/presets.js';
export { resolvePath } from './environment.js';
export type { Environment } from './environment.js';
export type { ConfigFile };

/** The JSON Schema of a config file (draft 2020-12). Loaded when asked for: only `crpm schema` needs it. */
export async function loadSchema(): Promise<object> {
  return (await import('./generated/schema.js')).schema;
}
