import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import type { Access, DeleteOptions, KubeApi, ListAnswer, LogOptions, WatchEvent, WatchOptions } from './api.js';
import { apiFailure, connectionFailure, isStatus, KubeError } from './kube-error.js';
import type { Cluster } from './kubeconfig.js';
import { apiVersionOf, GROUPS, type Kinds, type KubeObject, type Resource } from './objects.js';

/** How long a call may take that is answered out of a database, in milliseconds. */
const QUICK = 30_000;
/** A watch is asked to end by then, in seconds; silence for half as long again ends it. */
const WATCH = 240;
/** Lists come in pages of so many. */
const PAGE = 500;
const MAX_BODY = 64 * 1024 * 1024;

interface Request {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly body?: unknown;
  /** For people: `listing jobs`. */
  readonly what: string;
  readonly signal?: AbortSignal;
}

/** Kubernetes' API over HTTP, as `kubectl` speaks it; written here for watches and logs that tell what became of them, and can wait for their reader. */
export class HttpApi implements KubeApi {
  constructor(
    private readonly cluster: Cluster,
    private readonly timeout = QUICK,
  ) {}

  get namespace(): string {
    return this.cluster.namespace;
  }

  get server(): string {
    return this.cluster.server;
  }

  async version(): Promise<string> {
    const { gitVersion } = await this.json<{ gitVersion?: string }>({ method: 'GET', path: '/version', what: 'asking for its version' });
    return gitVersion ?? 'of unknown version';
  }

