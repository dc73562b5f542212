import type { Readable } from 'node:stream';
import type { OutputSink } from '@crpm/core';
import { cancelled } from '../cancelled.js';
import { LineSplitter } from '../lines.js';
import { ConnectionError, type Client } from './client.js';

/** One message of a pull or build stream. */
interface Message {
  readonly status?: string;
  readonly id?: string;
  readonly progress?: string;
  readonly stream?: string;
  readonly error?: string;
  readonly errorDetail?: { readonly message?: string };
  readonly aux?: { readonly ID?: string };
}

export interface Progress {
  /** What the stream said went wrong; it comes with status 200. */
  readonly error?: string;
  /** The last lines, oldest first. */
  readonly lines: readonly string[];
}

/** An engine that pulls or builds says something at least this often, in milliseconds. A silent `RUN make` is possible, hence long. */
const SILENCE = 3_600_000;

/** Follows a pull or build to its end. */
export async function followProgress(client: Client, what: string, stream: Readable, sink: OutputSink, signal: AbortSignal, silence = SILENCE): Promise<Progress> {
  const lines: string[] = [];
  let error: string | undefined;
  let late = false;
  const say = (line: string) => {
    lines.push(line);
    if (lines.length > 10) lines.shift();
    sink.line(line);
  };
  const output = new LineSplitter(say);
  const messages = new LineSplitter((text) => {
    const message = parse(text);
    if (!message) return;
    if (message.stream !== undefined) output.write(Buffer.from(message.stream));
    // Bars (`progress`) come many times a second; the states of a layer are enough.
    else if (message.status !== undefined && !message.progress) say(message.id ? `${message.id}: ${message.status}` : message.status);
    const fault = message.errorDetail?.message ?? message.error;
    if (fault !== undefined) error ??= fault.trim();
  });
  const abort = () => stream.destroy();
  signal.addEventListener('abort', abort, { once: true });
  const timer = setTimeout(() => {
    late = true;
    stream.destroy();
  }, silence);
  try {
    if (signal.aborted) abort();
    for await (const chunk of stream) {
      timer.refresh();
      messages.write(chunk as Buffer);
    }
    messages.end();
    output.end();
  } catch (thrown) {
    if (signal.aborted) throw cancelled(what);
    if (late) throw new ConnectionError(what, client.address, `said nothing for ${Math.round(silence / 1000)} s`, thrown);
    throw client.translate(what, thrown);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
  if (signal.aborted) throw cancelled(what);
  return { lines, ...(error === undefined ? {} : { error }) };
}

function parse(text: string): Message | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
