import { readFileSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { err, fail, FailureError, ok, type EngineConfig, type Result } from '@crpm/core';
import { checkSignal } from '../cancelled.js';
import { candidates, type Surroundings } from './candidates.js';
import { GREETING, makeClient, type Client } from './client.js';
import { formatEndpoint, type Endpoint } from './endpoint.js';

/** The oldest Docker Engine that crpm is tested with. */
const OLDEST = [20, 10] as const;

/** An engine must say who it is within this time, in milliseconds. */
const PROBE = 10_000;

export interface Connection {
  readonly client: Client;
  readonly flavour: 'docker' | 'podman';
  /** `Docker Engine 20.10.24 at unix:///run/docker.sock` */
  readonly description: string;
  /** Go's name, `amd64`. */
  readonly goArch: string;
}

/**
 * The first engine that answers, of those that {@link candidates} names.
 * @throws FailureError `environment`: every place tried, why each failed, and what starts one.
 */
export async function connect(config: Pick<EngineConfig, 'host'>, env: NodeJS.ProcessEnv, signal: AbortSignal, timeouts: Timeouts = {}): Promise<Connection> {
  const tried: string[] = [];
  for await (const { from, answer } of probe(config, env, signal, timeouts)) {
    if (answer.ok) return answer.value;
    tried.push(`${from}: ${answer.error}`);
  }
  fail({
    class: 'environment',
    // One reason is the message; of several, each has its line.
    message: `no container engine answers: ${tried.length === 1 ? tried.join() : 'none is at any of these places'}`,
    next: startCommand(surroundings(env)),
    lines: tried.length === 1 ? [] : tried,
  });
}

/** Milliseconds: to say who it is, and for each quick call later. */
export interface Timeouts {
  readonly probe?: number;
  readonly quick?: number;
}

export interface Probe {
  readonly from: string;
  /** The connection is the receiver's to close. */
  readonly answer: Result<Connection, string>;
}

/** Asks each candidate in turn who it is. */
export async function* probe(config: Pick<EngineConfig, 'host'>, env: NodeJS.ProcessEnv, signal: AbortSignal, timeouts: Timeouts = {}): AsyncGenerator<Probe, void, undefined> {
  const seen = new Set<string>();
  for (const { from, endpoint } of candidates(config, surroundings(env))) {
    checkSignal(signal, 'looking for a container engine');
    if (!endpoint.ok) {
      yield { from, answer: endpoint };
      continue;
    }
    const address = placeOf(endpoint.value);
    if (seen.has(address)) continue;
    seen.add(address);
    const client = await makeClient(endpoint.value, timeouts.quick);
    let connection: Connection;
    try {
      connection = await identify(client, timeouts.probe ?? PROBE);
    } catch (error) {
      client.close();
      if (!(error instanceof FailureError)) throw error;
      yield { from, answer: err(error.failure.message) };
      continue;
    }
    yield { from, answer: ok(connection) };
  }
}

/** Whether an engine answers at any of those places, each within `patience` milliseconds. One behind ssh is taken for there: to ask it, a program would have to run. */
export async function answersSomewhere(config: Pick<EngineConfig, 'host'>, env: NodeJS.ProcessEnv, signal: AbortSignal, patience: number): Promise<boolean> {
  for (const { endpoint } of candidates(config, surroundings(env))) if (endpoint.ok && endpoint.value.kind === 'ssh') return true;
  for await (const { answer } of probe(config, env, signal, { probe: patience, quick: patience })) {
    if (!answer.ok) continue;
    answer.value.client.close();
    return true;
  }
  return false;
}

/** One socket has one place, whichever of its names it is known by: /var/run leads to /run nearly everywhere. */
function placeOf(endpoint: Endpoint): string {
  if (endpoint.kind !== 'unix') return formatEndpoint(endpoint);
  try {
    return join(realpathSync(dirname(endpoint.path)), basename(endpoint.path));
  } catch {
    return endpoint.path;
  }
}

async function identify(client: Client, timeout: number): Promise<Connection> {
  const version = await client.quick(GREETING, () => client.docker.version(), timeout);
  const components = (version.Components ?? []) as readonly { Name?: string; Version?: string }[];
  const podman = components.find(({ Name }) => Name === 'Podman Engine');
  const number = podman?.Version ?? version.Version;
  if (typeof number !== 'string') fail({ class: 'environment', message: `${client.address} is no container engine: it answered without a version` });
  const [major = 0, minor = 0] = number.split('.').map((part) => parseInt(part, 10));
  if (!podman && (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]))) {
    fail({ class: 'environment', message: `Docker Engine ${number} at ${client.address} is too old: ${OLDEST.join('.')} is the oldest that crpm works with`, next: 'Update the engine.' });
  }
  return {
    client,
    flavour: podman ? 'podman' : 'docker',
    description: `${podman ? 'Podman' : 'Docker Engine'} ${number} at ${client.address}`,
    goArch: version.Arch,
  };
}

/** What starts an engine. Root's Podman is the system's, and root's shell often has no XDG_RUNTIME_DIR. */
export function startCommand({ env, uid }: Pick<Surroundings, 'env' | 'uid'>): string {
  const podman =
    uid === 0
      ? 'systemctl start podman.socket (or: podman system service --time=0 unix:///run/podman/podman.sock)'
      : 'systemctl --user start podman.socket (or: podman system service --time=0 unix://$XDG_RUNTIME_DIR/podman/podman.sock)';
  const docker = uid === 0 ? 'systemctl start docker' : 'sudo systemctl start docker';
  const without = 'Without an engine, this machine builds for its own distribution: basesystem: host in the config.';
  if (env['DOCKER_HOST']) return 'Start the engine that DOCKER_HOST names, or unset DOCKER_HOST.';
  if (env['KUBEVIRT_CRI'] === 'podman') return `Start Podman’s socket: ${podman}. ${without}`;
  if (env['KUBEVIRT_CRI'] === 'docker') return `Start Docker: ${docker}. ${without}`;
  return `Start Docker: ${docker}; or Podman’s socket: ${podman}. ${without}`;
}

export function surroundings(env: NodeJS.ProcessEnv): Surroundings {
  return {
    env,
    home: env['HOME'] ?? homedir(),
    uid: process.getuid?.() ?? -1,
    read: (path) => {
      try {
        return readFileSync(path, 'utf8');
      } catch {
        return undefined;
      }
    },
  };
}
