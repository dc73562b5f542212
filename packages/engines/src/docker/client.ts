import http from 'node:http';
import https from 'node:https';
import type Dockerode from 'dockerode';
import { FailureError } from '@crpm/core';
import { formatEndpoint, type Endpoint } from './endpoint.js';

/** How long a call may take that the engine answers out of its head, in milliseconds. dockerode itself waits for ever. */
export const QUICK = 30_000;

/** The first call of all, which looks whether an engine is there. That nobody answers needs no word about what was asked. */
export const GREETING = 'asking for its version';

/** What mends it, by the words of what an engine calls. */
const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [/slirp4netns|pasta|\/dev\/net\/tun/, 'A rootless engine gives containers no network here: crpm doctor says what it lacks; or engine: { network: host }.'],
  [/cgroups in hybrid mode not supported/, 'crun starts no containers on this machine: install runc, and let containers.conf say runtime = "runc" under [engine].'],
];

/** The engine answered, with an error. One of its own (5xx) may pass; a full disk stays full. */
export class EngineError extends FailureError {
  constructor(
    readonly status: number,
    readonly reason: string,
    what: string,
    address: string,
    cause: unknown,
  ) {
    const full = /no space left on device|disk quota exceeded/i.test(reason);
    super(
      {
        class: 'environment',
        ...(full ? { cause: 'disk' as const } : {}),
        message: full ? `the disk of the engine at ${address} is full (${what})` : `the engine at ${address} failed at ${what}: ${reason}`,
        next: full ? 'Free space where the engine keeps images and volumes (docker system df), then run again.' : (REMEDIES.find(([words]) => words.test(reason))?.[1] ?? 'Look at the engine’s own log (journalctl -u docker).'),
        ...(status >= 500 && !full ? { transient: true as const } : {}),
      },
      { cause },
    );
    this.name = 'EngineError';
  }
}

/**
 * The engine did not answer: gone, hanging, or the connection broke. One that is gone may come back in a moment; one that hangs has had its time.
 */
export class ConnectionError extends FailureError {
  constructor(what: string, address: string, why: string, cause: unknown) {
    const code = (cause as NodeJS.ErrnoException | undefined)?.code;
    super(
      {
        class: 'environment',
        message: `the engine at ${address} ${why}${what === GREETING ? '' : ` (${what})`}`,
        next: address.startsWith('ssh://') ? `Log in once by hand, crpm asks no questions: ssh ${address} docker version. A key with a passphrase wants ssh-agent.` : 'See whether it runs (docker version, systemctl status docker); then run again.',
        ...(code !== undefined && PASSING_CODES.has(code) ? { transient: true as const } : {}),
      },
      { cause },
    );
    this.name = 'ConnectionError';
  }
}

/** What an engine that is being restarted gives; its socket may be gone for that time. */
const PASSING_CODES = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'EAI_AGAIN', 'ERR_STREAM_PREMATURE_CLOSE']);

/** dockerode with a name, timeouts and errors that say where and what. */
export class Client {
  constructor(
    readonly docker: Dockerode,
    readonly address: string,
    private readonly agent: http.Agent,
    private readonly timeout: number,
  ) {}

  /**
   * A call that must answer soon, to its first byte if it streams.
   * @throws EngineError, ConnectionError
   */
  async quick<T>(what: string, call: (abortSignal: AbortSignal) => Promise<T>, timeout = this.timeout): Promise<T> {
    const controller = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(new ConnectionError(what, this.address, `did not answer within ${Math.round(timeout / 1000)} s`, undefined));
        controller.abort();
      }, timeout);
    });
    try {
      return await Promise.race([call(controller.signal), late]);
    } catch (error) {
      throw this.translate(what, error);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Any error of a call to the engine, as one that names it. */
  translate(what: string, error: unknown): unknown {
    if (error instanceof FailureError || !(error instanceof Error)) return error;
    const { statusCode, json } = error as Error & { statusCode?: number; json?: unknown };
    if (statusCode !== undefined) return new EngineError(statusCode, messageOf(json) ?? strip(error.message), what, this.address, error);
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== undefined && CONNECTION_CODES.has(code)) return new ConnectionError(what, this.address, `can’t be reached: ${explain(code, error)}`, error);
    return error;
  }

  close(): void {
    this.agent.destroy();
  }
}

const CONNECTION_CODES = new Set([
  ...PASSING_CODES,
  ...['SSH_FAILED', 'EACCES', 'ENOTFOUND', 'ENOTSOCK', 'EPROTO', 'HPE_INVALID_CONSTANT', 'ABORT_ERR'],
  ...['CERT_HAS_EXPIRED', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'SELF_SIGNED_CERT_IN_CHAIN', 'ERR_TLS_CERT_ALTNAME_INVALID'],
]);

/** Errors of a connection, in words. */
export function explain(code: string, error: Error): string {
  switch (code) {
    case 'ENOENT':
      return 'there is no such socket';
    case 'ECONNREFUSED':
      return 'nothing listens there';
    case 'EACCES':
      return 'no permission (is the user in the group docker?)';
    case 'ENOTFOUND':
      return 'no host has this name';
    case 'ENOTSOCK':
      return 'it is no socket';
    default:
      return error.message;
  }
}

/** `{"message": …}`, also when an error came on a stream. */
function messageOf(json: unknown): string | undefined {
  if (typeof json === 'object' && json !== null) {
    const { message, cause } = json as { message?: unknown; cause?: unknown };
    if (typeof message === 'string' && message !== '') return message;
    if (typeof cause === 'string' && cause !== '') return cause;
  }
  return undefined;
}

/** docker-modem's own `(HTTP code 409) unexpected - ` says less than what follows. */
function strip(message: string): string {
  return message.replace(/^\(HTTP code \d+\) [^-]* - /, '').trim();
}

/** Opens nothing yet. One connection per call: a pooled one may have died with an engine that was restarted. */
export async function makeClient(endpoint: Endpoint, timeout = QUICK): Promise<Client> {
  const { default: Docker } = await import('dockerode');
  const tls = endpoint.kind === 'tcp' ? endpoint.tls : undefined;
  const agent = await agentFor(endpoint);
  // Every option is given, for docker-modem fills what is absent from the environment by rules of its own.
  const options = {
    // Over ssh it is only what the requests say.
    host: endpoint.kind === 'tcp' ? endpoint.host : endpoint.kind === 'ssh' ? 'docker' : undefined,
    port: endpoint.kind === 'tcp' ? endpoint.port : undefined,
    socketPath: endpoint.kind === 'unix' ? endpoint.path : undefined,
    protocol: tls ? 'https' : 'http',
    pathPrefix: '/',
    ca: tls?.ca,
    cert: tls?.cert,
    key: tls?.key,
    timeout: undefined,
    agent,
  };
  return new Client(new Docker(options as unknown as Dockerode.DockerOptions), formatEndpoint(endpoint), agent, timeout);
}

async function agentFor(endpoint: Endpoint): Promise<http.Agent> {
  if (endpoint.kind === 'ssh') return new (await import('./ssh.js')).SshAgent(endpoint);
  const tls = endpoint.kind === 'tcp' ? endpoint.tls : undefined;
  return tls ? new https.Agent({ keepAlive: false, rejectUnauthorized: tls.verify }) : new http.Agent({ keepAlive: false });
}
