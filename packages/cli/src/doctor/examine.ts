import { execFile } from 'node:child_process';
import { statfs } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import type { Engine, WorkspacePaths } from '@crpm/core';
import type { BaseParams } from '@crpm/pipeline';
import { belongsTo } from '../clean.js';
import { openEngine } from '../execute.js';
import type { Overrides } from '../help.js';
import type { Cli, GlobalOptions } from '../io.js';
import { openWorkspace, requireTrees, workingDirectory, type Project } from '../project.js';
import type { Stop } from '../signals.js';
import { judgeLayers, judgeMemoryBound, judgePlaces, judgeRootless, judgeRootlessNetwork } from './engine.js';
import { fine, refused, warning, wrong, type Finding } from './finding.js';
import { judgeCapacity, judgeProxies, judgeRoom, judgeSelinux, judgeStore } from './machine.js';
import { lookAtPort, lookAtRootlessNetwork, lookAtScript, lookAtSelinux, lookAtSpecs, lookAtStore, lookAtTrees, lookAtUser } from './probes.js';
import { judgeLeftovers, judgeServing } from './serving.js';
import { examineSharedStore } from './shared-store.js';
import { judgeKubevirt, judgeStreams, judgeTree } from './trees.js';

/** Looks at everything a run needs, the first things first. Later ones are left out when they can't be judged. */
export async function examine(cli: Cli, globals: GlobalOptions & Pick<Overrides, 'engine'>, stop: Stop): Promise<readonly Finding[]> {
  const machine: Finding[] = [fine('node', process.version), await examineGit(), judgeProxies(cli.io.env), judgeSelinux(lookAtSelinux())];
  let opened: { project: Project; workspace: WorkspacePaths };
  try {
    opened = await openWorkspace(cli, globals);
  } catch (error) {
    const { hasConfig } = await import('@crpm/config');
    const given = globals.config !== undefined || (await hasConfig({ cwd: workingDirectory(cli, globals), env: cli.io.env }));
    return [...machine, refused('config', error, given ? 'crpm validate shows every complaint with its place.' : 'crpm init')];
  }
  const { project, workspace } = opened;
  const { config } = project;
  return [
    ...machine,
    ...judgeCapacity({ cores: availableParallelism(), memory: process.availableMemory(), ...jobsOf(project) }),
    fine('config', config.file ?? 'from the environment'),
    ...(config.kubevirt || config.packages.length === 0 ? [] : [fine('KubeVirt', 'none (kubevirt: false): a run ends with the repository, and nothing is proven')]),
    ...(await examineTrees(project)),
    ...judgeStreams(await lookAtSpecs(config)),
    ...judgeKubevirt(lookAtScript(config), config.basesystems.map(({ name, stream }) => ({ basesystem: name, stream }))),
    ...examinePresets(project),
    await examineRoom('state', workspace.state),
    await examineRoom('cache', workspace.cache),
    judgeStore(...lookAtStore(workspace)),
    ...(await examineEngines(cli, project, workspace, stop)),
    await examineRepository(cli, project, workspace, stop),
    ...(await examineSharedStore(project.config, cli.io, stop.signal)),
  ];
}

async function examineGit(): Promise<Finding> {
  try {
    const { stdout } = await promisify(execFile)('git', ['--version']);
    return fine('git', stdout.trim());
  } catch {
    return wrong('git', 'not found on PATH', 'apt-get install git, or dnf install git.');
  }
}

async function examineTrees(project: Project): Promise<readonly Finding[]> {
  try {
    await requireTrees(project);
  } catch (error) {
    return [refused('trees', error, 'Mend the paths in the config.')];
  }
  return (await lookAtTrees(project.config)).map(judgeTree);
}

/** Presets that nobody has seen work yet: whoever relies on one should know. */
function examinePresets({ config }: Project): readonly Finding[] {
  const names = config.packages.filter(({ experimental }) => experimental).map(({ name }) => name);
  if (names.length === 0) return [];
  const detail = `${names.join(', ')}: experimental, as crpm has not been seen to build from ${names.length === 1 ? 'the spec' : 'the specs'} that CentOS Stream has for ${names.length === 1 ? 'it' : 'them'}`;
  return [warning('presets', detail, 'Say kind and spec yourself where the preset is wrong; docs/config.md has the table.')];
}

async function examineRoom(what: string, folder: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(folder);
  return judgeRoom(what, folder, bavail * bsize);
}

