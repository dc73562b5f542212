import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fail } from '@crpm/core';
import { removeAbandoned, repositoriesDir, temporaryName } from './abandoned.js';
import { checkRemote, withoutSecret, type Remote } from './remote.js';
import { gitComplaint, runGit, type GitResult } from './run-git.js';

export interface FetchOptions extends Remote {
  /** Full hex name of the commit to get; absent: what the branch stands for now. */
  readonly commit?: string;
  /** crpm's cache folder; repositories go to `git/` in it. */
  readonly cacheDir: string;
  readonly signal?: AbortSignal;
}

export interface Fetched {
  /** Full hex name. */
  readonly commit: string;
  /** A bare repository that holds this commit, without history. Read only; other runs use it too. */
  readonly repository: string;
}

/**
 * Gets one commit of a remote repository. A commit that was fetched before needs no network.
 *
 * Each commit has a repository of its own, `git/<hash of url>/<commit>.git`: fetched under a temporary name, then renamed. So what is
 * there is complete, nobody ever writes to it, and any number of runs can share it without a lock.
 *
 * Fails with class `usage` (address refused, no such repository, branch or commit), `environment` (network, disk) or `cancelled`.
 */
export async function fetchGit(options: FetchOptions): Promise<Fetched> {
  checkRemote(options);
  if (options.commit !== undefined && !isCommit(options.commit)) {
    fail({ class: 'usage', message: `${JSON.stringify(options.commit)} is no full name of a git commit`, next: 'Give all 40 (or 64) hex digits.' });
  }
  const home = join(repositoriesDir(options.cacheDir), createHash('sha256').update(options.url).digest('hex').slice(0, 20));
  mkdirSync(home, { recursive: true });
  if (options.commit !== undefined) {
    const repository = join(home, `${options.commit}.git`);
    if (await holds(repository, options.commit, options.signal)) return { commit: options.commit, repository };
  }
  removeAbandoned(home);
  const temporary = join(home, temporaryName());
  try {
    const commit = await fetchInto(temporary, options);
    return { commit, repository: await publish(temporary, join(home, `${commit}.git`), commit, options.signal) };
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

export function isCommit(text: string): boolean {
  return /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(text);
}

async function fetchInto(repository: string, options: FetchOptions): Promise<string> {
  mkdirSync(repository);
  const made = await git(repository, ['init', '--quiet', '--bare', '--template='], options);
  if (made.code !== 0) fail({ class: 'environment', message: `can't make a git repository in ${options.cacheDir}: ${gitComplaint(made.stderr)}` });

  const { branch, commit } = options;
  const shallow = await git(repository, fetchArgs(['--depth=1'], commit ?? `refs/heads/${branch}`), options);
  if (shallow.code !== 0) {
    if (commit === undefined) await failFetch(repository, shallow, options);
    // Some servers give only what a ref names: take the whole branch and look there.
    const whole = await git(repository, fetchArgs([], `refs/heads/${branch}`), options);
    if (whole.code !== 0) await failFetch(repository, whole, options);
    if (!(await holds(repository, commit!, options.signal))) failNoCommit(options, commit!); // undefined left two lines above
    return commit!;
  }
  const head = await git(repository, ['rev-parse', '--verify', '--quiet', 'refs/crpm/fetched^{commit}'], options);
  if (head.code !== 0) failNoCommit(options, commit ?? branch);
  return head.stdout.trim();
}

// The address comes from the environment as configuration of a remote: it is never an argument.
function fetchArgs(depth: readonly string[], ref: string): string[] {
  return ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules', ...depth, 'crpm', `+${ref}:refs/crpm/fetched`];
}

function git(repository: string, args: readonly string[], { url, signal }: FetchOptions): Promise<GitResult> {
  return runGit(args, {
    cwd: repository,
    signal,
    env: {
      GIT_DIR: repository,
      GIT_ALLOW_PROTOCOL: 'https:ssh:git:file',
      GIT_SSH_COMMAND: process.env['GIT_SSH_COMMAND'] ?? 'ssh -oBatchMode=yes',
      GIT_CONFIG_COUNT: '3',
      GIT_CONFIG_KEY_0: 'remote.crpm.url',
      GIT_CONFIG_VALUE_0: url,
      // A server that sends less than 1 kB/s for a minute is down.
      GIT_CONFIG_KEY_1: 'http.lowSpeedLimit',
      GIT_CONFIG_VALUE_1: '1000',
      GIT_CONFIG_KEY_2: 'http.lowSpeedTime',
      GIT_CONFIG_VALUE_2: '60',
    },
  });
}

/** Renames a complete repository to its place; what a run at the same time put there is as good. */
async function publish(temporary: string, repository: string, commit: string, signal: AbortSignal | undefined): Promise<string> {
  if (await holds(repository, commit, signal)) return repository;
  rmSync(repository, { recursive: true, force: true });
  try {
    renameSync(temporary, repository);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
  }
  return repository;
}

/** Whether a repository is there and its commit and all files of it can be found. */
async function holds(repository: string, commit: string, signal: AbortSignal | undefined): Promise<boolean> {
  if (!existsSync(repository)) return false;
  const found = await runGit(['rev-list', '--objects', '--max-count=1', '--quiet', commit], { cwd: repository, env: { GIT_DIR: repository }, signal });
  return found.code === 0;
}

/** Tells a wrong address or branch from a network that is down. */
async function failFetch(repository: string, result: GitResult, options: FetchOptions): Promise<never> {
  const where = withoutSecret(options.url);
  const complaint = withoutSecretIn(gitComplaint(result.stderr), options.url);
  if (/couldn't find remote ref/.test(result.stderr)) {
    const branches = await branchesOf(repository, options);
    fail({
      class: 'usage',
      message: `${where} has no branch ${options.branch}; it has ${branches}`,
      next: 'Correct spec.branch in the config.',
    });
  }
  if (/does not appear to be a git repository|repository .* (not found|does not exist)|not found: did you run/i.test(result.stderr)) {
    fail({ class: 'usage', message: `there is no git repository at ${where}: ${complaint}`, next: 'Correct spec.git in the config.' });
  }
  fail({
    class: 'environment',
    message: `can't fetch ${options.branch} from ${where}: ${complaint}`,
    next: 'Check the network, the proxy and your access to the repository; or set spec.dir to a clone on this machine.',
  });
}

function withoutSecretIn(text: string, url: string): string {
  return text.replaceAll(url, withoutSecret(url));
}

const SHOWN_BRANCHES = 8;

async function branchesOf(repository: string, options: FetchOptions): Promise<string> {
  const { code, stdout } = await git(repository, ['ls-remote', '--heads', 'crpm'], options);
  const names = stdout.split('\n').flatMap((line) => /\trefs\/heads\/(.+)$/.exec(line)?.[1] ?? []);
  if (code !== 0 || names.length === 0) return 'no branch at all';
  const shown = names.slice(0, SHOWN_BRANCHES).map((name) => Buffer.from(name, 'latin1').toString('utf8'));
  return shown.join(', ') + (names.length > SHOWN_BRANCHES ? ` and ${names.length - SHOWN_BRANCHES} more` : '');
}

function failNoCommit(options: FetchOptions, commit: string): never {
  fail({
    class: 'usage',
    message: `${withoutSecret(options.url)} has no commit ${commit} on branch ${options.branch}`,
    next: 'The branch was rewritten, or the lock file names a wrong commit: delete the entry from custom-rpms.lock.yaml to take the newest.',
  });
}
