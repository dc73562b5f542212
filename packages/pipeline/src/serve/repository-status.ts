import { unreachable, type ServeConfig, type WorkspacePaths } from '@crpm/core';
import { repositoryDir } from '../paths.js';
import { baseUrlOf } from './address.js';
import { containerGone } from './container.js';
import { serverStatus } from './control.js';
import type { Env } from './cri.js';
import { fetchBytes } from './fetch.js';
import { choosePort } from './port.js';
import { probeRepository } from './probe.js';
import { readRememberedPort } from './records.js';
import { volumeUrl } from './volume.js';

export interface RepositoryStatusOptions {
  readonly workspace: WorkspacePaths;
  readonly serve: ServeConfig;
  /** The user's environment: where KubeVirt finds its container tool. */
  readonly env: Env;
  readonly signal: AbortSignal;
}

/** Whether a repository is to be had, whatever serves it. */
export interface RepositoryStatus {
  /** With a slash at its end; where it would be, while it is not. */
  readonly baseUrl: string;
  /** Absent: only KubeVirt's builder could tell. */
  readonly running?: boolean;
  /** Of crpm's own server. */
  readonly pid?: number;
  /** Of crpm's own server; ISO 8601. */
  readonly since?: string;
  /** Why it is not to be had. */
  readonly why?: string;
}

/** Asks whatever serves the repository of a workspace. Changes nothing. */
export async function repositoryStatus({ workspace, serve, env, signal }: RepositoryStatusOptions): Promise<RepositoryStatus> {
  switch (serve.mode) {
    case 'process': {
      const status = await serverStatus({ workspace, ...(serve.port === undefined ? {} : { configuredPort: serve.port }) });
      return status.running ? { baseUrl: status.baseUrl, running: true, pid: status.pid, since: status.since } : { baseUrl: status.baseUrl, running: false };
    }
    case 'container': {
      const port = choosePort(workspace.id, serve.port, readRememberedPort(workspace.state));
      return answered(baseUrlOf(port), await containerGone({ workspace, port, image: serve.image, env, signal }));
    }
    case 'volume':
      return { baseUrl: volumeUrl(workspace) };
    case 'none':
      return answered(withSlash(serve.baseUrl), await whyNot(() => probeRepository(repositoryDir(workspace), withSlash(serve.baseUrl), '', signal)));
    case 'published':
      return answered(withSlash(serve.baseUrl), await whyNot(() => fetchBytes(new URL('repodata/repomd.xml', withSlash(serve.baseUrl)).href, signal)));
    default:
      return unreachable(serve);
  }
}

function answered(baseUrl: string, why: string | undefined): RepositoryStatus {
  return why === undefined ? { baseUrl, running: true } : { baseUrl, running: false, why };
}

async function whyNot(ask: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await ask();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function withSlash(baseUrl: string): string {
  return baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`;
}
