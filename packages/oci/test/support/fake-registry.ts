import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const digestOf = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** Answers a request instead of the registry; false leaves it to the registry. */
export type Intercept = (request: IncomingMessage, response: ServerResponse) => boolean | Promise<boolean>;

/** A registry in memory, as the distribution specification has it, that can be made to misbehave. */
export class FakeRegistry {
  readonly blobs = new Map<string, Buffer>();
  /** By `path@tag` and `path@digest`. */
  readonly manifests = new Map<string, { readonly type: string; readonly bytes: Buffer }>();
  readonly uploads = new Map<string, Buffer>();
  /** `PUT /v2/…`, each request in order. */
  readonly requests: string[] = [];
  readonly headers: IncomingMessage['headers'][] = [];
  intercept: Intercept = () => false;
  readonly #server = createServer((request, response) => void this.#handle(request, response));

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  add(bytes: Buffer): { digest: string; size: number } {
    const digest = digestOf(bytes);
    this.blobs.set(digest, bytes);
    return { digest, size: bytes.length };
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests.push(`${request.method ?? ''} ${request.url ?? ''}`);
    this.headers.push(request.headers);
    // A client that goes away in the middle is what some tests are about.
    request.on('error', () => {});
    if (await this.intercept(request, response)) return;
    const url = new URL(request.url ?? '/', 'http://fake');
    const [, path = '', sort, name = ''] = /^\/v2\/(.+)\/(blobs|manifests|tags)\/(.*)$/.exec(url.pathname) ?? [];
    const reply = (status: number, headers: Record<string, string> = {}, body: Buffer | string = '') => {
      response.writeHead(status, { 'content-length': String(Buffer.byteLength(body)), ...headers });
      response.end(request.method === 'HEAD' ? undefined : body);
    };
    const error = (status: number, code: string) => reply(status, {}, JSON.stringify({ errors: [{ code, message: code.toLowerCase() }] }));
    if (url.pathname === '/v2/') return reply(200);
    if (sort === 'tags') {
      const tags = [...this.manifests.keys()].filter((key) => key.startsWith(`${path}@`) && !key.includes('@sha256:')).map((key) => key.slice(path.length + 1));
      return tags.length > 0 ? reply(200, {}, JSON.stringify({ name: path, tags })) : error(404, 'NAME_UNKNOWN');
    }
    if (sort === 'manifests') {
      if (request.method === 'PUT') {
        const bytes = await read(request);
        const manifest = { type: request.headers['content-type'] ?? '', bytes };
        for (const reference of [name, digestOf(bytes)]) this.manifests.set(`${path}@${reference}`, manifest);
        return reply(201, { 'docker-content-digest': digestOf(bytes) });
      }
      const found = this.manifests.get(`${path}@${name}`);
      return found ? reply(200, { 'content-type': found.type, 'docker-content-digest': digestOf(found.bytes) }, found.bytes) : error(404, 'MANIFEST_UNKNOWN');
    }
    if (sort === 'blobs' && name.startsWith('uploads/')) return this.#upload(request, url, path, name.slice('uploads/'.length), reply, error);
    const blob = this.blobs.get(name);
    if (!blob) return error(404, 'BLOB_UNKNOWN');
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    return start > 0 ? reply(206, { 'content-range': `bytes ${start}-${blob.length - 1}/${blob.length}` }, blob.subarray(start)) : reply(200, {}, blob);
  }

  async #upload(request: IncomingMessage, url: URL, path: string, id: string, reply: (status: number, headers?: Record<string, string>) => void, error: (status: number, code: string) => void): Promise<void> {
    if (request.method === 'POST') {
      const mount = url.searchParams.get('mount');
      if (mount && this.blobs.has(mount)) return reply(201);
      const upload = randomUUID();
      this.uploads.set(upload, Buffer.alloc(0));
      return reply(202, { location: `/v2/${path}/blobs/uploads/${upload}` });
    }
    const has = this.uploads.get(id);
    if (!has) return error(404, 'BLOB_UPLOAD_UNKNOWN');
    const state = (bytes: Buffer) => ({ location: url.pathname, range: `0-${Math.max(0, bytes.length - 1)}` });
    if (request.method === 'GET') return reply(204, state(has));
    if (request.method === 'DELETE') {
      this.uploads.delete(id);
      return reply(204);
    }
    const all = await read(request, (partial) => this.uploads.set(id, Buffer.concat([has, partial]))).then((bytes) => Buffer.concat([has, bytes]), () => undefined);
    if (!all) return;
    this.uploads.set(id, all);
    if (request.method === 'PATCH') return reply(202, state(all));
    this.uploads.delete(id);
    if (digestOf(all) !== url.searchParams.get('digest')) return error(400, 'DIGEST_INVALID');
    this.blobs.set(digestOf(all), all);
    return reply(201, { 'docker-content-digest': digestOf(all) });
  }
}

async function read(request: IncomingMessage, onPartial?: (bytes: Buffer) => void): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    onPartial?.(Buffer.concat(chunks));
  }
  return Buffer.concat(chunks);
}
