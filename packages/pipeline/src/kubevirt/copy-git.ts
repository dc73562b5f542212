import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** Nothing of the user's git configuration may run, and nothing of the user's repository may be written. */
const QUIET = ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null', '-c', 'core.untrackedCache=false'];

/**
 * Gives the copy a small repository of its own: the user's HEAD commit under its own id, its trees, its tags, and an index; no history and
 * no file contents. `rev-parse`, `status`, `ls-files` and `describe` say what they say in the user's tree, also where that is a linked worktree
 * whose `.git` leads to a path that the builder's container does not have. Made anew each time: it takes a quarter of a second.
 *
 * Returns a warning where that can't be done (no commit yet, a partial clone): then the copy has no repository.
 */
export async function copyGit(tree: string, copy: string, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<string | undefined> {
  const target = join(copy, '.git');
  rmSync(target, { recursive: true, force: true });
  if (!existsSync(join(tree, '.git'))) return undefined;
  const theirs = new Git(tree, undefined, env, signal);
  const staged = join(copy, '..', 'git-staged');
  rmSync(staged, { recursive: true, force: true });
  try {
    const head = (await theirs.text(['rev-parse', '--verify', 'HEAD^{commit}'])).trim();
    const tags = (await theirs.text(['for-each-ref', '--points-at', head, '--format=%(objectname) %(refname)', 'refs/tags'])).split('\n').filter(Boolean);
    const tagIds = tags.map((line) => line.slice(0, line.indexOf(' ')));
    const objects = await theirs.text(['rev-list', '--objects', '--no-walk=unsorted', '--filter=blob:none', head]);
    mkdirSync(staged, { mode: 0o700 });
    const ours = new Git(copy, staged, env, signal);
    await ours.text(['init', '--quiet', '--template=']);
    await pipeThrough(theirs.start(['pack-objects', '--stdout', '--quiet'], `${[objects.trim(), ...tagIds].join('\n')}\n`), ours.start(['index-pack', '--stdin']));
    writeFileSync(join(staged, 'shallow'), `${head}\n`);
    await ours.text(['update-ref', '--stdin'], [`create refs/heads/main ${head}`, ...tags.map((line) => `create ${line.slice(line.indexOf(' ') + 1)} ${line.slice(0, line.indexOf(' '))}`), ''].join('\n'));
    await ours.text(['symbolic-ref', 'HEAD', 'refs/heads/main']);
    await ours.text(['read-tree', head]);
    renameSync(staged, target);
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    rmSync(staged, { recursive: true, force: true });
    return `KubeVirt's scripts see no git repository: ${(error as Error).message}`;
  }
}

/** git with a fixed work tree, and a repository of its own if `gitDir` is given. */
class Git {
  constructor(
    private readonly workTree: string,
    private readonly gitDir: string | undefined,
    private readonly env: NodeJS.ProcessEnv,
    private readonly signal: AbortSignal,
  ) {}

  start(args: readonly string[], input?: string) {
    const place = this.gitDir === undefined ? ['-C', this.workTree] : [`--git-dir=${this.gitDir}`, `--work-tree=${this.workTree}`];
    const child = spawn('git', [...QUIET, ...place, ...args], {
      env: { PATH: this.env['PATH'], HOME: this.env['HOME'], LC_ALL: 'C', GIT_OPTIONAL_LOCKS: '0', GIT_TERMINAL_PROMPT: '0', GIT_NO_LAZY_FETCH: '1' },
      signal: this.signal,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let complaint = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint = (complaint + text).slice(-2000)));
    const ended = new Promise<void>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`git ${args[0]}: ${complaint.trim() || `exit ${code}`}`))));
    });
    // Its failure is reported by whoever awaits it; until then it is no unhandled rejection.
    ended.catch(() => undefined);
    child.stdin.on('error', () => undefined);
    if (input !== undefined) child.stdin.end(input);
    return { child, ended };
  }

  async text(args: readonly string[], input = ''): Promise<string> {
    const { child, ended } = this.start(args, input);
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    await ended;
    return Buffer.concat(chunks).toString('utf8');
  }
}

type Started = ReturnType<Git['start']>;

async function pipeThrough(from: Started, to: Started): Promise<void> {
  to.child.stdout.resume();
  await Promise.all([pipeline(from.child.stdout, to.child.stdin), from.ended, to.ended]);
}
