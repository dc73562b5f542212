import type { ServeConfig, WorkspacePaths } from '@crpm/core';
import { repositoryDir } from '../paths.js';
import { containerGone, serveByContainer } from './container.js';
import { serverStatus, startServer, stopServer } from './control.js';
import type { Env } from './cri.js';
import { choosePort } from './port.js';
import { probeRepository } from './probe.js';
import { readRememberedPort, readServerRecord } from './records.js';

export interface EnsureOptions {
  readonly workspace: WorkspacePaths;
  readonly serve: ServeConfig;
  /** The user's environment: where KubeVirt finds its container tool. */
  readonly env: Env;
  /** Absolute path of the bundled server program. */
  readonly serverEntry: string;
  readonly signal: AbortSignal;
}

/** A web server in a container may take this long until it answers. */
const STARTUP_MS = 10_000;

/** A server that was down and was started. */
export interface Started {
  readonly baseUrl: string;
  /** Stops it again, where the user had stopped it. Absent: it went down by itself, as with a reboot, and stays now. */
  readonly stop?: () => Promise<void>;
}

/**
 * For commands that need what was published, and do not run `serve` themselves: whatever of crpm's serves it is started if it is down, at the same address. Returns
 * nothing if it is up.
 */
export async function ensureServed({ workspace, serve, env, serverEntry, signal }: EnsureOptions): Promise<Started | undefined> {
  if (serve.mode === 'process') {
    const about = { workspace, ...(serve.port === undefined ? {} : { configuredPort: serve.port }) };
    if ((await serverStatus(about)).running) return undefined;
    // Who stops it forgets it; who was killed is remembered.
    const wasStopped = readServerRecord(workspace.state) === undefined;
    const { baseUrl } = await startServer({ ...about, serverEntry });
    return { baseUrl, ...(wasStopped ? { stop: async () => void (await stopServer(about)) } : {}) };
  }
  if (serve.mode !== 'container') return undefined;
  const options = { workspace, image: serve.image, port: choosePort(workspace.id, serve.port, readRememberedPort(workspace.state)), env, signal };
  if ((await containerGone(options)) === undefined) return undefined;
  const baseUrl = await serveByContainer(options);
  await probeRepository(repositoryDir(workspace), baseUrl, 'See crpm run serve.', signal, STARTUP_MS);
  return { baseUrl };
}
