import { Readable } from 'node:stream';
import { RunningDigest } from './digest.js';
import { RegistryError, unreachable, wrong, type What } from './failure.js';
import { pauseAfter, retrying } from './retry.js';
import type { Session } from './session.js';
import { discard, nextUrl, type HttpAnswer } from './transport.js';
import type { Blob, OnBytes } from './types.js';

export interface UploadOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onBytes?: OnBytes | undefined;
  /** Bytes that go in one request; what is larger goes in several, so that a break costs one of them. */
  readonly piece: number;
}

const OCTETS = { 'content-type': 'application/octet-stream' };

/** Sends a blob. The registry checks the digest, and says so by its 201. */
export async function upload(session: Session, repository: string, blob: Blob, options: UploadOptions): Promise<void> {
  const { signal, onBytes, piece } = options;
  if (blob.size > piece) {
    try {
      const upload = await Upload.begin(session, repository, signal);
      while (upload.offset < blob.size) {
        await upload.advance((start, end) => blob.open(start, end), Math.min(upload.offset + piece, blob.size));
        onBytes?.(upload.offset);
      }
      return await upload.finish(blob.digest);
    } catch (error) {
      // Not every registry takes pieces, or knows an upload that was interrupted: then all of it at once.
      if (!(error instanceof RegistryError) || !['refused', 'absent'].includes(error.reason)) throw error;
    }
  }
  // What a broken connection leaves is no upload that one could go on with: each attempt is a new one.
  await retrying(session.retry, signal, async () => {
    const upload = await Upload.begin(session, repository, signal);
    await upload.finish(blob.digest, { size: blob.size, open: () => blob.open(0, blob.size) });
  });
  onBytes?.(blob.size);
}

/** Sends a stream whose digest and size nobody knows before its end; it keeps one piece of it in memory, to send again what was lost. */
export async function uploadStream(session: Session, repository: string, source: AsyncIterable<Uint8Array>, { signal, onBytes, piece }: UploadOptions): Promise<{ digest: string; size: number }> {
  const upload = await Upload.begin(session, repository, signal);
  const digest = new RunningDigest();
  for await (const bytes of pieces(source, piece)) {
    digest.update(bytes);
    const before = upload.offset;
    await upload.advance((start, end) => Readable.from([bytes.subarray(start - before, end - before)]), before + bytes.length);
    onBytes?.(upload.offset);
  }
  const { size } = digest;
  const name = digest.end();
  await upload.finish(name);
  return { digest: name, size };
}

async function* pieces(source: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Buffer, void, undefined> {
  let held: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + size - length);
      held.push(part);
      length += part.length;
      at += part.length;
      if (length < size) continue;
      yield Buffer.concat(held);
      held = [];
      length = 0;
    }
  }
  if (length > 0) yield Buffer.concat(held);
}

/** One upload, as the registry knows it: begun, some bytes, finished by a digest. */
class Upload {
  /** How many bytes the registry has. */
  offset = 0;
  #place: URL;

  private constructor(
    private readonly session: Session,
    private readonly repository: string,
    private readonly signal: AbortSignal | undefined,
    place: URL,
  ) {
    this.#place = place;
  }

  static begin(session: Session, repository: string, signal: AbortSignal | undefined): Promise<Upload> {
    const url = session.url(`${repository}/blobs/uploads/`);
    const doing = `pushing to ${session.registry}/${repository}`;
    return session.call(doing, { method: 'POST', url, repository, access: 'push', signal, expect: [202] }, (answer, what) => new Upload(session, repository, signal, placeOf(what, answer)));
  }

  /** Sends the bytes from {@link offset} to `end`; what a connection lost on the way, the registry says. */
  async advance(open: (start: number, end: number) => Readable, end: number): Promise<void> {
    for (let failures = 0; this.offset < end; ) {
      const start = this.offset;
      try {
        if (failures > 0) await this.#ask();
        if (this.offset >= end) return;
        if (this.offset < start) throw this.#lost();
        await this.#send(open, end);
      } catch (error) {
        failures = this.offset > start ? 1 : failures + 1;
        if (failures >= this.session.retry.attempts || !(error instanceof RegistryError) || !error.passing) throw error;
        await pauseAfter(failures, error, this.session.retry, this.signal);
      }
    }
  }

  /** Makes the bytes the blob of that digest; with a body they are sent along. */
  async finish(digest: string, body?: { readonly size: number; open(): Readable }): Promise<void> {
    const url = new URL(this.#place);
    url.searchParams.set('digest', digest);
    const request = { method: 'PUT', url, headers: OCTETS, body, repository: this.repository, access: 'push', signal: this.signal, expect: [201] } as const;
    const what = this.#what();
    const done = async () => {
      const answer = await this.session.open(what, request);
      discard(answer);
      const has = answer.header('docker-content-digest');
      if (has !== undefined && has !== digest) throw wrong(what, `the registry has ${has} where ${digest} was sent`);
    };
    await (body ? done() : retrying(this.session.retry, this.signal, done));
  }

  async #send(open: (start: number, end: number) => Readable, end: number): Promise<void> {
    const start = this.offset;
    const what = this.#what();
    const answer = await this.session.open(what, {
      method: 'PATCH', url: this.#place, repository: this.repository, access: 'push', signal: this.signal, expect: [202],
      headers: { ...OCTETS, 'content-range': `${start}-${end - 1}` },
      body: { size: end - start, open: () => open(start, end) },
    });
    this.#note(what, answer, end);
  }

  /** How far the registry is. */
  async #ask(): Promise<void> {
    const what = this.#what();
    const answer = await this.session.open(what, { method: 'GET', url: this.#place, repository: this.repository, access: 'push', signal: this.signal, expect: [204] });
    this.#note(what, answer, undefined);
  }

  #note(what: What, answer: HttpAnswer, most: number | undefined): void {
    discard(answer);
    this.#place = placeOf(what, answer, this.#place);
    const last = /^(?:bytes=)?0-(\d+)$/.exec(answer.header('range') ?? '')?.[1];
    // `0-0` is what registries say of nothing at all.
    const has = last === undefined ? most : last === '0' ? 0 : Number(last) + 1;
    if (has === undefined || (most !== undefined && has > most)) throw wrong(what, `the registry says that it has ${has ?? 'an unknown number of'} bytes`);
    this.offset = has;
  }

  #lost(): RegistryError {
    return unreachable(this.#what(), new Error(`the registry lost what it had of the upload`));
  }

  #what(): What {
    return { doing: `pushing to ${this.session.registry}/${this.repository}`, registry: this.session.registry };
  }
}

function placeOf(what: What, answer: HttpAnswer, before?: URL): URL {
  const to = answer.header('location');
  if (to !== undefined) return nextUrl(what, to, answer.url);
  if (before) return before;
  throw wrong(what, 'the registry does not say where to upload to');
}
