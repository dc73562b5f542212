import { lstatSync, readFileSync, readlinkSync, rmSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fail, FailureError, type WorkspacePaths } from '@crpm/core';
import { openEngine } from './execute.js';
import type { Io } from './io.js';
import type { Project } from './project.js';
import type { Stop } from './signals.js';

/**
 * Removes what carries this workspace's labels: everything but images, or that too. The caller holds the workspace, so none of it belongs
 * to a living run. Returns how many there were. Where no engine answers there is nothing to ask, which is told, not failed.
 */
export async function removeEngineObjects(project: Project, workspace: WorkspacePaths, io: Io, stop: Stop, which: 'orphans' | 'all'): Promise<number> {
  let engine;
  try {
    engine = await openEngine(project, workspace, io, stop);
  } catch (error) {
    if (!(error instanceof FailureError) || error.failure.class !== 'environment') throw error;
    io.stderr.write(`warning: no engine was asked: ${error.failure.message}\n`);
    return 0;
  }
  try {
    const ours = (await engine.list({ workspace: workspace.id })).filter((object) => which === 'all' || object.type !== 'image');
    await engine.remove(ours);
    return ours.length;
  } finally {
    await engine.close();
  }
}

/** Forgets what was built. The journal goes first: a journal without results would name files that are gone. */
export function removeResults(workspace: WorkspacePaths): void {
  for (const name of ['journal', 'results', 'tmp', 'work']) rmSync(join(workspace.state, name), { recursive: true, force: true });
}

/** Fails while the KubeVirt tree still names addresses of this workspace's server: its builds need them. */
export async function refuseWhileNamed(project: Project, workspace: WorkspacePaths): Promise<void> {
  const { kubevirt, serve } = project.config;
  if (!kubevirt || serve.mode !== 'process') return;
  const { serverStatus } = await import('@crpm/pipeline');
  const { baseUrl } = await serverStatus({ workspace, ...(serve.port === undefined ? {} : { configuredPort: serve.port }) });
  const file = join(kubevirt.dir, 'WORKSPACE');
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return; // Without a WORKSPACE nothing names anything.
  }
  if (!text.includes(baseUrl)) return;
  fail({ class: 'usage', message: `${file} names RPMs at ${baseUrl}, which would be gone`, next: 'crpm revert puts the official ones back; then crpm clean --all.' });
}

/** Stops the server and removes the rest of the workspace's state, the lock that the caller holds excepted. */
export async function removePublished(project: Project, workspace: WorkspacePaths): Promise<void> {
  const { repositoryDir, stopServer } = await import('@crpm/pipeline');
  await stopServer({ workspace });
  for (const folder of [repositoryDir(workspace), join(workspace.state, 'logs')]) rmSync(folder, { recursive: true, force: true });
  const link = join(project.config.root, '.crpm');
  if (lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() && readlinkSync(link) === workspace.state) unlinkSync(link);
}