  async mayI({ verb, group, resource, subresource }: Access) {
    const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { resourceAttributes: { namespace: this.namespace, verb, group, resource, ...(subresource === undefined ? {} : { subresource }) } } };
    const { status } = await this.json<{ status?: { allowed?: boolean; reason?: string } }>({ method: 'POST', path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', body, what: 'asking what this user may do' });
    return { allowed: status?.allowed === true, ...(status?.reason ? { reason: status.reason } : {}) };
  }

  create<R extends Resource>(resource: R, object: KubeObject): Promise<Kinds[R]> {
    return this.json({ method: 'POST', path: this.path(resource), body: withKind(resource, object), what: `creating a ${GROUPS[resource].kind}` });
  }

  async get<R extends Resource>(resource: R, name: string): Promise<Kinds[R] | undefined> {
    try {
      return await this.json<Kinds[R]>({ method: 'GET', path: `${this.path(resource)}/${name}`, what: `looking at a ${GROUPS[resource].kind}` });
    } catch (error) {
      if (isStatus(error, 404)) return undefined;
      throw error;
    }
  }

  replace<R extends Resource>(resource: R, object: KubeObject): Promise<Kinds[R]> {
    return this.json({ method: 'PUT', path: `${this.path(resource)}/${object.metadata.name}`, body: withKind(resource, object), what: `changing a ${GROUPS[resource].kind}` });
  }

  async list<R extends Resource>(resource: R, selector: { readonly labels?: string; readonly fields?: string } = {}): Promise<ListAnswer<Kinds[R]>> {
    const items: Kinds[R][] = [];
    for (let next: string | undefined; ; ) {
      const query = { labelSelector: selector.labels, fieldSelector: selector.fields, limit: String(PAGE), continue: next };
      const page = await this.json<{ items?: readonly Kinds[R][]; metadata?: { resourceVersion?: string; continue?: string } }>({ method: 'GET', path: this.path(resource), query, what: `listing ${resource}` });
      items.push(...(page.items ?? []));
      next = page.metadata?.continue || undefined;
      if (next === undefined) return { items, resourceVersion: page.metadata?.resourceVersion ?? '' };
    }
  }

  async *watch<R extends Resource>(resource: R, { labels, resourceVersion, signal }: WatchOptions): AsyncGenerator<WatchEvent<Kinds[R]>> {
    const what = `watching ${resource}`;
    const query = { watch: '1', labelSelector: labels, resourceVersion, allowWatchBookmarks: 'true', timeoutSeconds: String(WATCH) };
    const answer = await this.ask({ method: 'GET', path: this.path(resource), query, what, signal }, WATCH * 1500);
    for await (const line of linesOf(answer, (error) => this.broken(what, error))) {
      const event = parseJson(line) as { type?: string; object?: unknown } | undefined;
      if (event?.type === 'ERROR') {
        const { code = 500, reason = '', message = '' } = event.object as { code?: number; reason?: string; message?: string };
        throw apiFailure(code, reason, what, message, this.server);
      }
      // A line that is cut is no event.
      if (event?.object === undefined) return;
      yield event as WatchEvent<Kinds[R]>;
    }
  }

  async delete(resource: Resource, name: string, { uid }: DeleteOptions = {}): Promise<void> {
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background', ...(uid === undefined ? {} : { preconditions: { uid } }) };
    try {
      await this.json({ method: 'DELETE', path: `${this.path(resource)}/${name}`, body, what: `deleting a ${GROUPS[resource].kind}` });
    } catch (error) {
      // 409: another one of this name by now, which is not the one that was meant.
      if (isStatus(error, 404) || (uid !== undefined && isStatus(error, 409))) return;
      throw error;
    }
  }

  async log(pod: string, { container, sinceTime, signal }: LogOptions): Promise<Readable> {
    const query = { container, follow: 'true', timestamps: 'true', sinceTime };
    // A program may be silent for long.
    return this.ask({ method: 'GET', path: `${this.path('pods')}/${pod}/log`, query, what: 'reading a log', signal }, 0);
  }

  close(): void {
    this.cluster.close();
  }

  private path(resource: Resource): string {
    const { group, version } = GROUPS[resource];
    return `${group === '' ? '/api' : `/apis/${group}`}/${version}/namespaces/${this.namespace}/${resource}`;
  }

  private async json<T>(request: Request): Promise<T> {
    const answer = await this.ask(request, this.timeout);
    const value = parseJson(await this.text(request.what, answer));
    if (value === undefined) throw connectionFailure('CUT', request.what, 'its answer is no JSON', this.server);
    return value as T;
  }

  private async text(what: string, answer: IncomingMessage): Promise<string> {
    const chunks: Buffer[] = [];
    let size = 0;
    try {
      for await (const chunk of answer as AsyncIterable<Buffer>) {
        size += chunk.length;
        if (size > MAX_BODY) throw connectionFailure('TOO_LONG', what, 'its answer is too long', this.server);
        chunks.push(chunk);
      }
    } catch (error) {
      throw this.broken(what, error);
    }
    return Buffer.concat(chunks).toString();
  }

  /** An answer with a status below 300, its body still on its way; `silence`: milliseconds without a byte after which it is given up, 0 for never. */
  private async ask({ method, path, query = {}, body, what, signal }: Request, silence: number): Promise<IncomingMessage> {
    const url = new URL(this.server + path);
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
    const { headers, auth, agent } = await this.cluster.credentials();
    const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = (url.protocol === 'https:' ? https : http).request(url, {
        method,
        agent,
        ...(auth ? { auth } : {}),
        headers: { ...headers, accept: 'application/json', 'user-agent': 'crpm', ...(bytes ? { 'content-type': 'application/json', 'content-length': bytes.length } : {}) },
        ...(signal ? { signal } : {}),
      });
      // The answer's head must come soon; its body may take as long as it is meant to.
      sent.setTimeout(this.timeout, () => sent.destroy(Object.assign(new Error(`no answer within ${this.timeout / 1000} s`), { code: 'TIMEOUT' })));
      sent.on('response', (response) => {
        sent.setTimeout(silence, () => response.destroy(Object.assign(new Error(`silence for ${silence / 1000} s`), { code: 'TIMEOUT' })));
        response.on('error', () => undefined); // Whoever reads it hears of it.
        resolve(response);
      });
      sent.on('error', (error) => reject(this.broken(what, error)));
      sent.end(bytes);
    });
    const status = answer.statusCode ?? 0;
    if (status < 300) return answer;
    const said = parseJson(await this.text(what, answer)) as { reason?: string; message?: string } | undefined;
    throw apiFailure(status, said?.reason ?? '', what, said?.message ?? `HTTP status ${status}`, this.server);
  }

  private broken(what: string, error: unknown): unknown {
    if (error instanceof KubeError) return error;
    const { code = 'CUT', message } = error as NodeJS.ErrnoException;
    return connectionFailure(code, what, code === 'ECONNREFUSED' ? 'nothing listens there' : code === 'ENOTFOUND' ? 'no host has this name' : message, this.server, error);
  }
}

function withKind(resource: Resource, object: KubeObject): KubeObject {
  return { ...object, apiVersion: apiVersionOf(resource), kind: GROUPS[resource].kind };
}

async function* linesOf(answer: IncomingMessage, broken: (error: unknown) => unknown): AsyncGenerator<string> {
  let rest = '';
  answer.setEncoding('utf8');
  try {
    for await (const chunk of answer as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line !== '') yield line;
    }
  } catch (error) {
    throw broken(error);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
