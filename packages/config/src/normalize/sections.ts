import { DEFAULT_CACHE_SIZE, hasDist, type Basesystem, type CacheConfig, type ClusterConfig, type EngineConfig, type PackageConfig, type Release, type RpmDepsConfig, type ServeConfig } from '@crpm/core';
import type { Complaints } from '../check/complaints.js';
import type { ConfigFile, Serve } from '../generated/config-file.js';
import { resolvePath } from './paths.js';
import { perBasesystem } from './per-basesystem.js';
import { VERSION_VARIABLES } from './presets.js';
import { toBytes } from './size.js';

const DEFAULT_SUFFIX = 'crpm0001';
/** Whole name and exact version, so that it is the same server for everybody. */
const SERVER_IMAGE = 'docker.io/library/httpd:2.4.65';

export function resolveRelease(release: ConfigFile['release']): Release {
  if (release === 'none' || release === 'unique') return { mode: release };
  return { mode: 'stable', suffix: typeof release === 'object' ? release.suffix : DEFAULT_SUFFIX };
}

export function resolveEngine(engine: ConfigFile['engine']): EngineConfig {
  const { kind = 'auto', host, network = 'bridge', ...kubernetes } = typeof engine === 'string' ? { kind: engine } : (engine ?? {});
  return { kind, ...(host !== undefined && { host }), network, ...(Object.keys(kubernetes).length > 0 && { kubernetes }) };
}

export function resolveCache(cache: ConfigFile['cache'], ci: boolean): CacheConfig {
  const maxSize = cache?.maxSize === undefined ? DEFAULT_CACHE_SIZE : toBytes(cache.maxSize);
  if (cache?.remote === undefined) return { maxSize };
  const { url, readOnly = false, push = 'ci', insecure = false } = typeof cache.remote === 'string' ? { url: cache.remote } : cache.remote;
  return { maxSize, remote: { url, readOnly, push: !readOnly && (push === 'always' || (push === 'ci' && ci)), insecure } };
}

/** Seconds in which a node pulls virt-launcher's image and starts it, with room for a slow machine. */
const CLUSTER_TIMEOUT = 600;

interface ClusterContext {
  readonly cluster: ConfigFile['cluster'];
  readonly basesystems: readonly Basesystem[];
  /** Whether there is a KubeVirt tree. */
  readonly hasTree: boolean;
  readonly root: string;
  readonly complaints: Complaints;
}

export function resolveCluster({ cluster, basesystems, hasTree, root, complaints }: ClusterContext): ClusterConfig {
  const { up = false, sync = false, verify = false, basesystem, vmi, kubectl, timeout = CLUSTER_TIMEOUT } = cluster ?? {};
  const names = basesystems.map(({ name }) => name);
  if (basesystem !== undefined && names.length > 0 && !names.includes(basesystem)) complaints.error(['cluster', 'basesystem'], `${basesystem} is not built for here; basesystem names ${names.join(', ')}`);
  for (const [key, on] of Object.entries({ up, sync, verify })) {
    if (on && !hasTree) complaints.error(['cluster', key], 'there is no KubeVirt tree to run in a cluster: kubevirt is false', { part: 'key' });
  }
  return {
    up,
    sync,
    verify,
    ...(basesystem !== undefined && { basesystem }),
    ...(vmi !== undefined && { vmi: resolvePath(vmi, root, ['cluster', 'vmi'], complaints) }),
    // A bare name is looked up on PATH.
    ...(kubectl !== undefined && { kubectl: kubectl.includes('/') ? resolvePath(kubectl, root, ['cluster', 'kubectl'], complaints) : kubectl }),
    timeout,
  };
}

/** Which fields go with which mode. */
const SERVE_FIELDS: Readonly<Record<ServeConfig['mode'], readonly (keyof Serve)[]>> = {
  process: ['port'],
  container: ['port', 'image'],
  volume: [],
  none: ['baseUrl'],
  published: ['baseUrl'],
};

export function resolveServe(serve: Serve, basesystems: readonly Basesystem[], complaints: Complaints): ServeConfig {
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
      if (mode === 'published' && basesystems.length > 1) complaints.error(['basesystem'], 'serve.mode published is one repository, whose RPMs are of one base system: name that one alone');
      if (serve.baseUrl === undefined) complaints.error(['serve', 'mode'], `serve.mode ${mode} needs baseUrl, the address where the repository is found`);
      return { mode, baseUrl: serve.baseUrl ?? '' };
  }
}

interface RpmDepsContext {
  readonly file: ConfigFile;
  readonly basesystems: readonly Basesystem[];
  readonly packages: readonly PackageConfig[];
  /** Version variables that the environment sets, in place of the file's. */
  readonly fromEnvironment: Readonly<Record<string, string>>;
  readonly complaints: Complaints;
}

export function resolveRpmDeps(context: RpmDepsContext): RpmDepsConfig {
  const { file, basesystems, packages, complaints } = context;
  const rpmDeps = file.rpmDeps ?? {};
  const known = [...new Set([...VERSION_VARIABLES, ...packages.flatMap(({ pin }) => (pin ? [pin.variable] : []))])];
  const versions = new Map(basesystems.map(({ name }) => [name, {} as Record<string, string>]));
  for (const [variable, given] of Object.entries(rpmDeps.versions ?? {})) {
    const at = ['rpmDeps', 'versions', variable];
    // Only a warning: the tree's own script may know a variable that this crpm does not.
    if (!known.includes(variable)) {
      const message = `${variable} is passed on, but is no version variable known here: ${known.join(', ')}`;
      complaints.warning(at, message, { part: 'key', suggestion: { word: variable, among: known } });
    }
    if (typeof given === 'string') checkOneVersion(variable, given, context);
    for (const [{ name }, version] of perBasesystem(given, at, context)) versions.get(name)![variable] = version; // of the same list
  }
  return {
    mode: rpmDeps.mode ?? 'auto',
    versions: Object.fromEntries(versions),
    ...(rpmDeps.basesystem !== undefined && { basesystem: rpmDeps.basesystem }),
    crossArchEmulation: rpmDeps.crossArchEmulation ?? false,
    allowOfficial: rpmDeps.allowOfficial ?? [],
  };
}

/** One version for several base systems must not end in the `%dist` of one of them: no RPM of the others has it. */
function checkOneVersion(variable: string, version: string, { basesystems, fromEnvironment, complaints }: RpmDepsContext): void {
  if (basesystems.length < 2) return;
  const owner = basesystems.find(({ dist }) => dist !== undefined && hasDist(version, dist));
  if (!owner) return;
  const others = basesystems.filter((other) => other !== owner).map(({ name }) => name).join(', ');
  const what = `${version} has the ${owner.dist} of ${owner.name}, so it can't be for ${others}`;
  if (Object.hasOwn(fromEnvironment, variable)) complaints.general('error', `the environment has ${variable}=${version}; ${what}: set KUBEVIRT_CENTOS_STREAM_VERSION=${owner.stream} too, or unset it`);
  else complaints.error(['rpmDeps', 'versions', variable], `${what}; say which it is for: ${variable}: { ${owner.name}: "${version}" }`);
}
