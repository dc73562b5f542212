import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { FailureError } from '@crpm/core';
import type { Readable } from 'node:stream';
import { RegistryError, unreachable, wrong, type What } from './failure.js';
import { trustedFor } from './trust.js';

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Opened for each time that it is sent. */
  readonly body?: { readonly size: number; open(): Readable } | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** An answer whose body is still on its way: read it, or {@link discard} it. */
export interface HttpAnswer {
  readonly status: number;
  /** Where it came from, redirects followed. */
  readonly url: URL;
  readonly body: IncomingMessage;
  header(name: string): string | undefined;
}

const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const MOST_REDIRECTS = 5;
/** Bodies up to this are read to their end, so that the connection can be used again. */
const WORTH_READING = 64 * 1024;

/** HTTP to one registry and to where it leads. Node's own client: `fetch` can't say how long a streamed body is, which some registries insist on. */
export class Transport {
  readonly #http = new http.Agent({ keepAlive: true, maxSockets: 8 });
  readonly #https: https.Agent;
  readonly #silence: number;

  /** `silence`: without a byte for so long a registry is down; milliseconds. */
  constructor(registry: string, env: NodeJS.ProcessEnv, silence: number) {
    this.#silence = silence;
    this.#https = new https.Agent({ keepAlive: true, maxSockets: 8, ca: trustedFor(registry, env) });
  }

  /** One exchange. Redirects of GET and HEAD are followed, never from https down to http, and the credentials stay with whom they are for. */
  async exchange(what: What, request: HttpRequest): Promise<HttpAnswer> {
    let { url, headers } = request;
    for (let hop = 0; ; hop++) {
      const answer = await this.#once(what, { ...request, url, headers });
      const to = answer.header('location');
      if (!REDIRECTS.has(answer.status) || to === undefined || !['GET', 'HEAD'].includes(request.method)) return answer;
      discard(answer);
      if (hop === MOST_REDIRECTS) throw wrong(what, `more than ${MOST_REDIRECTS} redirects`);
      const next = nextUrl(what, to, url);
      if (next.origin !== url.origin) headers = Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'authorization'));
      url = next;
    }
  }

  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }

  #once(what: What, { method, url, headers, body, signal }: HttpRequest): Promise<HttpAnswer> {
    const secure = url.protocol === 'https:';
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(stopped(what, signal));
      const source = body?.open();
      const sent = (secure ? https : http).request(url, {
        method,
        agent: secure ? this.#https : this.#http,
        timeout: this.#silence,
        headers: { 'user-agent': 'crpm', 'accept-encoding': 'identity', ...headers, ...(body ? { 'content-length': String(body.size) } : method === 'GET' || method === 'HEAD' ? {} : { 'content-length': '0' }) },
        ...(signal ? { signal } : {}),
      });
      let answered: IncomingMessage | undefined;
      sent.on('timeout', () => { (answered ?? sent).destroy(new Error(`no byte for ${this.#silence / 1000} seconds`)); });
      sent.on('error', (error) => {
        source?.destroy();
        reject(failureOf(what, error, signal));
      });
      sent.on('response', (answer) => {
        answered = answer;
        // Whoever reads it hears of it; nobody else needs to.
        answer.on('error', () => undefined);
        if (source && !sent.writableEnded) {
          // It has heard enough: half a request is nothing that a connection could go on after.
          source.destroy();
          answer.once('close', () => sent.destroy());
        }
        resolve({ status: answer.statusCode ?? 0, url, body: answer, header: (name) => one(answer.headers[name]) });
      });
      if (!source) return sent.end();
      source.on('error', (error) => {
        sent.destroy();
        // Not the network's: the file that is sent can't be read.
        reject(error);
      });
      source.pipe(sent);
    });
  }
}

/** What went wrong with a transfer, as a failure of this registry, or of whoever stopped it. */
export function failureOf(what: What, error: unknown, signal: AbortSignal | undefined): FailureError {
  if (error instanceof FailureError) return error;
  return signal?.aborted ? stopped(what, signal) : unreachable(what, error);
}

function stopped(what: What, signal: AbortSignal): FailureError {
  const { reason } = signal as { reason: unknown };
  if (reason instanceof DOMException && reason.name === 'TimeoutError') return unreachable(what, new Error('it took too long'));
  return reason instanceof RegistryError ? reason : new FailureError({ class: 'cancelled', message: `stopped: ${what.doing}` });
}

/** Where an answer leads. Nothing that came by https goes on in the clear. */
export function nextUrl(what: What, to: string, from: URL): URL {
  let next: URL;
  try {
    next = new URL(to, from);
  } catch {
    throw wrong(what, 'it leads to something that is no address');
  }
  // A registry behind somebody who speaks https for it may not know that.
  if (from.protocol === 'https:' && next.protocol === 'http:' && next.hostname === from.hostname) next = new URL(`https://${from.host}${next.pathname}${next.search}`);
  if (next.protocol !== 'https:' && next.protocol !== from.protocol) throw wrong(what, `it leads from ${from.protocol}//${from.host} to ${next.protocol}//${next.host}, which anybody on the way could change`);
  // Not ours to send on.
  next.username = next.password = '';
  return next;
}

export function discard({ body, header }: HttpAnswer): void {
  if (Number(header('content-length') ?? Infinity) <= WORTH_READING) body.resume();
  else body.destroy();
}

/** A small body, whole. */
export async function readAll(what: What, answer: HttpAnswer, limit: number, signal: AbortSignal | undefined): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limit) throw wrong(what, `the answer is longer than ${limit} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    throw failureOf(what, error, signal);
  }
  return Buffer.concat(chunks);
}

function one(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value.join(', ') : value;
}
