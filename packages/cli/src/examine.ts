import { execFile } from 'node:child_process';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { formatDiagnostic, toFailure, type WorkspacePaths } from '@crpm/core';
import { ComplaintsError } from './complaints.js';
import { openEngine } from './execute.js';
import type { Overrides } from './help.js';
import type { Cli, GlobalOptions } from './io.js';
import { openWorkspace, requireTrees, type Project } from './project.js';
import type { Stop } from './signals.js';

/** One thing that was looked at. `caution`: works, with something to know. */
export interface Finding {
  readonly state: 'good' | 'caution' | 'bad';
  readonly what: string;
  readonly detail: string;
  readonly next?: string;
}

/** Free space below which a build of QEMU and libvirt is likely to end half-way, in bytes. */
const ROOM = 10 * 1024 ** 3;

/** Looks at everything a run needs, the first things first. Later ones are left out when they can't be judged. */
export async function examine(cli: Cli, globals: GlobalOptions & Pick<Overrides, 'engine'>, stop: Stop): Promise<readonly Finding[]> {
  const findings: Finding[] = [{ state: 'good', what: 'node', detail: process.version }, await examineGit()];
  let opened: { project: Project; workspace: WorkspacePaths };
  try {
    opened = await openWorkspace(cli, globals);
  } catch (error) {
    return [...findings, refused('config', error, 'crpm validate shows every complaint with its place.')];
  }
  const { project, workspace } = opened;
  findings.push({ state: 'good', what: 'config', detail: project.config.file ?? 'from the environment' });
  findings.push(await examineTrees(project), ...examinePresets(project), await examineRoom('state', workspace.state), await examineRoom('cache', workspace.cache));
  findings.push(...(await examineEngines(cli, project, workspace, stop)));
  return [...findings, await examineRepository(cli, project, workspace, stop), ...(await examineSharedStore(cli, project, stop))];
}

async function examineGit(): Promise<Finding> {
  try {
    const { stdout } = await promisify(execFile)('git', ['--version']);
    return { state: 'good', what: 'git', detail: stdout.trim() };
  } catch {
    return { state: 'bad', what: 'git', detail: 'not found on PATH', next: 'apt-get install git, or dnf install git.' };
  }
}

async function examineTrees(project: Project): Promise<Finding> {
  try {
    await requireTrees(project);
    return { state: 'good', what: 'trees', detail: project.config.packages.map((pkg) => pkg.name).join(', ') || 'none named' };
  } catch (error) {
    return refused('trees', error, 'Mend the paths in the config.');
  }
}

/** Presets that nobody has seen work yet: whoever relies on one should know. */
function examinePresets({ config }: Project): readonly Finding[] {
  const names = config.packages.filter(({ experimental }) => experimental).map(({ name }) => name);
  if (names.length === 0) return [];
  const detail = `${names.join(', ')}: experimental, as crpm has not been seen to build from ${names.length === 1 ? 'the spec' : 'the specs'} that CentOS Stream has for ${names.length === 1 ? 'it' : 'them'}`;
  return [{ state: 'caution', what: 'presets', detail, next: 'Say kind and spec yourself where the preset is wrong; docs/config.md has the table.' }];
}

async function examineRoom(what: string, folder: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const detail = `${folder}, ${(free / 1024 ** 3).toFixed(1)} GiB free`;
  return free >= ROOM ? { state: 'good', what, detail } : { state: 'caution', what, detail, next: 'A build of QEMU and libvirt wants about 10 GiB.' };
}

async function examineEngines(cli: Cli, project: Project, workspace: WorkspacePaths, stop: Stop): Promise<readonly Finding[]> {
  if (project.config.engine.kind !== 'kubernetes') return [...(await probeSockets(cli, project, stop)), await examineEngine(cli, project, workspace, stop)];
  const { examineCluster } = await import('@crpm/engines/kubernetes/examine');
  return examineCluster(project.config.engine, cli.io.env, stop.signal);
}

