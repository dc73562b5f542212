import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { fail, type Exit, type OutputSink } from '@crpm/core';
import { cancelled, checkSignal } from '../cancelled.js';
import { hurried } from '../hurry.js';
import { ConnectionError, EngineError, type Client } from './client.js';
import { demultiplex } from './demux.js';

/** Seconds between SIGTERM and SIGKILL when a run is cancelled. A program that is pid 1 and sets no handler never sees the first. */
const STOP_SECONDS = 2;

/** How long an engine may be away (restarted) before a running container is given up, in milliseconds. */
const OUTAGE = 60_000;

/** How often an engine is asked whether it is still there while a program runs and says nothing, in milliseconds. */
const PULSE = 60_000;

/** Exit codes of programs that an engine's own shutdown ended. */
const ENGINE_STOPPED = new Set([137, 143, 255]);

export interface Execution extends OutputSink {
  /** For messages. */
  readonly argv: readonly string[];
  readonly image: string;
  readonly signal: AbortSignal;
  /** Milliseconds between two looks at a running program; default {@link PULSE}. */
  readonly pulse?: number;
}

/**
 * Starts a created container and sees it to its end. The end of the output stream says nothing; the engine's record of the exit does.
 * @throws FailureError `cancelled`; `environment` when argv[0] is not in the image, or the engine is lost.
 */
export async function execute(client: Client, id: string, execution: Execution): Promise<Exit> {
  const { signal, argv } = execution;
  const what = argv.join(' ');
  checkSignal(signal, what);
  const container = client.docker.getContainer(id);

  let stream: Readable | undefined;
  const attach = async (): Promise<void> => {
    stream = (await client.quick('attaching to a container', (abortSignal) => container.attach({ stream: true, stdout: true, stderr: true, abortSignal }))) as unknown as Readable;
  };
  // Attached before it starts, else its first lines are lost.
  await attach();
  const stopped = whenStopped(client, id, signal);
  const pulse = takePulse(client, id, execution.pulse ?? PULSE);
  let interrupted = false;
  let lost = 0;
  try {
    await start(client, id, execution);
    for (let pause = 100; ; pause = Math.min(pause * 2, 2_000)) {
      const output = read(stream!, execution);
      const first = await Promise.race([output, stopped.promise, pulse.lost]);
      const state = first === 'stopped' ? first : await settled(client, id, () => (interrupted = true), signal);
      if (state === 'stopped') {
        await stopped.promise;
        stream?.destroy();
        await output;
        throw cancelled(what);
      }
      if (state !== 'running') return verdict(state, interrupted, client, what);
      // The program closed its output but lives, or the connection broke: look again.
      await Promise.race([delay(pause), stopped.promise]);
      try {
        await attach();
        lost = 0;
      } catch (error) {
        if (!(error instanceof ConnectionError) && !(error instanceof EngineError && error.status === 409)) throw error;
        if (++lost > OUTAGE / 2_000) throw error;
      }
    }
  } finally {
    stopped.dispose();
    pulse.dispose();
    stream?.destroy();
  }
}

interface State {
  readonly code: number;
  readonly oomKilled: boolean;
}

/** Reads until the stream ends or breaks; errors of the sink are bugs and pass. */
async function read(stream: Readable, execution: Execution): Promise<'ended'> {
  let failure: unknown;
  const sink: OutputSink = {
    line: (text) => {
      try {
        execution.line(text);
      } catch (error) {
        failure ??= error;
        throw error;
      }
    },
  };
  try {
    await demultiplex(stream, sink);
  } catch {
    if (failure !== undefined) throw failure;
  }
  return 'ended';
}

