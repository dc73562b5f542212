import { lstatSync, readdirSync, readlinkSync, rmSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fail, FailureError, formatSize, type OwnedObject, type WorkspacePaths } from '@crpm/core';
import { count } from '@crpm/reporters';
import { openEngine } from './execute.js';
import { isOpenShell } from './shell/label.js';
import { warn, type Io } from './io.js';
import type { Project } from './project.js';
import type { Stop } from './signals.js';

/** What to remove: what dead runs, and shells, left; the images and build trees of finished ones too; or the web server container as well, which is meant to stay. */
export type Extent = 'orphans' | 'results' | 'all';

/**
 * Removes what carries this workspace's labels. The caller holds the workspace, so none of it belongs to a living run. Returns how many
 * there were. Where no engine answers there is nothing to ask, which is told, not failed.
 */
export async function removeEngineObjects(project: Project, workspace: WorkspacePaths, io: Io, stop: Stop, extent: Extent): Promise<number> {
  let engine;
  try {
    engine = await openEngine(project, workspace, io, stop);
  } catch (error) {
    if (!(error instanceof FailureError) || error.failure.class !== 'environment') throw error;
    warn(io, `no engine was asked: ${error.failure.message}`);
    return 0;
  }
  try {
    const ours = (await engine.list({ workspace: workspace.id })).filter((object) => belongsTo(object, extent));
    await engine.remove(ours);
    return ours.length;
  } finally {
    await engine.close();
  }
}

/** Whether an object of this workspace goes. */
export function belongsTo({ type, labels, keeps }: Pick<OwnedObject, 'type' | 'labels' | 'keeps'>, extent: Extent): boolean {
  switch (extent) {
    case 'orphans':
      return type !== 'image' && keeps === undefined && labels.run !== 'serve' && !isOpenShell(labels.run);
    case 'results':
      return labels.run !== 'serve';
    case 'all':
      return true;
  }
}

/** Removes the temporary files of dead runs, half-fetched repositories in the user's cache included; returns how many. */
export async function removeLeftovers(project: Project, workspace: WorkspacePaths): Promise<number> {
  const [{ sweepResults }, { sweepSources }, { sweepWorkspace }] = await Promise.all([import('@crpm/runner'), import('@crpm/sources'), import('@crpm/state')]);
  return sweepSources(workspace.cache) + sweepWorkspace(workspace, project.config.root) + sweepResults(workspace);
}

/** Forgets what was built, and what the build trees held, which go with it. The journal goes first: a journal without results would name files that are gone. */
export function removeResults(workspace: WorkspacePaths): void {
  for (const name of ['journal', 'results', 'build-trees', 'tmp', 'work']) rmSync(join(workspace.state, name), { recursive: true, force: true });
}

/** Takes back what was published and neither the current generation nor the KubeVirt tree's `WORKSPACE` names; says what became of it. */
export async function releaseAddresses(project: Project, workspace: WorkspacePaths): Promise<string> {
  const [{ addressesIn, repositoryDir }, { releasePublished }] = await Promise.all([import('@crpm/pipeline'), import('@crpm/state')]);
  const { kubevirt } = project.config;
  const named = kubevirt ? addressesIn(kubevirt.dir) : new Set<string>();
  const { released, bytes, kept } = releasePublished(repositoryDir(workspace), (sha256) => named.has(sha256));
  const stay = kept === 0 ? '' : `; ${count(kept, 'published RPM')} stay: WORKSPACE or the current generation names them`;
  return `${released === 0 ? 'there was nothing to release' : `released ${count(released, 'published RPM')}, ${formatSize(bytes)} given back`}${stay}`;
}

/** Fails while the KubeVirt tree still names addresses of this workspace's server: its builds need them. */
export async function refuseWhileNamed(project: Project, workspace: WorkspacePaths): Promise<void> {
  const { kubevirt, serve } = project.config;
  if (!kubevirt || (serve.mode !== 'process' && serve.mode !== 'container')) return;
  const { plannedRevert, rulesServedAt, serverStatus } = await import('@crpm/pipeline');
  const { baseUrl } = await serverStatus({ workspace, ...(serve.port === undefined ? {} : { configuredPort: serve.port }) });
  const rules = rulesServedAt(kubevirt.dir, baseUrl);
  if (rules.length === 0) return;
  const file = join(kubevirt.dir, 'WORKSPACE');
  const message = `${file} names RPMs at ${baseUrl}, which would be gone`;
  const { restored, kept } = plannedRevert({ config: project.config, workspace });
  if (restored.length > 0) fail({ class: 'usage', message, next: 'crpm revert puts the official ones back; then crpm clean --all.' });
  // What a revert keeps, or knows nothing of, only a person can remove.
  const edited = kept.filter((rule) => !rule.startsWith('rpm '));
  fail({
    class: 'usage',
    message,
    next: `crpm revert leaves these as they are. Remove them by hand, and their labels in ${join(kubevirt.dir, 'rpm/BUILD.bazel')}; then crpm clean --all.`,
    lines: [...edited, ...rules.map((name) => `rpm ${name}`)],
  });
}

/** What outlives even `--all`: the lock, which the caller holds; what `release: unique` counts on from; the schema that a config names for editors. */
const LASTS = /^(?:lock(?:\.\d+)?|unique-release|config\.schema\.json)$/;

export function removeState({ state }: WorkspacePaths): void {
  for (const name of readdirSync(state)) if (!LASTS.test(name)) rmSync(join(state, name), { recursive: true, force: true });
}

/** Stops whatever serves and removes the rest of the workspace's state. What a KubeVirt tree held before belongs to the tree, and stays. */
export async function removePublished(project: Project, workspace: WorkspacePaths, io: Io, stop: Stop): Promise<void> {
  const { repositoryDir, stopContainers, stopServer, uninstallService } = await import('@crpm/pipeline');
  const { serve } = project.config;
  await uninstallService({ workspace, env: io.env });
  await stopServer({ workspace, ...(serve.mode === 'process' && serve.port !== undefined ? { configuredPort: serve.port } : {}) });
  if (serve.mode === 'container') await stopContainers(workspace, io.env, stop.signal);
  rmSync(repositoryDir(workspace), { recursive: true, force: true });
  removeState(workspace);
  const link = join(project.config.root, '.crpm');
  if (lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() && readlinkSync(link) === workspace.state) unlinkSync(link);
}