/** Where a container engine was looked for, and what was found. None answering is a fault only if the config needs one, which the engine itself tells. */
async function probeSockets(cli: Cli, project: Project, stop: Stop): Promise<readonly Finding[]> {
  const { engine, basesystems } = project.config;
  if (engine.kind === 'host' || basesystems.some(({ base }) => base.kind === 'host')) return [];
  const { probeEngines } = await import('@crpm/engines');
  const probes = await probeEngines({ config: engine, env: cli.io.env, signal: stop.signal });
  return probes.map(({ from, answer }) => ({ state: answer.ok ? 'good' : 'caution', what: from, detail: answer.ok ? answer.value : answer.error }));
}

async function examineEngine(cli: Cli, project: Project, workspace: WorkspacePaths, stop: Stop): Promise<Finding> {
  try {
    const engine = await openEngine(project, workspace, cli.io, stop);
    try {
      return { state: 'good', what: 'engine', detail: `${engine.description}, for ${project.config.basesystems.map(({ name }) => name).join(', ')}` };
    } finally {
      await engine.close();
    }
  } catch (error) {
    return refused('engine', error, 'See engine in the config.');
  }
}

async function examineRepository(cli: Cli, project: Project, workspace: WorkspacePaths, stop: Stop): Promise<Finding> {
  const { serve } = project.config;
  const { repositoryStatus } = await import('@crpm/pipeline');
  const { baseUrl, running, why } = await repositoryStatus({ workspace, serve, env: cli.io.env, signal: stop.signal });
  if (running !== false) return { state: 'good', what: 'repository', detail: running ? `served at ${baseUrl}` : `for KubeVirt's builder at ${baseUrl}` };
  const detail = `not served at ${baseUrl}${why === undefined ? '' : `: ${why}`}`;
  switch (serve.mode) {
    // Somebody else's server: no command of crpm's brings it up, and rpm-deps would fail without it.
    case 'published':
      return { state: 'bad', what: 'repository', detail, next: 'Correct serve.baseUrl in the config, or bring that server up.' };
    case 'none':
      return { state: 'caution', what: 'repository', detail, next: `Let your server at serve.baseUrl publish ${join(workspace.state, 'repo', 'current')}.` };
    default:
      return { state: 'caution', what: 'repository', detail, next: 'Whatever command needs it starts it; crpm serve does so now.' };
  }
}

/** Whether the store that a team shares answers, and lets this user do what the config wants. Runs go on without it. */
async function examineSharedStore(cli: Cli, { config: { cache: { remote } } }: Project, { signal }: Stop): Promise<readonly Finding[]> {
  if (!remote) return [];
  const { openRepository, tagOf } = await import('@crpm/remote');
  const what = 'shared store';
  const { registry, repository } = openRepository({ ...remote, env: cli.io.env, voice: { warn: (text) => { cli.io.stderr.write(`warning: ${text}\n`); }, status: () => undefined } });
  const within = AbortSignal.any([signal, AbortSignal.timeout(15_000)]);
  try {
    await repository.hasManifest(tagOf(`sha256:${'0'.repeat(64)}`), { signal: within });
    if (remote.readOnly) return [{ state: 'good', what, detail: `${remote.url} answers; it is read only here (cache.remote.readOnly)` }];
    const may = await repository.checkPush({ signal: within }).then(() => undefined, (error: unknown) => refused(what, error, 'Log in as somebody who may push, or set readOnly.'));
    if (!may) return [{ state: 'good', what, detail: `${remote.url} answers and may be written${remote.push ? '' : '; runs push nothing from here (cache.remote.push)'}` }];
    return [remote.push ? { ...may, state: 'caution' } : { state: 'good', what, detail: `${remote.url} answers; it may be read, not written` }];
  } catch (error) {
    return [{ ...refused(what, error, 'Correct cache.remote in the config; runs go on without it.'), state: 'caution' }];
  } finally {
    registry.close();
  }
}

function refused(what: string, error: unknown, next: string): Finding {
  if (error instanceof ComplaintsError) return { state: 'bad', what, detail: error.diagnostics.map(formatDiagnostic).join('\n'), next };
  const failure = toFailure(error);
  if (failure.class === 'bug') throw error;
  return { state: 'bad', what, detail: failure.message, next: failure.next ?? next };
}
