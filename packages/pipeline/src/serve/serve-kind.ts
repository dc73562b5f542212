import { fail, unreachable, type InputContext, type Json, type NodeContext, type NodeKind } from '@crpm/core';
import type { ServeFact } from '../facts.js';
import type { ServeParams } from '../params.js';
import { repositoryDir } from '../paths.js';
import { probeRepository } from './probe.js';
import { serverStatus, startServer, type ServeOptions } from './control.js';

export interface ServeKindOptions {
  /** Absolute path of the bundled server program. */
  readonly serverEntry: string;
}

/** The generation gets an address that KubeVirt's resolver can read. A server that was started stays up. */
export function serveKind({ serverEntry }: ServeKindOptions): NodeKind<ServeParams> {
  return {
    name: 'serve',
    version: 1,
    weight: 'light',
    inputs: () => Promise.resolve([]),
    async run(params, context): Promise<Json> {
      const baseUrl = await serve(params, context, serverEntry);
      return { baseUrl } satisfies ServeFact;
    },
    async stale(params, output, context) {
      const { baseUrl } = output.data as ServeFact;
      switch (params.mode) {
        case 'process': {
          const status = await serverStatus(optionsOf(params, context));
          if (status.baseUrl !== baseUrl) return `the repository moves to ${status.baseUrl}`;
          return status.running ? undefined : `the server at ${baseUrl} is not running`;
        }
        case 'container':
        case 'volume':
        case 'none':
          return undefined;
        default:
          return unreachable(params);
      }
    },
  };
}

async function serve(params: ServeParams, context: NodeContext, serverEntry: string): Promise<string> {
  const repoDir = repositoryDir(context.workspace);
  switch (params.mode) {
    case 'process': {
      const { baseUrl } = await startServer({ ...optionsOf(params, context), serverEntry });
      await probeRepository(repoDir, baseUrl, 'Run crpm serve --stop, then run again.', context.signal);
      return baseUrl;
    }
    case 'none': {
      const baseUrl = params.baseUrl.endsWith('/') ? params.baseUrl : `${params.baseUrl}/`;
      await probeRepository(repoDir, baseUrl, `Let your server at serve.baseUrl publish ${repoDir}/current (follow the link at each request), or remove serve.mode to let crpm serve it.`, context.signal);
      return baseUrl;
    }
    case 'container':
    case 'volume':
      return fail({ class: 'environment', message: `serve.mode ${params.mode} is not there yet` });
    default:
      return unreachable(params);
  }
}

function optionsOf(params: ServeParams & { mode: 'process' }, { workspace }: InputContext): ServeOptions {
  return { workspace, ...(params.port === undefined ? {} : { configuredPort: params.port }) };
}
