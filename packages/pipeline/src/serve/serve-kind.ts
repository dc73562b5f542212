import { unreachable, type InputContext, type Json, type NodeContext, type NodeKind } from '@crpm/core';
import type { ServeFact } from '../facts.js';
import type { ServeParams } from '../params.js';
import { repositoryDir } from '../paths.js';
import { SERVE_CONFIG_PATHS } from '../kinds/config-paths.js';
import { probeRepository } from './probe.js';
import { baseUrlOf } from './address.js';
import { containerGone, explainContainer, serveByContainer, type ContainerOptions } from './container.js';
import { serverStatus, startServer, type ServeOptions } from './control.js';
import type { Env } from './cri.js';
import { choosePort } from './port.js';
import { readRememberedPort } from './records.js';
import { copyToVolume } from './volume.js';

/** A web server in a container may take this long until it answers. */
const STARTUP_MS = 10_000;

export interface ServeKindOptions {
  /** The user's environment: where KubeVirt finds its container tool. */
  readonly env: Env;
  /** Absolute path of the bundled server program. */
  readonly serverEntry: string;
}

/** The generation gets an address that KubeVirt's resolver can read. A server that was started stays up. */
export function serveKind({ env, serverEntry }: ServeKindOptions): NodeKind<ServeParams> {
  return {
    name: 'serve',
    version: 2,
    weight: 'light',
    configPaths: SERVE_CONFIG_PATHS,
    inputs: () => Promise.resolve([]),
    async run(params, context): Promise<Json> {
      const baseUrl = await serve(params, context, { env, serverEntry });
      const fact: ServeFact = params.mode !== 'process' ? { mode: params.mode, baseUrl } : params.port === undefined ? { mode: 'process' } : { mode: 'process', port: params.port };
      return fact;
    },
    async stale(params, output, context) {
      switch (params.mode) {
        case 'process': {
          const status = await serverStatus(optionsOf(params, context));
          return status.running ? undefined : `the server at ${status.baseUrl} is not running`;
        }
        case 'container': {
          const options = containerOptions(params, context, env);
          const fact = output.data as ServeFact;
          if (fact.mode === 'process' || baseUrlOf(options.port) !== fact.baseUrl) return `the repository moves to ${baseUrlOf(options.port)}`;
          return containerGone(options);
        }
        case 'volume':
          // Whether the volume still holds it is seen when its RPMs are proven.
          return undefined;
        case 'none':
          return undefined;
        default:
          return unreachable(params);
      }
    },
  };
}

async function serve(params: ServeParams, context: NodeContext, { env, serverEntry }: ServeKindOptions): Promise<string> {
  const repoDir = repositoryDir(context.workspace);
  switch (params.mode) {
    case 'process': {
      const { baseUrl } = await startServer({ ...optionsOf(params, context), serverEntry });
      await probeRepository(repoDir, baseUrl, 'Run crpm serve --stop, then run again.', context.signal);
      return baseUrl;
    }
    case 'none': {
      const baseUrl = params.baseUrl.endsWith('/') ? params.baseUrl : `${params.baseUrl}/`;
      await probeRepository(repoDir, baseUrl, `Let your server at serve.baseUrl publish ${repoDir}/current (follow the link at each request), or remove serve.mode to let crpm do it.`, context.signal);
      return baseUrl;
    }
    case 'container': {
      const options = containerOptions(params, context, env);
      const baseUrl = await serveByContainer(options);
      try {
        await probeRepository(repoDir, baseUrl, 'Choose another port with serve.port, or another image.', context.signal, STARTUP_MS);
      } catch (error) {
        for (const line of await explainContainer(context.workspace, options.port, env, context.signal)) context.report.line(line);
        throw error;
      }
      return baseUrl;
    }
    case 'volume':
      return copyToVolume(context.workspace, env, context.signal);
    default:
      return unreachable(params);
  }
}

function containerOptions(params: ServeParams & { mode: 'container' }, { workspace, signal }: InputContext, env: Env): ContainerOptions {
  return { workspace, image: params.image, port: choosePort(workspace.id, params.port, readRememberedPort(workspace.state)), env, signal };
}

function optionsOf(params: ServeParams & { mode: 'process' }, { workspace }: InputContext): ServeOptions {
  return { workspace, ...(params.port === undefined ? {} : { configuredPort: params.port }) };
}
