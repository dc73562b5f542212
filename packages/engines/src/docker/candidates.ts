import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { EngineConfig, Result } from '@crpm/core';
import { err } from '@crpm/core';
import { dockerConfigFolder } from '@crpm/oci/credentials';
import { parseEndpoint, type Endpoint, type TlsFiles } from './endpoint.js';

/** One place where an engine may be, and who says so. */
export interface Candidate {
  /** `DOCKER_HOST`, `the Docker context work`, … */
  readonly from: string;
  /** The error says why the place can't even be tried. */
  readonly endpoint: Result<Endpoint, string>;
}

/** What the choice looks at, besides the config. */
export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly home: string;
  readonly uid: number;
  /** Content of a file, or nothing if it can't be read. */
  read(path: string): string | undefined;
}

/**
 * Where to look for an engine, in order. What the user said outright (`engine.host`, `DOCKER_HOST`) stands alone: going on to another engine when it fails would build
 * in a place that nobody asked for. `KUBEVIRT_CRI` picks the family, else both are looked for.
 */
export function candidates(config: Pick<EngineConfig, 'host'>, around: Surroundings): readonly Candidate[] {
  const { env } = around;
  if (config.host) return [{ from: 'engine.host', endpoint: parseEndpoint(config.host, environmentTls(around)) }];
  if (env['DOCKER_HOST']) return [{ from: 'DOCKER_HOST', endpoint: parseEndpoint(env['DOCKER_HOST'], environmentTls(around)) }];
  switch (env['KUBEVIRT_CRI']) {
    case 'podman':
      return [...podman(around), socket('the system Podman socket', '/run/podman/podman.sock')];
    case 'docker':
      return docker(around);
    default:
      return [...context(around), ...podman(around), ...sockets(around), socket('the system Podman socket', '/run/podman/podman.sock')];
  }
}

function docker(around: Surroundings): Candidate[] {
  return [...context(around), ...sockets(around)];
}

function podman({ env, uid }: Surroundings): Candidate[] {
  // As root this is the root engine's own; rootless Podman listens in the user's runtime folder.
  const runtime = env['XDG_RUNTIME_DIR'] ?? (uid === 0 ? undefined : `/run/user/${uid}`);
  return runtime === undefined ? [] : [socket('the rootless Podman socket', join(runtime, 'podman', 'podman.sock'))];
}

function sockets({ env, uid, home }: Surroundings): Candidate[] {
  const runtime = env['XDG_RUNTIME_DIR'] ?? (uid === 0 ? undefined : `/run/user/${uid}`);
  return [
    ...(runtime === undefined ? [] : [socket('the rootless Docker socket', join(runtime, 'docker.sock'))]),
    socket('the Docker Desktop socket', join(home, '.docker', 'run', 'docker.sock')),
    socket('the Docker socket', '/run/docker.sock'),
    socket('the Docker socket', '/var/run/docker.sock'),
  ];
}

function socket(from: string, path: string): Candidate {
  return { from, endpoint: parseEndpoint(`unix://${path}`) };
}

/** The current context of the docker command, unless it is its built-in default. */
function context(around: Surroundings): Candidate[] {
  const folder = dockerConfigFolder(around.env, around.home);
  const settings = json(around.read(join(folder, 'config.json')));
  const name = around.env['DOCKER_CONTEXT'] ?? settings?.['currentContext'];
  if (typeof name !== 'string' || name === '' || name === 'default') return [];
  const from = `the Docker context ${name}`;
  const id = createHash('sha256').update(name).digest('hex');
  const meta = json(around.read(join(folder, 'contexts', 'meta', id, 'meta.json')));
  const endpoint = ((meta?.['Endpoints'] ?? {}) as { docker?: { Host?: string; SkipTLSVerify?: boolean } }).docker;
  if (!endpoint?.Host) return [{ from, endpoint: err(`docker knows no context ${name}; see docker context ls`) }];
  const files = join(folder, 'contexts', 'tls', id, 'docker');
  const tls = tlsFiles(around, files, endpoint.SkipTLSVerify !== true);
  return [{ from, endpoint: parseEndpoint(endpoint.Host, tls) }];
}

/** `DOCKER_TLS_VERIFY` and `DOCKER_CERT_PATH`, as the docker command reads them: any value but the empty one switches verification on. */
function environmentTls(around: Surroundings): TlsFiles | undefined {
  const { env, home } = around;
  const verify = Boolean(env['DOCKER_TLS_VERIFY']);
  if (!verify && !env['DOCKER_TLS']) return undefined;
  return tlsFiles(around, env['DOCKER_CERT_PATH'] ?? dockerConfigFolder(env, home), verify) ?? { verify };
}

function tlsFiles(around: Surroundings, folder: string, verify: boolean): TlsFiles | undefined {
  const ca = around.read(join(folder, 'ca.pem'));
  const cert = around.read(join(folder, 'cert.pem'));
  const key = around.read(join(folder, 'key.pem'));
  if (ca === undefined && cert === undefined) return undefined;
  return { verify, ...(ca === undefined ? {} : { ca }), ...(cert === undefined ? {} : { cert }), ...(key === undefined ? {} : { key }) };
}

function json(text: string | undefined): Record<string, unknown> | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
