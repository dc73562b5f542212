import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fail } from '@crpm/core';
import { cancelled } from '../cancelled.js';
import { ConnectionError, EngineError, type Client } from './client.js';

/** A copy that moves no byte for this long is dead, in milliseconds. Unpacking after the last byte may take as long. */
const STALL = 300_000;

/** Unpacks a tar stream into a container that is not running. The stream is destroyed when this fails. */
export async function putArchive(client: Client, id: string, path: string, tar: Readable, signal: AbortSignal): Promise<void> {
  const what = `copying files to ${path}`;
  const body = new PassThrough();
  const controller = new AbortController();
  let stalled = false;
  const watchdog = setTimeout(() => {
    stalled = true;
    controller.abort();
  }, STALL);
  body.on('data', () => watchdog.refresh());
  body.pause();
  const feed = pipeline(tar, body, { signal: AbortSignal.any([signal, controller.signal]) });
  try {
    const answer = client.docker.getContainer(id).putArchive(body, { path, noOverwriteDirNonDir: '1', abortSignal: AbortSignal.any([signal, controller.signal]) });
    // The feed's own error (the source changed while it was read) says more than the broken request that follows from it.
    await Promise.all([feed, answer]);
  } catch (error) {
    if (signal.aborted) throw cancelled(what);
    if (stalled) throw new ConnectionError(what, client.address, `took no data for ${STALL / 1000} s`, error);
    throw client.translate(what, error);
  } finally {
    clearTimeout(watchdog);
    controller.abort();
    tar.destroy();
    await feed.catch(() => undefined);
  }
}

/** A tar stream of a path in a container that is not running. Fails when the engine sends nothing for a long time. */
export async function getArchive(client: Client, id: string, path: string, signal: AbortSignal): Promise<Readable> {
  const what = `copying files from ${path}`;
  let source: Readable;
  try {
    source = (await client.quick(what, (abortSignal) => client.docker.getContainer(id).getArchive({ path, abortSignal }), 120_000)) as unknown as Readable;
  } catch (error) {
    if (error instanceof EngineError && error.status === 404) {
      fail({ class: 'build', message: `the build left nothing at ${path}`, next: 'Look at the log of the node for what it did instead.' }, error);
    }
    throw error;
  }
  return Readable.from(watched(client, source, what, signal), { objectMode: false });
}

async function* watched(client: Client, source: Readable, what: string, signal: AbortSignal): AsyncGenerator<Buffer> {
  const abort = () => source.destroy(cancelled(what));
  signal.addEventListener('abort', abort, { once: true });
  const chunks = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  try {
    for (;;) {
      // Only our waiting is timed, not the reader's.
      const timer = setTimeout(() => source.destroy(new ConnectionError(what, client.address, `sent no data for ${STALL / 1000} s`, undefined)), STALL);
      const next = await chunks.next().finally(() => clearTimeout(timer));
      if (next.done) return;
      yield next.value;
    }
  } catch (error) {
    throw client.translate(what, error);
  } finally {
    signal.removeEventListener('abort', abort);
    source.destroy();
  }
}
