import type { Duplex, Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { ByteReader } from '@crpm/archive';
import type { Exit, Streams } from '@crpm/core';
import { cancelled, checkSignal } from '../cancelled.js';
import type { Client } from './client.js';
import { settled, start, verdict, whenStopped } from './execute.js';

/** Docker takes keys that detach from the program's input; these nobody types. */
const DETACH_KEYS = 'ctrl-@,ctrl-_,ctrl-@,ctrl-_';
const STDERR = 2;

export interface Conversation {
  /** For messages. */
  readonly argv: readonly string[];
  readonly image: string;
  readonly streams: Streams;
  readonly signal: AbortSignal;
}

export function isTerminal({ stdin, stdout }: Streams): boolean {
  return stdin.isTTY === true && stdout.isTTY === true;
}

/** A terminal is told its size only once the program runs, and what that prints first would not know it: so the size comes with the program. */
export function inTerminalOf({ stdout: { rows, columns } }: Streams, argv: readonly string[]): readonly string[] {
  if (!rows || !columns) return argv;
  return ['sh', '-c', 'stty rows "$1" cols "$2" 2>/dev/null; shift 2; exec "$@"', 'sh', String(rows), String(columns), ...argv];
}

/** Starts a created interactive container, joins somebody's streams to it, and sees it to its end: the engine's record, as always. */
export async function converse(client: Client, id: string, { argv, image, streams, signal }: Conversation): Promise<Exit> {
  const what = argv.join(' ');
  checkSignal(signal, what);
  const connection = await attach(client, id);
  const stopped = whenStopped(client, id, signal);
  const terminal = isTerminal(streams) ? takeTerminal(client, id, streams) : undefined;
  // It breaks with the container; how that ended is asked for below.
  connection.on('error', () => undefined);
  streams.stdin.pipe(connection);
  const output = (terminal ? copyRaw(connection, streams) : copySorted(connection, streams)).catch(() => undefined);
  try {
    await start(client, id, { argv, image });
    await Promise.race([output, stopped.promise]);
    for (let pause = 50; ; pause = Math.min(pause * 2, 1_000)) {
      const state = signal.aborted ? 'stopped' : await settled(client, id, () => undefined, signal);
      if (state === 'stopped') {
        await stopped.promise;
        throw cancelled(what);
      }
      if (state !== 'running') return verdict(state, false, client, what);
      // It closed its output and lives on.
      await Promise.race([delay(pause), stopped.promise]);
    }
  } finally {
    streams.stdin.unpipe(connection);
    streams.stdin.pause();
    terminal?.giveBack();
    stopped.dispose();
    connection.destroy();
  }
}

/**
 * A plain connection, so that the end of the input can be told without ending the output. Not by dockerode's own call, which sends its options as the body of the request too: Docker drops that,
 * Podman hands it to the program as its first input.
 */
async function attach(client: Client, id: string): Promise<Duplex> {
  const { modem } = client.docker as unknown as { modem: { dial(options: object, done: (error: unknown, connection: Duplex) => void): void } };
  return client.quick(
    'attaching to a container',
    (abortSignal) =>
      new Promise<Duplex>((resolve, reject) => {
        const options = { stream: true, stdin: true, stdout: true, stderr: true, detachKeys: DETACH_KEYS };
        const request = { path: `/containers/${id}/attach?`, method: 'POST', options, file: Buffer.alloc(0), hijack: true, isStream: true, abortSignal, statusCodes: { 101: true, 200: true } };
        modem.dial(request, (error, connection) => { if (error) reject(error as Error); else resolve(connection); });
      }),
  );
}

/** All keys go to the program, Ctrl-C among them, and its terminal is as large as this one. */
function takeTerminal(client: Client, id: string, { stdin, stdout }: Streams): { giveBack(): void } {
  const resize = async (): Promise<void> => {
    const { rows: h, columns: w } = stdout;
    if (h && w) await client.quick('telling a container the size of its terminal', () => client.docker.getContainer(id).resize({ h, w })).catch(() => undefined);
  };
  const onResize = () => void resize();
  const giveBack = () => {
    stdin.setRawMode?.(false);
    stdout.off('resize', onResize);
    process.off('exit', giveBack);
  };
  stdin.setRawMode?.(true);
  stdout.on('resize', onResize);
  // Whatever ends crpm itself, the user's shell wants its terminal back.
  process.on('exit', giveBack);
  return { giveBack };
}

/** What a terminal prints comes as it is. */
async function copyRaw(connection: Readable, { stdout }: Streams): Promise<void> {
  for await (const chunk of connection) await write(stdout, chunk as Buffer);
}

/** Without one, the engine's frames say which of the two streams they are of. */
async function copySorted(connection: Readable, { stdout, stderr }: Streams): Promise<void> {
  const reader = new ByteReader(connection);
  for (;;) {
    const header = await reader.exactly(8);
    if (!header) return;
    for (let left = header.readUInt32BE(4); left > 0; ) {
      const chunk = await reader.some(left);
      if (!chunk) return;
      left -= chunk.length;
      await write(header[0] === STDERR ? stderr : stdout, chunk);
    }
  }
}

function write(stream: NodeJS.WritableStream, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(bytes, (error) => { if (error) reject(error); else resolve(); });
  });
}
