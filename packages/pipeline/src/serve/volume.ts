import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { extractTar, packFiles } from '@crpm/archive';
import { fail, type WorkspacePaths } from '@crpm/core';
import { hashFile, readCurrentGeneration } from '@crpm/state';
import { builderVolume } from '../kubevirt/environment.js';
import { repositoryDir } from '../paths.js';
import { contentArguments } from './content.js';
import { requireCri, serveLabels, type Cri, type Env } from './cri.js';

/** Inside the builder, where its volume is mounted; KubeVirt's rsync touches only what lies in `go/src`. */
export const MOUNT = '/root';
/** Two zero blocks: a tar of nothing, to make an image of. */
const EMPTY_TAR = Buffer.alloc(1024);

/** The address of a workspace's repository from inside the builder. */
export function volumeUrl(workspace: WorkspacePaths): string {
  return `file://${MOUNT}/.crpm/${workspace.id}/`;
}

/**
 * Copies the repository into the volume of KubeVirt's builder, for engines that do not share this machine's loopback, and reads its index back.
 * RPMs that are there stay, as the server keeps what was published.
 */
export async function copyToVolume(workspace: WorkspacePaths, env: Env, signal: AbortSignal): Promise<string> {
  const repoDir = repositoryDir(workspace);
  await withCarrier(workspace, env, signal, async (cri, carrier) => {
    await cri.run(['cp', '-', `${carrier}:${MOUNT}`], packFiles([{ type: 'directory', path: `.crpm/${workspace.id}` }]));
    await cri.run(['cp', '-', `${carrier}:${MOUNT}/.crpm/${workspace.id}`], { tar: contentArguments(repoDir) });
    for (const { path, sha256 } of readCurrentGeneration(repoDir)?.files ?? []) {
      if (!path.endsWith('/repomd.xml')) continue;
      if ((await digestIn(cri, `${carrier}:${MOUNT}/.crpm/${workspace.id}/${path}`)) !== sha256) fail({ class: 'environment', message: `${path} did not arrive in the builder volume`, next: 'Run again; if it stays so, remove the volume: KubeVirt makes it anew.' });
    }
  });
  return volumeUrl(workspace);
}

/** Hex sha256 of files in the volume, by their addresses; an `Error` where there is none. */
export async function volumeDigests(workspace: WorkspacePaths, urls: readonly string[], env: Env, signal: AbortSignal): Promise<ReadonlyMap<string, string | Error>> {
  const base = volumeUrl(workspace);
  const digests = new Map<string, string | Error>();
  await withCarrier(workspace, env, signal, async (cri, carrier) => {
    for (const url of urls) {
      try {
        if (!url.startsWith(base)) throw new Error(`${url} is not in the builder volume`);
        digests.set(url, await digestIn(cri, `${carrier}:${MOUNT}/.crpm/${workspace.id}/${decodeURIComponent(url.slice(base.length))}`));
      } catch (error) {
        signal.throwIfAborted();
        digests.set(url, error as Error);
      }
    }
  });
  return digests;
}

/** A container that is never started, of an image that holds nothing: it only carries files in and out. */
export async function withCarrier(workspace: WorkspacePaths, env: Env, signal: AbortSignal, use: (cri: Cri, carrier: string) => Promise<void>): Promise<void> {
  const cri = await requireCri(env, signal);
  const volume = builderVolume(env);
  if (!(await cri.run(['volume', 'ls', '--quiet'])).split('\n').includes(volume)) {
    // Made by us, it would not be empty when KubeVirt first mounts it, and would not be filled from the builder image.
    fail({ class: 'environment', message: `the builder volume ${volume} is not there yet`, next: 'Let KubeVirt make it: run hack/dockerized true in its tree, then run again.' });
  }
  const image = await cri.run(['import', ...changeLabels(workspace), '-'], Readable.from([EMPTY_TAR]));
  try {
    const carrier = await cri.run(['create', ...serveLabels(workspace.id, 'carrier'), '--network', 'none', '--security-opt', 'label=disable', '-v', `${volume}:${MOUNT}`, image, '/nothing']);
    try {
      await use(cri, carrier);
    } finally {
      await cri.run(['rm', '--force', carrier]);
    }
  } finally {
    await cri.run(['rmi', '--force', image]);
  }
}

/** The labels in the form that `import` takes. */
function changeLabels(workspace: WorkspacePaths): readonly string[] {
  return serveLabels(workspace.id, 'carrier').map((text) => (text === '--label' ? '--change' : `LABEL ${text}`));
}

/** Hex sha256 of a file in a container, `<container>:<path>`. */
export async function digestIn(cri: Cri, place: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'crpm-volume-'));
  try {
    await extractTar(cri.get(place), join(folder, 'out'));
    return (await hashFile(join(folder, 'out', place.slice(place.lastIndexOf('/') + 1)))).sha256;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
