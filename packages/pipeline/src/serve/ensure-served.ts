import type { ServeConfig, WorkspacePaths } from '@crpm/core';
import { repositoryDir } from '../paths.js';
import { containerGone, serveByContainer } from './container.js';
import { serverStatus, startServer } from './control.js';
import type { Env } from './cri.js';
import { choosePort } from './port.js';
import { probeRepository } from './probe.js';
import { readRememberedPort } from './records.js';

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

/**
 * For commands that need what was published, and do not run `serve` themselves: whatever of crpm's serves it is started if it is down, at the same address. Returns the
 * address if it had to be.
 */
export async function ensureServed({ workspace, serve, env, serverEntry, signal }: EnsureOptions): Promise<string | undefined> {
  if (serve.mode === 'process') {
    const about = { workspace, ...(serve.port === undefined ? {} : { configuredPort: serve.port }) };
    return (await serverStatus(about)).running ? undefined : (await startServer({ ...about, serverEntry })).baseUrl;
  }
  if (serve.mode !== 'container') return undefined;
  const options = { workspace, image: serve.image, port: choosePort(workspace.id, serve.port, readRememberedPort(workspace.state)), env, signal };
  if ((await containerGone(options)) === undefined) return undefined;
  const baseUrl = await serveByContainer(options);
  await probeRepository(repositoryDir(workspace), baseUrl, 'See crpm run serve.', signal, STARTUP_MS);
  return baseUrl;
}