async function examineEngines(cli: Cli, project: Project, workspace: WorkspacePaths, stop: Stop): Promise<readonly Finding[]> {
  const { engine, kubevirt } = project.config;
  if (engine.kind !== 'kubernetes') return [...(await examineSockets(cli, project, stop)), ...(await examineEngine(cli, project, workspace, stop))];
  const { examineCluster } = await import('@crpm/engines/kubernetes/examine');
  return examineCluster(engine, cli.io.env, stop.signal, kubevirt?.dir);
}

/** Where a container engine was looked for, and what is special about the one that is used. None answering is a fault only if the config needs one, which the engine itself tells. */
async function examineSockets(cli: Cli, { config }: Project, stop: Stop): Promise<readonly Finding[]> {
  const { engine, basesystems, packages } = config;
  if (engine.kind === 'host' || basesystems.some(({ base }) => base.kind === 'host')) return [];
  const { probeEngines } = await import('@crpm/engines');
  const probes = await probeEngines({ config: engine, env: cli.io.env, signal: stop.signal });
  const facts = probes.find(({ answer }) => answer.ok)?.facts;
  if (!facts) return judgePlaces(probes);
  const root = facts.local && facts.root !== undefined ? await examineRoom('engine’s disk', facts.root).catch(() => undefined) : undefined;
  return [
    ...judgePlaces(probes),
    ...judgeRootless(facts, lookAtUser()),
    ...judgeRootlessNetwork(facts, engine.network, await lookAtRootlessNetwork(cli.io.env)),
    ...judgeMemoryBound(facts, packages.some(({ build }) => build.memory !== undefined)),
    ...judgeLayers(facts),
    ...(root ? [root] : []),
  ];
}

async function examineEngine(cli: Cli, project: Project, workspace: WorkspacePaths, stop: Stop): Promise<readonly Finding[]> {
  let engine: Engine;
  try {
    engine = await openEngine(project, workspace, cli.io, stop);
  } catch (error) {
    return [refused('engine', error, 'See engine in the config.')];
  }
  try {
    const found = [fine('engine', `${engine.description}, for ${project.config.basesystems.map(({ name }) => name).join(', ')}`), ...(engine.kind === 'host' ? await examineTools(cli, project, stop) : [])];
    const { lockFileOf, readLock } = await import('@crpm/state');
    // What a living run has is no leftover.
    if (readLock(lockFileOf(workspace))) return found;
    const left = (await engine.list({ workspace: workspace.id })).filter((object) => belongsTo(object, 'orphans'));
    return [...found, judgeLeftovers(left.length)];
  } catch (error) {
    return [refused('engine', error, 'See engine in the config.')];
  } finally {
    await engine.close();
  }
}

/** What the nodes of a build call on this machine itself, which none of them installs. */
async function examineTools(cli: Cli, { graph }: Project, stop: Stop): Promise<readonly Finding[]> {
  const base = [...graph.nodes.values()].find(({ kind }) => kind === 'base');
  if (!base) return [];
  const { lookAtHost } = await import('@crpm/pipeline/build/inventory');
  const params = base.params as BaseParams;
  const lacks = await lookAtHost(params, cli.io.env, stop.signal);
  return [lacks ? wrong('build tools', lacks.message, lacks.next ?? '') : fine('build tools', [...params.tools, ...params.packages].join(', '))];
}

async function examineRepository(cli: Cli, { config: { serve } }: Project, workspace: WorkspacePaths, stop: Stop): Promise<Finding> {
  const { repositoryStatus } = await import('@crpm/pipeline');
  const { baseUrl, running, why } = await repositoryStatus({ workspace, serve, env: cli.io.env, signal: stop.signal });
  const own = serve.mode === 'process' || serve.mode === 'container';
  const holder = own && running === false ? await lookAtPort(Number(new URL(baseUrl).port)) : undefined;
  return judgeServing({ mode: serve.mode, baseUrl, state: workspace.state, ...(running === undefined ? {} : { running }), ...(why === undefined ? {} : { why }), ...(holder === undefined ? {} : { holder }) });
}

/** The most that any package takes; absent where none has a bound. */
function jobsOf({ config }: Project): { readonly jobs?: number } {
  const jobs = config.packages.map(({ build }) => build.jobs);
  return jobs.length === 0 || jobs.includes(undefined) ? {} : { jobs: Math.max(...jobs.map((number) => number ?? 1)) };
}
