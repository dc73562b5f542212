import { DEFAULT_CACHE_SIZE, type CacheConfig, type EngineConfig, type PackageConfig, type Release, type RpmDepsConfig, type ServeConfig } from '@crpm/core';
import type { Complaints } from '../check/complaints.js';
import type { ConfigFile, Serve } from '../generated/config-file.js';
import { VERSION_VARIABLES } from './presets.js';
import { toBytes } from './size.js';

const DEFAULT_SUFFIX = 'crpm0001';
/** Whole name and exact version, so that it is the same server for everybody. */
const SERVER_IMAGE = 'docker.io/library/httpd:2.4.65';

export function resolveRelease(release: ConfigFile['release']): Release {
  if (release === 'none') return { mode: 'none' };
  return { mode: 'stable', suffix: typeof release === 'object' ? release.suffix : DEFAULT_SUFFIX };
}

export function resolveEngine(engine: ConfigFile['engine']): EngineConfig {
  const given = typeof engine === 'string' ? { kind: engine } : (engine ?? {});
  return { kind: given.kind ?? 'auto', ...(given.host !== undefined && { host: given.host }), network: given.network ?? 'bridge' };
}

export function resolveCache(cache: ConfigFile['cache']): CacheConfig {
  return { maxSize: cache?.maxSize === undefined ? DEFAULT_CACHE_SIZE : toBytes(cache.maxSize) };
}

/** Which fields go with which mode. */
const SERVE_FIELDS: Readonly<Record<ServeConfig['mode'], readonly (keyof Serve)[]>> = {
  process: ['port'],
  container: ['port', 'image'],
  volume: [],
  none: ['baseUrl'],
  published: ['baseUrl'],
};

export function resolveServe(serve: Serve, complaints: Complaints): ServeConfig {
  const mode = serve.mode ?? 'process';
  for (const key of ['port', 'image', 'baseUrl'] as const) {
    if (serve[key] === undefined || SERVE_FIELDS[mode].includes(key)) continue;
    const modes = Object.entries(SERVE_FIELDS).filter(([, fields]) => fields.includes(key));
    complaints.error(['serve', key], `${key} has no use with serve.mode ${mode}; it goes with ${modes.map(([name]) => name).join(', ')}`, { part: 'key' });
  }
  const port = serve.port === undefined ? {} : { port: serve.port };
  switch (mode) {
    case 'process':
      return { mode, ...port };
    case 'container':
      return { mode, ...port, image: serve.image ?? SERVER_IMAGE };
    case 'volume':
      return { mode };
    case 'none':
    case 'published':
      if (serve.baseUrl === undefined) complaints.error(['serve', 'mode'], `serve.mode ${mode} needs baseUrl, the address where the repository is found`);
      return { mode, baseUrl: serve.baseUrl ?? '' };
  }
}

export function resolveRpmDeps(file: ConfigFile, packages: readonly PackageConfig[], complaints: Complaints): RpmDepsConfig {
  const rpmDeps = file.rpmDeps ?? {};
  const known = [...new Set([...VERSION_VARIABLES, ...packages.flatMap(({ pin }) => (pin ? [pin.variable] : []))])];
  for (const variable of Object.keys(rpmDeps.versions ?? {})) {
    // Only a warning: the tree's own script may know a variable that this crpm does not.
    if (!known.includes(variable)) {
      const message = `${variable} is passed on, but is no version variable known here: ${known.join(', ')}`;
      complaints.warning(['rpmDeps', 'versions', variable], message, { part: 'key', suggestion: { word: variable, among: known } });
    }
  }
  return {
    mode: rpmDeps.mode ?? 'auto',
    versions: { ...rpmDeps.versions },
    ...(rpmDeps.basesystem !== undefined && { basesystem: rpmDeps.basesystem }),
    crossArchEmulation: rpmDeps.crossArchEmulation ?? false,
    allowOfficial: rpmDeps.allowOfficial ?? [],
  };
}
