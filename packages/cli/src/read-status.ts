import type { WorkspacePaths } from '@crpm/core';
import type { RepositoryStatus } from '@crpm/pipeline';
import type { Generation } from '@crpm/state';
import { count, formatAge, formatDuration, formatFailure, formatTable, outcomeWord } from '@crpm/reporters';
import { readRecordedRuns, type History, type NodeHistory } from './history.js';
import type { Project } from './project.js';
import { formatProofStatus, proofStatus, type ProofStatus } from './proof-status.js';

/** Where a workspace stands. Read from its state folder and the two files of the KubeVirt tree, and asked of whatever crpm serves with; trees of sources and the engine of builds are not asked. */
export interface Status extends History {
  readonly nodes: readonly NodeStatus[];
  /** Absolute folder of its state. */
  readonly workspace: string;
  /** The command that works in it now. */
  readonly holder?: { readonly pid: number; readonly host: string; readonly since: string; readonly command: string };
  /** Id of the generation that is current. */
  readonly generation?: string;
  /** RPMs in it. */
  readonly rpms?: number;
  /** Where these are, as a pattern for a shell. */
  readonly rpmFiles?: string;
  /** What the last proof from KubeVirt's files came to; absent: there is none, or the config has no KubeVirt tree. */
  readonly proof?: ProofStatus;
  /** Absent where crpm starts no server: `serve.mode` volume, none and published. */
  readonly server?: Pick<RepositoryStatus, 'baseUrl' | 'running'>;
}

export interface NodeStatus extends NodeHistory {
  /** It had a good result, which the workspace holds no more: `crpm clean`. */
  readonly removed?: true;
}

export async function readStatus(project: Project, workspace: WorkspacePaths, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<Status> {
  const [{ readHistory }, { lockFileOf, readCurrentGeneration, readLock }, { repositoryDir, repositoryStatus, rpmFiles }] = await Promise.all([import('@crpm/runner'), import('@crpm/state'), import('@crpm/pipeline')]);
  const holder = readLock(lockFileOf(workspace));
  const current = readCurrentGeneration(repositoryDir(workspace));
  const history = readRecordedRuns(workspace, [...project.graph.nodes.keys()], holder);
  const results = readHistory(workspace);
  const proof = await proofStatus(workspace, project.graph, project.config.kubevirt?.dir);
  const { serve } = project.config;
  const server = serve.mode === 'process' || serve.mode === 'container' ? await repositoryStatus({ workspace, serve, env, signal }) : undefined;
  return {
    workspace: workspace.state,
    ...(holder ? { holder: { pid: holder.pid, host: holder.host, since: holder.since, command: holder.command } } : {}),
    ...history,
    nodes: history.nodes.map((node): NodeStatus => (node.good && !results.has(node.node) ? { ...node, removed: true } : node)),
    ...(proof ? { proof } : {}),
    ...(current ? { generation: current.id, rpms: current.files.filter(({ path }) => path.endsWith('.rpm')).length, rpmFiles: rpmFiles(workspace, reposIn(current)) } : {}),
    ...(server ? { server: { running: server.running === true, baseUrl: server.baseUrl } } : {}),
  };
}

/** Its repositories: each has its RPMs below addresses by content. */
function reposIn({ files }: Generation): readonly { readonly path: string }[] {
  const paths = new Set(files.flatMap(({ path }) => /^(.+)\/by-sha256\//.exec(path)?.[1] ?? []));
  return [...paths].map((path) => ({ path }));
}

/** For people. `now` is milliseconds since the epoch. */
export function formatStatus(status: Status, now: number, width?: number): string {
  const facts = [
    ['state', status.workspace],
    ...(status.holder ? [['working', `${status.holder.command} (pid ${status.holder.pid}), since ${status.holder.since}`]] : []),
    ['last run', formatLast(status, now)],
    ['proof', status.proof ? formatProofStatus(status.proof, now) : status.nodes.some(({ node }) => node === 'verify') ? 'no run on record came as far' : 'none is made: kubevirt: false'],
    ['repository', formatRepository(status)],
    ...(status.rpmFiles === undefined ? [] : [['RPM files', status.rpmFiles]]),
    ...(status.nodes.some(({ removed }) => removed) ? [['results', `removed since, as by crpm clean${status.nodes.every(({ good, removed }) => removed || !good) ? '' : ', of some nodes'}; crpm plan says what a run makes again`]] : []),
  ];
  const nodes = status.nodes.map((node) => [node.node, lastWord(node, status.last), lastTime(node, now)]);
  const failures = (status.failures ?? []).map(({ node, log, ...failure }) => formatFailure(failure, { node, ...(log === undefined ? {} : { log }), width }));
  return `${[formatTable(facts, width), formatTable([['node', 'last run', 'last time it did'], ...nodes], width), ...failures].join('\n\n')}\n`;
}

function lastWord({ outcome, role, now, ran, good, removed }: NodeStatus, last: Status['last']): string {
  if (now) return now;
  const isGood = outcome === undefined || outcome === 'ran' || outcome === 'fresh' || outcome === 'restored';
  if (removed && isGood) return 'result removed';
  if (outcome !== undefined) return outcomeWord(outcome, role);
  return !ran && !good ? 'never ran' : last?.finished ? 'no part in it' : last?.killed ? 'was killed' : 'not in this run';
}

/** A node that never ran here may have had its result from a store. */
function lastTime({ ran, good }: NodeStatus, now: number): string {
  const last = ran ?? good;
  if (!last) return '';
  return `${last.outcome === 'ran' ? 'ran' : outcomeWord(last.outcome)} ${formatAge(now - last.at)} ago${ran ? ` in ${formatDuration(ran.ms)}` : ''}`;
}

function formatLast({ last }: Status, now: number): string {
  if (!last) return 'none yet';
  if (!last.finished) return `${last.id}, begun ${formatAge(now - last.started)} ago, ${last.killed ? 'was killed' : 'still runs'}`;
  const { at, ms, exitCode } = last.finished;
  return `${last.id}, ended ${formatAge(now - at)} ago after ${formatDuration(ms)}, exit code ${exitCode}`;
}

function formatRepository({ rpms, server }: Status): string {
  if (rpms === undefined) return 'none yet';
  const served = server === undefined ? '' : server.running ? `, served at ${server.baseUrl}` : ', not served now; whatever command needs it serves it';
  return `${count(rpms, 'RPM')}${served}`;
}
