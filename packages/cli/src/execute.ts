import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Engine, EngineConfig, Selected, WorkspacePaths } from '@crpm/core';
import type { Started } from '@crpm/pipeline';
import type { Reporter } from '@crpm/reporters';
import type { RunSummary, Total } from '@crpm/runner';
import type { Lock } from '@crpm/state';
import { tell, warn, type Io } from './io.js';
import { podCores } from './pod-cores.js';
import type { Project } from './project.js';
import { newRunId, pruneRuns, runLogs } from './run-folder.js';
import { serverEntry } from './server-entry.js';
import { sharedStore } from './shared-store.js';
import { tellLink } from './short-paths.js';
import type { Stop } from './signals.js';
import { lockWorkspace } from './workspace.js';

export interface ExecuteOptions {
  readonly project: Project;
  readonly selected: Selected;
  /** Processors that the run may use: nodes at once, and compile jobs over all of them. Absent: what the machine has. */
  readonly jobs?: number;
  readonly keepGoing: boolean;
  readonly pull: boolean;
  /** Build trees are thrown away first. */
  readonly cleanBuild?: boolean;
  readonly wait: boolean;
  /** What this command is, for whoever finds the workspace locked. */
  readonly command: string;
  readonly reporter: Reporter;
  readonly io: Io;
  readonly stop: Stop;
  /** Version of crpm. */
  readonly version: string;
}

/** Runs a graph under the workspace's lock: the place where runner, pipeline and engines meet. Then makes room, if the run made something. */
export async function execute(options: ExecuteOptions): Promise<RunSummary> {
  const { project, io, reporter, stop } = options;
  const { locateWorkspace } = await import('@crpm/state');
  const workspace = locateWorkspace({ root: project.config.root, env: io.env });
  let summary: RunSummary;
  try {
    const lock = await lockWorkspace(workspace, { command: options.command, wait: options.wait, signal: stop.signal, io });
    try {
      summary = await runLocked(options, workspace, lock);
    } finally {
      lock.release();
    }
  } finally {
    await reporter.close();
  }
  if (summary.counts.ran > 0 && !stop.signal.aborted) {
    const { boundAfterRun } = await import('./cache/after-run.js');
    await boundAfterRun(project, workspace, io, stop.signal);
  }
  return summary;
}

async function runLocked(options: ExecuteOptions, workspace: WorkspacePaths, lock: Lock): Promise<RunSummary> {
  const { project, io } = options;
  const { linkCrpm } = await import('@crpm/state');
  for (const text of linkCrpm(project.config.root, workspace)) warn(io, text);
  tellLink(project.config.root, io.cwd);
  const started = await serveWhatIsNeeded(options, workspace);
  try {
    return await runGraph(options, workspace, lock);
  } finally {
    if (started?.stop) {
      await started.stop();
      tell(io.stderr, 'the repository was served for this alone, because it had been stopped; crpm serve serves it again');
    }
  }
}

async function runGraph(options: ExecuteOptions, workspace: WorkspacePaths, lock: Lock): Promise<RunSummary> {
  const { project, io, stop } = options;
  const [{ run }, { nodeKinds }, { describeEnvironment }] = await Promise.all([import('@crpm/runner'), import('@crpm/pipeline'), import('./environment.js')]);
  pruneRuns(workspace);
  const jobs = options.jobs ?? availableParallelism();
  const runId = newRunId();
  return run({
    graph: options.selected.graph,
    roles: options.selected.roles,
    kinds: nodeKinds({ env: io.env, serverEntry: serverEntry(), pull: options.pull, cleanBuild: options.cleanBuild === true, look: io.look }),
    workspace,
    lock,
    openEngine: () => openCleanEngine(project, workspace, io, stop),
    ...sharedStore(project.config, { env: io.env, version: options.version }),
    events: options.reporter.sink,
    signal: stop.signal,
    jobs,
    keepGoing: options.keepGoing,
    budget: budgetOf(project.config.engine, options.jobs),
    runId,
    environment: describeEnvironment({ config: project.config, command: options.command, jobs }),
    logsDir: runLogs(workspace, runId),
  });
}

/**
 * What builds share; `asked`: the processors that the user bounds them to. Without that, two builds may use all processors each: how many jobs a build has
 * is settled when it starts, and with half of them it would go on with half when the other is long done. Pods have cores and memory of their own: there,
 * each of as many as run at once gets a pod's.
 */
function budgetOf({ kind, kubernetes }: EngineConfig, asked: number | undefined): Total {
  const cores = availableParallelism();
  if (kind === 'kubernetes') return { jobs: (asked ?? cores) * podCores(kubernetes) };
  const available = process.availableMemory();
  return asked === undefined ? { jobs: 2 * cores, jobsEach: cores, available } : { jobs: asked, available };
}

/** Where `serve` itself is left out, and what runs reads the repository: a server that is down is started again, for good after a reboot, and for this command alone if the user had stopped it. */
async function serveWhatIsNeeded({ project, selected: { graph, roles }, io, stop }: ExecuteOptions, workspace: WorkspacePaths): Promise<Started | undefined> {
  if (roles.get('serve') !== 'as-is') return undefined;
  const readers = [...graph.nodes.values()].filter(({ id, needs }) => needs.includes('serve') && ['normal', 'forced'].includes(roles.get(id) ?? 'normal'));
  const [{ ensureServed }, { readCurrentGeneration }, { repositoryDir }] = await Promise.all([import('@crpm/pipeline'), import('@crpm/state'), import('@crpm/pipeline')]);
  if (readers.length === 0 || !readCurrentGeneration(repositoryDir(workspace))) return undefined;
  const started = await ensureServed({ workspace, serve: project.config.serve, env: io.env, serverEntry: serverEntry(), signal: stop.signal });
  if (started && !started.stop) tell(io.stderr, `the repository was not served any more; it is again, at ${started.baseUrl} (crpm serve --stop ends that)`);
  return started;
}

/** The engine, without what runs that were killed left in it: a build of theirs may still be running, and may be taken up where the engine can. The caller holds the workspace. */
export async function openCleanEngine(project: Project, workspace: WorkspacePaths, io: Io, stop: Stop): Promise<Engine> {
  const engine = await openEngine(project, workspace, io, stop);
  const { belongsTo } = await import('./clean.js');
  await engine.remove((await engine.list({ workspace: workspace.id })).filter((object) => belongsTo(object, 'orphans') && !object.resumes));
  return engine;
}

/** The engine of the config; its programs are loaded only here. */
export async function openEngine(project: Project, workspace: WorkspacePaths, io: Io, stop: Stop): Promise<Engine> {
  const [{ chooseEngine }, { secretFor }] = await Promise.all([import('@crpm/engines'), import('@crpm/state')]);
  const { engine, basesystems, kubevirt } = project.config;
  const owner = secretFor(workspace, 'whose it is in a cluster').slice(0, 8);
  return chooseEngine({ config: engine, kubevirt: kubevirt?.dir, basesystems, owner, env: io.env, signal: stop.signal, workDir: join(workspace.state, 'work'), sharedDir: join(workspace.cache, 'shared') });
}
