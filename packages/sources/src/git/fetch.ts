import { fail } from '@crpm/core';
import { Mirror } from './mirror.js';
import { checkRemote, withoutSecret, type Remote } from './remote.js';
import { gitComplaint, type GitResult } from './run-git.js';

export interface FetchOptions extends Remote {
  /** Full hex name of the commit to get; absent: what the ref stands for now. */
  readonly commit?: string;
  /** crpm's cache folder; mirrors go to `git/` in it. */
  readonly cacheDir: string;
  readonly signal?: AbortSignal | undefined;
}

export interface Fetched {
  /** Full hex name. */
  readonly commit: string;
  /** A bare repository that holds this commit, without history. Read only; other runs use it too. */
  readonly repository: string;
}

/**
 * Gets one commit of a remote repository into crpm's mirror of it. A commit that was fetched before needs no network.
 *
 * Fails with class `usage` (address refused, no such repository, ref or commit), `environment` (network, disk) or `cancelled`.
 */
export async function fetchGit(options: FetchOptions): Promise<Fetched> {
  checkRemote(options);
  const wanted = options.commit ?? (isCommit(options.ref) ? options.ref : undefined);
  if (wanted !== undefined && !isCommit(wanted)) {
    fail({ class: 'usage', message: `${JSON.stringify(wanted)} is no full name of a git commit`, next: 'Give all 40 (or 64) hex digits.' });
  }
  const mirror = new Mirror(options);
  const done = (commit: string): Fetched => ({ commit, repository: mirror.repository });
  if (wanted !== undefined && (await mirror.holds(wanted))) return done(wanted);
  return mirror.alone(async () => {
    if (wanted !== undefined && (await mirror.holds(wanted))) return done(wanted);
    const commit = await fetchInto(mirror, options, wanted);
    if (await mirror.holds(commit)) return done(commit);
    // git took what it has for whole, and it is not.
    await mirror.reset();
    return done(await fetchInto(mirror, options, commit));
  });
}

/** The commit that a ref stands for at the remote repository now. Fails as {@link fetchGit} does. */
export async function resolveRef(options: Omit<FetchOptions, 'commit'>): Promise<string> {
  checkRemote(options);
  if (isCommit(options.ref)) return options.ref;
  const mirror = new Mirror(options);
  return mirror.alone(async () => (await lookUp(mirror, options)).commit);
}

export function isCommit(text: string): boolean {
  return /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(text);
}

async function fetchInto(mirror: Mirror, options: FetchOptions, wanted: string | undefined): Promise<string> {
  if (wanted === undefined) {
    const { name, commit } = await lookUp(mirror, options);
    const fetched = await fetchRef(mirror, ['--depth=1'], name);
    if (fetched.code !== 0) failFetch(fetched, options);
    return keep(mirror, options, commit);
  }
  const alone = await fetchRef(mirror, ['--depth=1'], wanted);
  if (alone.code === 0) return keep(mirror, options, wanted);
  // Some servers give only what a ref names: take all that leads to it, and look there.
  const names = isCommit(options.ref) ? ['refs/heads/*', 'refs/tags/*'] : [(await lookUp(mirror, options)).name];
  const whole = await mirror.remote(fetchArgs([], names.map((name, index) => `+${name}:refs/crpm/all-${index}${name.endsWith('*') ? '/*' : ''}`)));
  if (whole.code !== 0) failFetch(whole, options);
  if (!(await mirror.holds(wanted))) failNoCommit(options, wanted);
  return keep(mirror, options, wanted);
}

/** A ref of its own, so that the next fetch can say that this is here. */
async function keep(mirror: Mirror, options: FetchOptions, commit: string): Promise<string> {
  const kept = await mirror.read(['update-ref', `refs/crpm/commit-${commit}`, `${commit}^{commit}`]);
  if (kept.code !== 0) failNoCommit(options, commit);
  return commit;
}

function fetchRef(mirror: Mirror, options: readonly string[], name: string): Promise<GitResult> {
  return mirror.remote(fetchArgs(options, [`+${name}:refs/crpm/fetched`]));
}

function fetchArgs(options: readonly string[], refspecs: readonly string[]): string[] {
  return ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules', ...options, 'crpm', ...refspecs];
}

/** The full name of a ref, and the commit that it stands for: a branch goes before a tag of the same name. */
async function lookUp(mirror: Mirror, options: FetchOptions): Promise<{ readonly name: string; readonly commit: string }> {
  const { ref } = options;
  const [branch, tag, peeled] = [`refs/heads/${ref}`, `refs/tags/${ref}`, `refs/tags/${ref}^{}`];
  const listed = await mirror.remote(['ls-remote', 'crpm', branch, tag, peeled]);
  if (listed.code !== 0) failFetch(listed, options);
  const refs = new Map(listed.stdout.split('\n').map((line) => [line.slice(line.indexOf('\t') + 1), line.slice(0, line.indexOf('\t'))]));
  const name = refs.has(branch) ? branch : tag;
  const commit = refs.get(branch) ?? refs.get(peeled) ?? refs.get(tag);
  if (commit !== undefined) return { name, commit };
  fail({ class: 'usage', message: `${withoutSecret(options.url)} has no branch or tag ${ref}; its branches: ${await branchesOf(mirror)}`, next: 'Correct the ref (of a spec: branch) in the config.' });
}

/** Tells a wrong address from a network that is down. */
function failFetch(result: GitResult, options: FetchOptions): never {
  const where = withoutSecret(options.url);
  const complaint = gitComplaint(result.stderr).replaceAll(options.url, where);
  if (/does not appear to be a git repository|repository .* (not found|does not exist)|not found: did you run/i.test(result.stderr)) {
    fail({ class: 'usage', message: `there is no git repository at ${where}: ${complaint}`, next: 'Correct git in the config.' });
  }
  fail({
    class: 'environment',
    cause: 'network',
    message: `can't fetch ${options.ref} from ${where}: ${complaint}`,
    next: 'Check the network, the proxy and your access to the repository; or set dir to a clone on this machine.',
    transient: true,
  });
}

const SHOWN_BRANCHES = 8;

async function branchesOf(mirror: Mirror): Promise<string> {
  const { code, stdout } = await mirror.remote(['ls-remote', '--heads', 'crpm']);
  const names = stdout.split('\n').flatMap((line) => /\trefs\/heads\/(.+)$/.exec(line)?.[1] ?? []);
  if (code !== 0 || names.length === 0) return 'none';
  const shown = names.slice(0, SHOWN_BRANCHES).map((name) => Buffer.from(name, 'latin1').toString('utf8'));
  return shown.join(', ') + (names.length > SHOWN_BRANCHES ? ` and ${names.length - SHOWN_BRANCHES} more` : '');
}

function failNoCommit(options: FetchOptions, commit: string): never {
  const of = isCommit(options.ref) ? '' : ` on ${options.ref}`;
  fail({
    class: 'usage',
    message: `${withoutSecret(options.url)} has no commit ${commit}${of}`,
    next: isCommit(options.ref) ? 'Correct ref in the config.' : 'The branch was rewritten, or the lock file names a wrong commit: crpm update takes the newest.',
  });
}
