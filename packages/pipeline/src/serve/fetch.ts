import { createHash } from 'node:crypto';
import { type IncomingMessage, get as getHttp } from 'node:http';
import { get as getHttps } from 'node:https';
import type { Writable } from 'node:stream';
import { finished as finish } from 'node:stream/promises';

/** A server that says nothing for this long is taken for dead. */
const SILENCE_MS = 15_000;
/** Enough for any repomd.xml or health answer. */
const TEXT_LIMIT = 4 * 1024 * 1024;

/** GET of a small file. Throws an `Error` that says what came instead of a 200. */
export async function fetchBytes(url: string, signal?: AbortSignal): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  await get(url, signal, (chunk) => {
    size += chunk.length;
    if (size > TEXT_LIMIT) throw new Error(`GET ${url}: more than ${TEXT_LIMIT} bytes`);
    chunks.push(chunk);
  });
  return Buffer.concat(chunks);
}

/** Hex sha256 of what a GET gives; the body is not kept. Throws as {@link fetchBytes} does. */
export async function fetchDigest(url: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await get(url, signal, (chunk) => hash.update(chunk));
  return hash.digest('hex');
}

/** Writes what a GET gives, at the pace of whoever takes it. Throws as {@link fetchBytes} does. */
export async function fetchTo(url: string, to: Writable, signal?: AbortSignal): Promise<void> {
  const finished = finish(to);
  finished.catch(() => undefined);
  try {
    await get(url, signal, (chunk, response) => {
      if (to.write(chunk)) return;
      response.pause();
      to.once('drain', () => response.resume());
    });
    to.end();
    await finished;
  } finally {
    to.destroy();
  }
}

/** No redirects and no proxy: these are our own addresses, or one that the user named. */
async function get(url: string, signal: AbortSignal | undefined, onChunk: (chunk: Buffer, response: IncomingMessage) => void): Promise<void> {
  const request = url.startsWith('https:') ? getHttps : getHttp;
  await new Promise<void>((resolve, reject) => {
    // Every failure of the transfer ends here, so that the message always names the address.
    const failed = (error: Error) => reject(error.message.startsWith('GET ') ? error : new Error(`GET ${url}: ${error.message}`, { cause: error }));
    const sent = request(url, { agent: false, timeout: SILENCE_MS, ...(signal ? { signal } : {}) }, (response: IncomingMessage) => {
      response.on('error', failed);
      if (response.statusCode !== 200) {
        response.destroy();
        failed(new Error(`status ${response.statusCode ?? 0}`));
        return;
      }
      response.on('data', (chunk: Buffer) => {
        try {
          onChunk(chunk, response);
        } catch (error) {
          response.destroy(error as Error);
        }
      });
      response.on('end', () => (response.complete ? resolve() : failed(new Error('the answer was cut'))));
    });
    sent.on('timeout', () => sent.destroy(new Error(`no answer within ${SILENCE_MS / 1000} s`)));
    sent.on('error', failed);
  });
}