/** What the engine recorded. Asked a few times, for the stream ends a moment before the record is written; an engine that is away is waited for. */
export async function settled(client: Client, id: string, onOutage: () => void, signal: AbortSignal): Promise<State | 'running' | 'stopped'> {
  const container = client.docker.getContainer(id);
  let away: number | undefined;
  for (let wait = 5, left = 9; ; wait = Math.min(wait * 2, 1_000)) {
    if (signal.aborted) return 'stopped';
    try {
      const { State: state } = await client.quick('asking how a program ended', (abortSignal) => container.inspect({ abortSignal }));
      away = undefined;
      if (!state.Running && !isStarting(state)) return { code: state.ExitCode, oomKilled: state.OOMKilled };
      if (--left === 0) return 'running';
    } catch (error) {
      if (error instanceof EngineError && error.status === 404) {
        fail({ class: 'environment', message: `somebody removed the container that ran here from the engine at ${client.address}`, next: 'Run again.', transient: true }, error);
      }
      if (!(error instanceof ConnectionError)) throw error;
      onOutage();
      away ??= Date.now();
      if (Date.now() - away > OUTAGE) throw error;
    }
    await delay(wait);
  }
}

/** `lost` rejects when the engine hangs: its stream is open, and it answers no question. An engine that is gone ends its stream, and {@link settled} waits for it. */
function takePulse(client: Client, id: string, interval: number): { readonly lost: Promise<never>; dispose(): void } {
  let timer: NodeJS.Timeout | undefined;
  let over = false;
  const lost = new Promise<never>((_, reject) => {
    const ask = async (): Promise<void> => {
      try {
        await client.quick('asking whether a program still runs', (abortSignal) => client.docker.getContainer(id).inspect({ abortSignal }));
      } catch (error) {
        if (error instanceof ConnectionError && !error.failure.transient) return reject(error);
      }
      if (!over) timer = setTimeout(() => void ask(), interval);
    };
    timer = setTimeout(() => void ask(), interval);
  });
  lost.catch(() => undefined); // Only the race cares, and it may be over.
  const dispose = () => {
    over = true;
    clearTimeout(timer);
  };
  return { lost, dispose };
}

function isStarting(state: { readonly Status?: string }): boolean {
  return state.Status === 'created' || state.Status === 'initialized';
}

export function verdict({ code, oomKilled }: State, interrupted: boolean, client: Client, what: string): Exit {
  if (interrupted && !oomKilled && ENGINE_STOPPED.has(code)) {
    fail({ class: 'environment', message: `the engine at ${client.address} was stopped while ${what} ran`, next: 'Run again; finished work is kept.', transient: true });
  }
  // We did not kill it, or we would not be here: 137 is the kernel's doing, even where the engine missed the notice.
  return { code, oom: code !== 0 && (oomKilled || code === 137) };
}

export async function start(client: Client, id: string, { argv, image }: Pick<Execution, 'argv' | 'image'>): Promise<void> {
  try {
    await client.quick('starting a container', (abortSignal) => client.docker.getContainer(id).start({ abortSignal }), 120_000);
  } catch (error) {
    if (error instanceof EngineError && /executable file|no such file or directory|permission denied/i.test(error.reason) && error.reason.includes(argv[0] ?? '')) {
      fail({ class: 'environment', message: `${argv[0]} can’t be started in the image ${image}: ${/permission denied/i.test(error.reason) ? 'permission denied' : 'it is not there'}`, next: 'Add the package that has it to the basesystem’s packages.' }, error);
    }
    throw error;
  }
}

/** Stops the container when the signal fires; `promise` resolves when that is done, or can't be: the caller's removal is the last word. */
export function whenStopped(client: Client, id: string, signal: AbortSignal): { readonly promise: Promise<'stopped'>; dispose(): void } {
  let resolve!: (value: 'stopped') => void;
  const promise = new Promise<'stopped'>((done) => (resolve = done));
  const kill = () => {
    client.quick('killing a container', (abortSignal) => client.docker.getContainer(id).kill({ abortSignal })).catch(() => undefined);
  };
  const stop = () => {
    if (hurried.aborted) kill();
    else hurried.addEventListener('abort', kill, { once: true });
    client
      .quick('stopping a container', (abortSignal) => client.docker.getContainer(id).stop({ t: STOP_SECONDS, abortSignal }), (STOP_SECONDS + 15) * 1000)
      .catch(() => undefined)
      .finally(() => resolve('stopped'));
  };
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  const dispose = () => {
    signal.removeEventListener('abort', stop);
    hurried.removeEventListener('abort', kill);
  };
  return { promise, dispose };
}
