import { mkdirSync, realpathSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { fail, type Command, type Exit } from '@crpm/core';
import { cancelled, checkSignal } from '../cancelled.js';
import { baseVariables, caBundleFile, caVariables, proxyVariables } from '../environment.js';
import { hurried } from '../hurry.js';
import { LineSplitter } from '../lines.js';
import { relativePath } from '../relative.js';
import { stopsWithCrpm } from '../suspend.js';
import type { WorkFolder } from './folder.js';
import type { Isolation } from './isolation.js';
import { kill, killPrograms, oomKills, programsOf, WORK_VARIABLE } from './processes.js';
import { findProgram } from './program.js';

/** Time between the polite and the final signal, and for output to drain after the end, in milliseconds. */
const GRACE = 3_000;

export interface HostRunContext {
  readonly folder: WorkFolder;
  /** The user's environment, of which little is passed on. */
  readonly env: NodeJS.ProcessEnv;
  readonly path: string;
  readonly isolation: (place: Place) => Promise<Isolation>;
}

/** Where a program is to run, as far as isolation goes. */
export interface Place {
  /** Whether it has the machine's network. */
  readonly online: boolean;
  /** Relative to the work's root. */
  readonly cwd: string;
}

export interface HostProgram {
  /** Absolute. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Words for the isolation first, if it wants any. */
  readonly argv: readonly string[];
}

/** What starts a program in a work folder. */
export async function prepare(context: HostRunContext, command: Pick<Command, 'argv' | 'cwd' | 'env' | 'network'>): Promise<HostProgram> {
  const { folder, env, path } = context;
  const cwd = workingFolder(folder.root, command.cwd);
  const file = findProgram(command.argv[0] ?? '', path, cwd);
  if (!file) {
    fail({ class: 'environment', message: `${command.argv[0]} is not installed on this machine (looked in ${path})`, next: 'Install the package that has it, then run again.' });
  }
  const online = (command.network ?? 'none') !== 'none';
  const bundle = online ? caBundleFile(env) : undefined;
  const variables = {
    ...baseVariables(path, folder.home, folder.tmp),
    ...(online ? proxyVariables(env) : {}),
    ...(bundle ? caVariables(bundle) : {}),
    ...command.env,
    [WORK_VARIABLE]: folder.path,
  };
  const isolation = await context.isolation({ online, cwd: relativePath(command.cwd ?? '.') });
  return { cwd, env: variables, argv: [...isolation, file, ...command.argv.slice(1)] };
}

/** Runs one program in a work folder, in a process group of its own. Whatever of the group outlives it is killed, as the end of a container would. */
export async function runOnHost(context: HostRunContext, command: Command): Promise<Exit> {
  const what = command.argv.join(' ');
  checkSignal(command.signal, what);
  const { folder } = context;
  const { cwd, env, argv } = await prepare(context, command);
  const { execa } = await import('execa');
  const oomBefore = oomKills();
  checkSignal(command.signal, what);
  const child = execa(argv[0]!, argv.slice(1), {
    cwd,
    env,
    extendEnv: false,
    detached: true,
    cleanup: false,
    buffer: false,
    reject: false,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  });
  const group = child.pid === undefined ? undefined : -child.pid;

  let ended = false;
  let killed = false;
  let timer: NodeJS.Timeout | undefined;
  const finish = () => group !== undefined && kill(group, 'SIGKILL');
  const stop = () => {
    if (group === undefined || ended) return;
    killed = true;
    kill(group, 'SIGTERM');
    kill(group, 'SIGCONT');
    timer = setTimeout(finish, GRACE);
    if (hurried.aborted) finish();
    else hurried.addEventListener('abort', finish, { once: true });
  };
  const alone = stopsWithCrpm(() => (group === undefined || ended ? [] : [group, ...programsOf(folder.path)]));
  command.signal.addEventListener('abort', stop, { once: true });
  if (command.signal.aborted) stop();
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const output = Promise.all([pump(child.stdout, command), pump(child.stderr, command)]);
  try {
    await exited;
    ended = true;
    if (group !== undefined) kill(group, 'SIGKILL');
    if (killed) killPrograms(folder.path);
    await drained(output, [child.stdout, child.stderr]);
    const result = await child;
    if (command.signal.aborted) throw cancelled(what);
    if (result.failed && result.exitCode === undefined && result.signal === undefined) {
      fail({ class: 'environment', message: `cannot start ${command.argv[0] ?? ''}: ${result.originalMessage ?? result.shortMessage}`, next: 'Look at the file’s permissions and interpreter.' });
    }
    const code = result.exitCode ?? 128 + (result.signal === undefined ? 0 : constants.signals[result.signal as NodeJS.Signals]);
    // The counter is the machine's, so a program killed elsewhere at the same moment counts too: then memory is short all the same.
    return { code, oom: code !== 0 && oomKills() > oomBefore };
  } finally {
    alone();
    clearTimeout(timer);
    hurried.removeEventListener('abort', finish);
    command.signal.removeEventListener('abort', stop);
  }
}

/** Made when it is not there, as Docker does; a link that leads out of the work is a bug of whoever built there. */
function workingFolder(root: string, relative: string | undefined): string {
  const cwd = join(root, relativePath(relative ?? '.'));
  mkdirSync(cwd, { recursive: true });
  const real = realpathSync(cwd);
  const realRoot = realpathSync(root);
  if (real !== realRoot && !real.startsWith(`${realRoot}/`)) fail({ class: 'build', message: `the folder ${relative} of the build leads out of its work folder, to ${real}`, next: 'A build must not replace its folders by links.' });
  return cwd;
}

async function pump(stream: Readable, sink: Command): Promise<void> {
  const lines = new LineSplitter((line) => sink.line(line));
  try {
    for await (const chunk of stream) lines.write(chunk as Buffer);
  } catch (error) {
    // Destroyed by drained(): what came until then counts. Errors of the sink itself must not vanish.
    if (!stream.destroyed || !['ERR_STREAM_PREMATURE_CLOSE', 'ABORT_ERR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
  lines.end();
}

/** A daemon that left the group may hold the pipes open for ever; the end of the program counts, not the end of the stream. */
async function drained(output: Promise<unknown>, streams: readonly Readable[]): Promise<void> {
  const timer = setTimeout(() => streams.forEach((stream) => stream.destroy()), GRACE);
  try {
    await output;
  } finally {
    clearTimeout(timer);
  }
}
