import { FailureError, screenText, type Failure } from '@crpm/core';

/**
 * - `unreachable`: no connection, no answer in time, a connection that broke.
 * - `busy`: it answers that it can't now (429, 5xx).
 * - `unauthorized`: it wants to know who asks, or does not believe it.
 * - `denied`: it knows, and refuses.
 * - `absent`: no such blob, manifest or repository.
 * - `refused`: it refuses what was sent (400, 413, 416, …).
 * - `wrong`: what it gave is not what was asked for: another digest or size, too much, no sense.
 */
export type RegistryReason = 'unreachable' | 'busy' | 'unauthorized' | 'denied' | 'absent' | 'refused' | 'wrong';

/** A failure of class `environment` that names the registry and the repository. Never holds a password or a token. */
export class RegistryError extends FailureError {
  readonly reason: RegistryReason;
  /** HTTP status, where there was an answer. */
  readonly status: number | undefined;
  /** How long the registry asks to be left alone, milliseconds. */
  readonly retryAfter: number | undefined;

  constructor(failure: Omit<Failure, 'class'>, about: { readonly reason: RegistryReason; readonly status?: number | undefined; readonly retryAfter?: number | undefined; readonly cause?: unknown }) {
    super({ class: 'environment', ...failure }, { cause: about.cause });
    this.name = 'RegistryError';
    this.reason = about.reason;
    this.status = about.status;
    this.retryAfter = about.retryAfter;
  }

  /** Whether the same may well succeed in a moment. */
  get passing(): boolean {
    return this.reason === 'unreachable' || this.reason === 'busy';
  }
}

/** What failed: `pushing a blob to quay.io/team/crpm`. */
export interface What {
  readonly doing: string;
  /** `quay.io` */
  readonly registry: string;
}

export function wrong({ doing, registry }: What, why: string): RegistryError {
  return new RegistryError({ message: `${doing}: ${why}`, next: `The registry ${registry}, or something on the way to it, does not give what it should; tell whoever runs it.` }, { reason: 'wrong' });
}

/** No answer, or one that was cut. */
export function unreachable({ doing, registry }: What, error: unknown): RegistryError {
  const { code, message } = error as NodeJS.ErrnoException;
  const why = code === 'ECONNREFUSED' ? 'nobody listens there (connection refused)' : code === 'ENOTFOUND' ? 'no such host' : message || code || 'the connection broke';
  const permanent = code !== undefined && /^(ERR_TLS_|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|EPROTO|ERR_SSL_|HOSTNAME_MISMATCH)/.test(code);
  const next = !permanent
    ? `See whether this machine reaches ${registry}${proxyHint()}.`
    : code === 'EPROTO' || code.startsWith('ERR_SSL_')
      ? `If ${registry} speaks plain http on purpose, set insecure: true for it.`
      : `Put the certificate of the authority that signed it into /etc/docker/certs.d/${registry}/ca.crt, or name it in NODE_EXTRA_CA_CERTS.`;
  return new RegistryError({ message: `${doing}: ${why}`, next, ...(permanent ? {} : { transient: true as const }) }, { reason: permanent ? 'wrong' : 'unreachable', cause: error });
}

/** An answer that is no success; `body` is the beginning of it. */
export function refusal({ doing, registry }: What, status: number, body: string, retryAfter?: number): RegistryError {
  const said = reasonsIn(body);
  const message = `${doing}: the registry answers ${status}${said === '' ? '' : ` (${said})`}`;
  const about = { status, retryAfter };
  if (status === 401) return new RegistryError({ message, next: `Log in: docker login ${registry}` }, { reason: 'unauthorized', ...about });
  if (status === 403) return new RegistryError({ message, next: `Ask whoever runs ${registry} for the right to do so, or log in as somebody who has it: docker login ${registry}` }, { reason: 'denied', ...about });
  if (status === 404) return new RegistryError({ message, next: 'Check the name.' }, { reason: 'absent', ...about });
  if (status === 408 || status === 429 || status >= 500) return new RegistryError({ message, next: `Try again later; if it stays so, look at the log of ${registry}.`, transient: true }, { reason: 'busy', ...about });
  return new RegistryError({ message, next: `Look at the log of ${registry}.` }, { reason: 'refused', ...about });
}

/** Codes and messages of the distribution specification's error body; else its first line. */
function reasonsIn(body: string): string {
  try {
    const { errors } = JSON.parse(body) as { errors?: readonly { code?: unknown; message?: unknown }[] };
    if (Array.isArray(errors)) return errors.slice(0, 3).map(({ code, message }) => clean([code, message].filter((part) => typeof part === 'string').join(': '))).join('; ');
  } catch {
    // Not JSON: a proxy's page, say.
  }
  return clean(/<html/i.test(body) ? '' : (body.split('\n')[0] ?? ''));
}

function clean(text: string): string {
  return screenText(text).slice(0, 200).trim();
}

function proxyHint(): string {
  const proxy = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'].find((name) => process.env[name]);
  return proxy === undefined ? '' : `; crpm itself takes no proxy (${proxy} is set)`;
}
