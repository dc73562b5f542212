import { packFiles } from '@crpm/archive';
import { fail, type WorkspacePaths } from '@crpm/core';
import { repositoryDir } from '../paths.js';
import { baseUrlOf } from './address.js';
import { contentArguments } from './content.js';
import { findCri, requireCri, serveLabels, type Cri, type Env } from './cri.js';
import { findPortHolder } from './port-holder.js';
import { webServerCommand, type WebServer } from './web-server.js';

/** Where the container has the repository; a volume, so that nothing of the image is there. */
const CONTENT = '/srv/crpm';

export interface ContainerOptions {
  readonly workspace: WorkspacePaths;
  readonly image: string;
  readonly port: number;
  readonly env: Env;
  readonly signal: AbortSignal;
}

/**
 * The repository served by a web server container on the host network, at 127.0.0.1 and the workspace's port. A container that runs with
 * the same image and port gets the new content; any other of this workspace is replaced.
 */
export async function serveByContainer({ workspace, image, port, env, signal }: ContainerOptions): Promise<string> {
  const cri = await requireCri(env, signal);
  const content = { tar: contentArguments(repositoryDir(workspace)) };
  const fits = ['--filter', `label=dev.crpm.image=${image}`, '--filter', `label=dev.crpm.port=${port}`];
  const [running] = lines(await cri.run(['ps', '--quiet', ...ofWorkspace(workspace), ...fits]));
  if (running !== undefined) {
    await cri.run(['cp', '-', `${running}:${CONTENT}`], content);
    return baseUrlOf(port);
  }
  await removeContainers(cri, workspace);
  const server = await detect(cri, workspace, image);
  const { argv, config } = webServerCommand(server, port, CONTENT);
  const id = await cri.run([
    'create', ...serveLabels(workspace.id), '--label', `dev.crpm.image=${image}`, '--label', `dev.crpm.port=${port}`,
    '--network', 'host', '--security-opt', 'label=disable', '--volume', CONTENT, '--user', '0:0', '--entrypoint', argv[0] ?? '', image, ...argv.slice(1),
  ]);
  await cri.run(['cp', '-', `${id}:/`], packFiles([{ path: config.path, content: config.text }]));
  await cri.run(['cp', '-', `${id}:${CONTENT}`], content);
  await cri.run(['start', id]);
  return baseUrlOf(port);
}

/** Why the recorded container no longer serves, or nothing. */
export async function containerGone({ workspace, port, image, env, signal }: ContainerOptions): Promise<string | undefined> {
  const cri = await findCri(env, signal);
  if (!cri) return 'neither podman nor docker answers, so nobody knows whether it is served';
  const found = await cri.run(['ps', '--quiet', ...ofWorkspace(workspace), '--filter', `label=dev.crpm.image=${image}`, '--filter', `label=dev.crpm.port=${port}`]);
  return found === '' ? 'the web server container is not running' : undefined;
}

/** Removes this workspace's web server containers, with their volumes. Says whether there was one. */
export async function stopContainers(workspace: WorkspacePaths, env: Env, signal: AbortSignal): Promise<boolean> {
  return removeContainers(await requireCri(env, signal), workspace);
}

/** Explains a container that does not answer: what it printed, and who has its port. */
export async function explainContainer(workspace: WorkspacePaths, port: number, env: Env, signal: AbortSignal): Promise<readonly string[]> {
  const cri = await requireCri(env, signal);
  const [id] = lines(await cri.run(['ps', '--all', '--quiet', ...ofWorkspace(workspace)]));
  const holder = findPortHolder(port);
  return [...(holder ? [`port ${port} is held by process ${holder.pid} (${holder.command})`] : []), ...(id === undefined ? [] : lines(await cri.run(['logs', '--tail', '10', id])))];
}

async function removeContainers(cri: Cri, workspace: WorkspacePaths): Promise<boolean> {
  const ids = lines(await cri.run(['ps', '--all', '--quiet', ...ofWorkspace(workspace)]));
  if (ids.length > 0) await cri.run(['rm', '--force', '--volumes', ...ids]);
  return ids.length > 0;
}

/** Which web server an image has, and where httpd keeps its modules. */
async function detect(cri: Cri, workspace: WorkspacePaths, image: string): Promise<WebServer> {
  const script = 'if command -v nginx >/dev/null; then echo nginx; elif command -v httpd >/dev/null; then echo httpd; httpd -V; fi';
  const said = await cri.run(['run', '--rm', ...serveLabels(workspace.id), '--network', 'none', '--entrypoint', 'sh', image, '-c', script]);
  const [name] = lines(said);
  if (name === 'nginx') return { kind: 'nginx' };
  const root = /HTTPD_ROOT="([^"\n]+)"/.exec(said)?.[1];
  if (name === 'httpd' && root !== undefined) return { kind: 'httpd', root };
  return fail({ class: 'usage', message: `the image ${image} has neither nginx nor httpd`, next: 'Name another web server image in serve.image, or remove serve.mode.' });
}

function ofWorkspace(workspace: WorkspacePaths): readonly string[] {
  return ['--filter', 'label=dev.crpm=1', '--filter', `label=dev.crpm.workspace=${workspace.id}`, '--filter', 'label=dev.crpm.node=serve'];
}

function lines(text: string): readonly string[] {
  return text.split('\n').map((line) => line.trim()).filter(Boolean);
}
