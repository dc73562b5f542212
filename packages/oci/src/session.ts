import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { Authenticator } from './authenticator.js';
import { findCredentials, type Credentials } from './credentials.js';
import { refusal, type What } from './failure.js';
import { apiRoot } from './location.js';
import { retrying, USUAL, type RetryOptions } from './retry.js';
import { discard, readAll, Transport, type HttpAnswer, type HttpRequest } from './transport.js';

export interface RegistryOptions {
  /** Plain http. Loopback addresses are always asked that way. */
  readonly insecure?: boolean;
  /** Whose credentials, proxies and certificates; `process.env` unless given. */
  readonly env?: NodeJS.ProcessEnv;
  /** Instead of those that Docker's and Podman's files name. */
  readonly credentials?: Credentials;
  /** Hears of a credential helper that failed. */
  readonly warn?: (line: string) => void;
  /** Without a byte for so long the registry is down, milliseconds; 30 s unless given. */
  readonly silence?: number;
  readonly retry?: RetryOptions;
}

/** A request of the API. */
export interface ApiRequest {
  readonly method: HttpRequest['method'];
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: HttpRequest['body'];
  /** What the caller makes sense of; every other status is a failure. */
  readonly expect: readonly number[];
  /** `pull` and `push` have tokens of their own. */
  readonly access: 'pull' | 'push';
  /** Absent: the registry as such. */
  readonly repository?: string;
  /** Scopes besides, `repository:a/b:pull`. */
  readonly also?: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

/** An error's body is for people. */
const ERROR_LIMIT = 64 * 1024;

/** What all repositories of one registry share: connections, tokens, how often something is tried. */
export class Session {
  readonly registry: string;
  readonly root: URL;
  readonly retry: RetryOptions;
  readonly #transport: Transport;
  readonly #authenticator: Authenticator;

  constructor(registry: string, options: RegistryOptions) {
    const env = options.env ?? process.env;
    this.registry = registry;
    this.root = apiRoot(registry, options.insecure ?? false);
    this.retry = options.retry ?? USUAL;
    this.#transport = new Transport(registry, env, options.silence ?? 30_000);
    const find = () => findCredentials(registry, { env, home: env['HOME'] ?? homedir(), read }, options.warn ?? (() => undefined));
    this.#authenticator = new Authenticator(this.#transport, this.root, () => (options.credentials ? Promise.resolve(options.credentials) : find()));
  }

  url(path: string): URL {
    return new URL(path, this.root);
  }

  /** Asks until there is an answer or no sense in asking, and gives it to `use`, whose failures count as the registry's. */
  call<T>(doing: string, request: ApiRequest, use: (answer: HttpAnswer, what: What) => Promise<T> | T): Promise<T> {
    const what = { doing, registry: this.registry };
    return retrying(this.retry, request.signal, async () => {
      const answer = await this.open(what, request);
      try {
        return await use(answer, what);
      } finally {
        discard(answer);
      }
    });
  }

  /** Asks once, and once more with what a challenge wanted. */
  async open(what: What, request: ApiRequest): Promise<HttpAnswer> {
    const key = `${request.repository ?? ''}:${request.access}`;
    for (let asked = false; ; asked = true) {
      // Credentials go to the registry alone, not to wherever it keeps its uploads.
      const header = request.url.origin === this.root.origin ? this.#authenticator.headerFor(key) : undefined;
      const { method, url, body, signal } = request;
      const answer = await this.#transport.exchange(what, { method, url, body, signal, headers: { ...request.headers, ...(header === undefined ? {} : { authorization: header }) } });
      if (request.expect.includes(answer.status)) return answer;
      const challenge = answer.status === 401 && !asked ? answer.header('www-authenticate') : undefined;
      const said = (await readAll(what, answer, ERROR_LIMIT, signal).catch(() => Buffer.alloc(0))).toString();
      if (challenge !== undefined && (await this.#authenticator.answer(what, challenge, { key, also: request.also ?? [] }, signal))) continue;
      throw refusal(what, answer.status, said, retryAfter(answer.header('retry-after')));
    }
  }

  close(): void {
    this.#transport.close();
  }
}

/** `Retry-After`, seconds or a date, in milliseconds from now. */
function retryAfter(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return ms >= 0 ? ms : undefined;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
