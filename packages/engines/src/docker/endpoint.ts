import { err, ok, type Result } from '@crpm/core';

/** Files of a TLS client, or their content. */
export interface TlsFiles {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** False only when the user's context says so. */
  readonly verify: boolean;
}

/** Where an engine listens. */
export type Endpoint =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly tls?: TlsFiles }
  | SshEndpoint;

/** A machine with an engine, reached by the user's ssh. */
export interface SshEndpoint {
  readonly kind: 'ssh';
  readonly host: string;
  readonly user?: string;
  readonly port?: number;
  /** Of the socket over there; default: what the docker command there takes. */
  readonly path?: string;
}

/** Reads `unix:///…`, `tcp://host:port`, `ssh://user@host`, `http(s)://…` or a bare `host:port`. `tls` holds where the user said TLS. */
export function parseEndpoint(text: string, tls?: TlsFiles): Result<Endpoint, string> {
  if (text.startsWith('unix://')) {
    const path = text.slice('unix://'.length);
    return path.startsWith('/') ? ok({ kind: 'unix', path }) : err(`${text} names no absolute socket path`);
  }
  if (text.startsWith('ssh://')) return sshEndpoint(text);
  if (text.startsWith('npipe://')) return err('named pipes of Windows are not supported; run crpm in WSL');
  let url: URL;
  try {
    url = new URL(text.includes('://') ? text : `tcp://${text}`);
  } catch {
    return err(`${text} is no address; unix:///path or tcp://host:port is`);
  }
  if (!['tcp:', 'http:', 'https:'].includes(url.protocol) || url.hostname === '') return err(`${text} is no address; unix:///path or tcp://host:port is`);
  const encrypted = tls ?? (url.protocol === 'https:' ? { verify: true } : undefined);
  const port = url.port === '' ? (encrypted ? 2376 : 2375) : Number(url.port);
  return ok({ kind: 'tcp', host: url.hostname, port, ...(encrypted ? { tls: encrypted } : {}) });
}

/** ssh takes what begins with a dash for an option, and the far shell takes what it is sent apart. */
const SSH_NAME = /^[A-Za-z0-9_][A-Za-z0-9_.@-]*$/;
const SSH_HOST = /^[A-Za-z0-9_:][A-Za-z0-9_.:-]*$/;
const SSH_PATH = /^(\/[A-Za-z0-9_.@-]+)+$/;

function sshEndpoint(text: string): Result<Endpoint, string> {
  const form = 'ssh://user@host, ssh://host:port and ssh://host/path/of/docker.sock are addresses';
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return err(`${text} is no address; ${form}`);
  }
  const user = decodeURIComponent(url.username);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const path = url.pathname === '/' ? '' : url.pathname;
  if (url.password !== '') return err('an address with a password in it is not used: let ssh log in by a key');
  if (!SSH_HOST.test(host) || (user !== '' && !SSH_NAME.test(user)) || (path !== '' && !SSH_PATH.test(path)) || url.search + url.hash !== '') return err(`${text} is no address; ${form}`);
  return ok({ kind: 'ssh', host, ...(user === '' ? {} : { user }), ...(url.port === '' ? {} : { port: Number(url.port) }), ...(path === '' ? {} : { path }) });
}

export function formatEndpoint(endpoint: Endpoint): string {
  switch (endpoint.kind) {
    case 'unix':
      return `unix://${endpoint.path}`;
    case 'tcp':
      return `tcp://${endpoint.host}:${endpoint.port}${endpoint.tls ? ' (TLS)' : ''}`;
    case 'ssh': {
      const { user, host, port, path } = endpoint;
      return `ssh://${user === undefined ? '' : `${user}@`}${host.includes(':') ? `[${host}]` : host}${port === undefined ? '' : `:${String(port)}`}${path ?? ''}`;
    }
  }
}
