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
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number; readonly tls?: TlsFiles };

/** Reads `unix:///…`, `tcp://host:port`, `http(s)://…` or a bare `host:port`. `tls` holds where the user said TLS. */
export function parseEndpoint(text: string, tls?: TlsFiles): Result<Endpoint, string> {
  if (text.startsWith('unix://')) {
    const path = text.slice('unix://'.length);
    return path.startsWith('/') ? ok({ kind: 'unix', path }) : err(`${text} names no absolute socket path`);
  }
  if (text.startsWith('ssh://')) {
    return err(`crpm does not open ssh connections; forward the socket, ssh -nNT -L /tmp/docker.sock:/var/run/docker.sock ${text.slice('ssh://'.length)}, and set DOCKER_HOST=unix:///tmp/docker.sock`);
  }
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

export function formatEndpoint(endpoint: Endpoint): string {
  return endpoint.kind === 'unix' ? `unix://${endpoint.path}` : `tcp://${endpoint.host}:${endpoint.port}${endpoint.tls ? ' (TLS)' : ''}`;
}
