import { spawn, type ChildProcess } from 'node:child_process';
import { constants } from 'node:os';
import { FailureError, type Exit, type Interaction, type Streams } from '@crpm/core';
import { cancelled, checkSignal } from '../cancelled.js';
import { hurried } from '../hurry.js';
import { stopsWithCrpm } from '../suspend.js';
import { kill, killPrograms } from './processes.js';
import { prepare, type HostRunContext } from './run.js';

/** Time between the polite and the final signal, in milliseconds. */
const GRACE = 3_000;

/**
 * Runs a program with somebody's own input and output. On a terminal it stays in crpm's process group, so that keys and job control reach it as they would without crpm between; else it has a group of
 * its own, which ends with it.
 */
export async function interactOnHost(context: HostRunContext, interaction: Interaction): Promise<Exit> {
  const { streams, signal } = interaction;
  const what = interaction.argv.join(' ');
  checkSignal(signal, what);
  const { cwd, env, argv } = await prepare(context, interaction);
  checkSignal(signal, what);
  const terminal = streams.stdin.isTTY === true && streams.stdout.isTTY === true;
  const child = spawn(argv[0] ?? '', argv.slice(1), { cwd, env: { ...env }, detached: !terminal, stdio: [own(streams.stdin), own(streams.stdout), own(streams.stderr)] });
  const flowing = connect(child, streams);
  const whom = child.pid === undefined ? undefined : terminal ? child.pid : -child.pid;
  const send = (name: NodeJS.Signals) => whom !== undefined && kill(whom, name);
  const alone = stopsWithCrpm(() => (whom === undefined || terminal ? [] : [whom]));
  let timer: NodeJS.Timeout | undefined;
  const finish = () => send('SIGKILL');
  const stop = () => {
    send('SIGTERM');
    send('SIGCONT');
    timer = setTimeout(finish, GRACE);
    if (hurried.aborted) finish();
    else hurried.addEventListener('abort', finish, { once: true });
  };
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    const { code, name } = await ended(child, argv[0] ?? '');
    if (!terminal) send('SIGKILL');
    if (signal.aborted) {
      killPrograms(context.folder.path);
      throw cancelled(what);
    }
    await flowing;
    return { code: code ?? 128 + (name === null ? 0 : constants.signals[name]), oom: false };
  } finally {
    alone();
    clearTimeout(timer);
    hurried.removeEventListener('abort', finish);
    signal.removeEventListener('abort', stop);
    if (child.stdin) streams.stdin.unpipe(child.stdin);
  }
}

/** A stream with a file behind it goes to the program as it is. */
function own(stream: { readonly fd?: number }): number | 'pipe' {
  return typeof stream.fd === 'number' ? stream.fd : 'pipe';
}

/** Joins what is not the program's already; resolves when all of its output has been taken. */
async function connect({ stdin, stdout, stderr }: ChildProcess, streams: Streams): Promise<void> {
  if (stdin) {
    // Of a program that does not want all of its input.
    stdin.on('error', () => undefined);
    streams.stdin.pipe(stdin);
  }
  const copied = ([[stdout, streams.stdout], [stderr, streams.stderr]] as const).map(([from, to]) => {
    if (!from) return undefined;
    from.pipe(to, { end: false });
    return new Promise<void>((resolve) => from.once('close', resolve));
  });
  await Promise.all(copied);
}

function ended(child: ChildProcess, program: string): Promise<{ readonly code: number | null; readonly name: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code, name) => { resolve({ code, name }); });
    child.once('error', (error) => {
      reject(new FailureError({ class: 'environment', message: `cannot start ${program}: ${error.message}`, next: 'Look at the file’s permissions and interpreter.' }, { cause: error }));
    });
  });
}
