import type { ConfigFile } from '../generated/config-file.js';

/** The file as if it had this `build.profile` for every source; what it says of checks and debuginfo stays. */
export function withProfile(file: ConfigFile, profile: 'dev' | 'full'): ConfigFile {
  const sources = Object.entries(file.sources ?? {}).map(([name, source]) => [name, source.build?.profile === undefined ? source : { ...source, build: { ...source.build, profile } }] as const);
  return { ...file, build: { ...file.build, profile }, ...(file.sources && { sources: Object.fromEntries(sources) }) };
}
