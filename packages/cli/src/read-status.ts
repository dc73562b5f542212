import type { WorkspacePaths } from '@crpm/core';
import type { RepositoryStatus } from '@crpm/pipeline';
import { formatAge, formatDuration, formatTable, outcomeWord } from '@crpm/reporters';
import { readRecordedRuns, type History } from './history.js';
import type { Project } from './project.js';

/** Where a workspace stands. Read from its state folder, and asked of whatever crpm serves with; trees and the engine of builds are not asked. */
export interface Status extends History {
  /** Absolute folder of its state. */
  readonly workspace: string;
  /** The command that works in it now. */
  readonly holder?: { readonly pid: number; readonly host: string; readonly since: string; readonly command: string };
  /** Id of the generation that is current. */
  readonly generation?: string;
  /** Absent where crpm starts no server: `serve.mode` volume, none and published. */
  readonly server?: Pick<RepositoryStatus, 'baseUrl' | 'running'>;
}

export async function readStatus(project: Project, workspace: WorkspacePaths, env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<Status> {
  const [{ lockFileOf, readCurrentGeneration, readLock }, { repositoryDir, repositoryStatus }] = await Promise.all([import('@crpm/state'), import('@crpm/pipeline')]);
  const holder = readLock(lockFileOf(workspace));
  const generation = readCurrentGeneration(repositoryDir(workspace))?.id;
  const { serve } = project.config;
  const server = serve.mode === 'process' || serve.mode === 'container' ? await repositoryStatus({ workspace, serve, env, signal }) : undefined;
  return {
    workspace: workspace.state,
    ...(holder ? { holder: { pid: holder.pid, host: holder.host, since: holder.since, command: holder.command } } : {}),
    ...readRecordedRuns(workspace, [...project.graph.nodes.keys()], holder),
    ...(generation === undefined ? {} : { generation }),
    ...(server ? { server: { running: server.running === true, baseUrl: server.baseUrl } } : {}),
  };
}

/** For people. `now` is milliseconds since the epoch. */
export function formatStatus(status: Status, now: number, width?: number): string {
  const facts = [
    ['state', status.workspace],
    ['working', status.holder ? `${status.holder.command} (pid ${status.holder.pid}), since ${status.holder.since}` : 'no'],
    ['last run', formatLast(status, now)],
    ['repository', status.generation === undefined ? 'none yet' : `generation ${status.generation}`],
    ...(status.server ? [['server', status.server.running ? `running at ${status.server.baseUrl}` : 'not running; whatever command needs it starts it']] : []),
  ];
  const absence = status.last?.finished ? 'no part in it' : status.last?.killed ? 'was killed' : 'not ended';
  const nodes = status.nodes.map(({ node, outcome, role, ran }) => [
    node,
    outcome === undefined ? (ran ? absence : 'never ran') : outcomeWord(outcome, role),
    ran ? `${ran.outcome === 'ran' ? 'ran' : outcomeWord(ran.outcome)} ${formatAge(now - ran.at)} ago in ${formatDuration(ran.ms)}` : '',
  ]);
  return `${formatTable(facts, width)}\n\n${formatTable([['node', 'last run', 'last time it did'], ...nodes], width)}\n`;
}

function formatLast({ last }: Status, now: number): string {
  if (!last) return 'none yet';
  if (!last.finished) return `${last.id}, begun ${formatAge(now - last.started)} ago, ${last.killed ? 'was killed' : 'still runs'}`;
  const { at, ms, exitCode } = last.finished;
  return `${last.id}, ended ${formatAge(now - at)} ago after ${formatDuration(ms)} with exit code ${exitCode}`;
}
