import { spawn, type ChildProcess } from 'node:child_process';
import { fail } from '@crpm/core';

/** `node:child_process` and not execa: a run where all is fresh asks git about the trees and must not pay for more. */
export interface GitOptions {
  readonly cwd: string;
  /** On top of {@link gitEnvironment}. */
  readonly env?: Readonly<Record<string, string>>;
  /** Written to its standard input. */
  readonly input?: string;
  readonly signal?: AbortSignal | undefined;
}

export interface GitResult {
  readonly code: number;
  /** Byte string. */
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Settings that no configuration of the user or of a hostile repository overrides: no hook, no file system monitor, no background
 * housekeeping, no file transport but the four that are meant.
 */
const SETTINGS = [
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['core.quotePath', 'false'],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  ['protocol.ext.allow', 'never'],
  ['advice.detachedHead', 'false'],
] as const;

/**
 * What git sees of the environment: the user's, without the variables that would point it at another repository, index or
 * configuration; no prompt, no lock that it could do without, no object fetched on the way.
 */
export function gitEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && (!name.startsWith('GIT_') || KEPT.has(name))) result[name] = value;
  }
  return {
    ...result,
    LC_ALL: 'C',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
    GIT_NO_LAZY_FETCH: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_LITERAL_PATHSPECS: '1',
    GIT_ALLOW_PROTOCOL: 'none',
  };
}

/** How the user reaches remote repositories, and where the configuration files are; harmless to a listing. */
const KEPT: ReadonlySet<string> = new Set([
  'GIT_SSH',
  'GIT_SSH_COMMAND',
  'GIT_SSH_VARIANT',
  'GIT_SSL_CAINFO',
  'GIT_SSL_CAPATH',
  'GIT_SSL_NO_VERIFY',
  'GIT_PROXY_COMMAND',
  'GIT_EXEC_PATH',
  'GIT_CONFIG_GLOBAL',
  'GIT_CONFIG_SYSTEM',
  'GIT_CONFIG_NOSYSTEM',
]);

/** Starts git with {@link SETTINGS}. The caller reads its streams. */
export function spawnGit(args: readonly string[], options: GitOptions, stdin: 'ignore' | 'pipe'): ChildProcess {
  const settings = SETTINGS.flatMap(([key, value]) => ['-c', `${key}=${value}`]);
  return spawn('git', [...settings, ...args], {
    cwd: options.cwd,
    env: { ...gitEnvironment(process.env), ...options.env },
    stdio: [stdin, 'pipe', 'pipe'],
    ...(options.signal ? { signal: options.signal } : {}),
  });
}

/** Runs git to its end; a non-zero exit is a value. Fails if git is not installed or the signal fires. */
export async function runGit(args: readonly string[], options: GitOptions): Promise<GitResult> {
  const child = spawnGit(args, options, options.input === undefined ? 'ignore' : 'pipe');
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  if (options.input !== undefined) child.stdin?.on('error', () => {}).end(options.input, 'latin1');
  const code = await exitOf(child, options.signal);
  return { code, stdout: (await stdout).toString('latin1'), stderr: (await stderr).toString('utf8') };
}

/** The exit code of a git process; 128 when a signal ended it. */
export function exitOf(child: ChildProcess, signal?: AbortSignal): Promise<number> {
  return new Promise<number>((resolve, reject) => {
    child.on('close', (code) => resolve(code ?? 128));
    child.on('error', (error: NodeJS.ErrnoException) => reject(signal?.aborted ? new Error('aborted', { cause: error }) : error));
  }).catch((error: NodeJS.ErrnoException) => {
    if (signal?.aborted) fail({ class: 'cancelled', message: 'stopped while git was running' }, error);
    if (error.code === 'ENOENT') fail({ class: 'environment', message: 'git is not installed, or not on the PATH', next: 'Install git (apt-get install git, or dnf install git).' }, error);
    throw error;
  });
}

async function collect(stream: NodeJS.ReadableStream | null): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream ?? []) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const MAX_COMPLAINTS = 6;
/** What git adds to every reason. */
const BOILERPLATE = /^(?:hint|warning):|^(?:fatal: )?Could not read from remote repository\.$|^Please make sure you have the correct access rights$|^and the repository exists\.$/;

/** Why git says it failed, on one line: what it and ssh wrote, without hints, warnings and what it always says. */
export function gitComplaint(stderr: string): string {
  const said = stderr.split('\n').map((line) => line.trim()).filter((line) => line !== '');
  const telling = said.filter((line) => !BOILERPLATE.test(line));
  const text = (telling.length > 0 ? telling : said).slice(0, MAX_COMPLAINTS).join('; ').replaceAll(':; ', ': ');
  return text.replace(/\b(fatal|error): /g, '') || 'it gave no reason';
}
