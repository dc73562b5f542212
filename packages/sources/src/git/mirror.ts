import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail } from '@crpm/core';
import { exclusively } from '../exclusive.js';
import { withoutSecret } from './remote.js';
import { gitComplaint, runGit, type GitResult } from './run-git.js';

/** A fetch of a big repository over a slow line, by another run, is waited for. */
const PATIENCE = 3_600_000;

export interface MirrorOptions {
  readonly url: string;
  /** crpm's cache folder; mirrors go to `git/` in it. */
  readonly cacheDir: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * crpm's copy of one remote repository, `git/<hash of url>.git`: bare, shared by all workspaces, holding the commits that were asked for without their history.
 * Objects are only added, and whoever fetches has it for himself, so that anybody may read at any time.
 */
export class Mirror {
  readonly repository: string;
  readonly #options: MirrorOptions;

  constructor(options: MirrorOptions) {
    this.#options = options;
    this.repository = join(mirrorsDir(options.cacheDir), `${createHash('sha256').update(options.url).digest('hex').slice(0, 20)}.git`);
  }

  /** Whether a commit and all files of it are here; then it counts as used now. */
  async holds(commit: string): Promise<boolean> {
    if (!existsSync(this.repository)) return false;
    const found = await this.read(['rev-list', '--objects', '--max-count=1', '--quiet', commit]);
    if (found.code !== 0) return false;
    utimesSync(this.repository, new Date(), new Date());
    return true;
  }

  /** Does a job while no other process fetches; makes the repository if it is not there, or is none. */
  alone<T>(job: () => Promise<T>): Promise<T> {
    const { url, cacheDir, signal } = this.#options;
    const options = { what: `the mirror of ${withoutSecret(url)}`, command: `git fetch ${withoutSecret(url)}`, patience: PATIENCE, signal };
    mkdirSync(mirrorsDir(cacheDir), { recursive: true });
    return exclusively(`${this.repository}.lock`, options, async () => {
      if (!existsSync(this.repository) || (await this.read(['rev-parse', '--git-dir'])).code !== 0) await this.reset();
      return job();
    });
  }

  /** Begins anew. The caller is alone. */
  async reset(): Promise<void> {
    rmSync(this.repository, { recursive: true, force: true });
    mkdirSync(this.repository);
    const made = await this.read(['init', '--quiet', '--bare', '--template=', '--object-format=sha1']);
    if (made.code !== 0) fail({ class: 'environment', message: `can't make a git repository in ${this.#options.cacheDir}: ${gitComplaint(made.stderr)}` });
    writeFileSync(join(this.repository, 'crpm-url'), withoutSecret(this.#options.url));
  }

  /** git without a network. */
  read(args: readonly string[]): Promise<GitResult> {
    return runGit(args, { cwd: this.repository, env: { GIT_DIR: this.repository }, signal: this.#options.signal });
  }

  /** git with the remote repository under the name `crpm`: the address comes from the environment and is never an argument. */
  remote(args: readonly string[]): Promise<GitResult> {
    const { url, signal } = this.#options;
    return runGit(args, {
      cwd: this.repository,
      signal,
      env: {
        GIT_DIR: this.repository,
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
}

export function mirrorsDir(cacheDir: string): string {
  return join(cacheDir, 'git');
}
