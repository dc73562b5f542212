import { Command } from 'commander';
import { FailureError, type Config } from '@crpm/core';
import { count } from '@crpm/reporters';
import { refuse } from '../complaints.js';
import { examples, wholeNumber } from '../help.js';
import { printJson, type Cli, type GlobalOptions } from '../io.js';
import { openWorkspace } from '../project.js';
import { serverEntry } from '../server-entry.js';
import { stoppable } from '../signals.js';
import { withWorkspace } from '../workspace.js';

interface ServeOptions extends GlobalOptions {
  readonly status?: boolean;
  readonly stop?: boolean;
  readonly port?: number;
  readonly json?: boolean;
  readonly wait?: boolean;
}

export function serveCommand(cli: Cli): Command {
  return new Command('serve')
    .description("serve this workspace's repository on 127.0.0.1, in the background")
    .option('--status', 'only say whether it is served, and where')
    .option('--stop', 'stop serving')
    .option('--port <n>', 'from now on at this port; the addresses in WORKSPACE move along', wholeNumber(1, 65535))
    .option('--json', 'as JSON')
    .option('--wait', 'wait until another command in this workspace has ended')
    .addHelpText('after', examples(['crpm serve', 'crpm serve --port 8123', 'crpm serve --status', 'crpm serve --stop']))
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ServeOptions>();
      const { project, workspace } = await openWorkspace(cli, options);
      const { serve } = project.config;
      if (serve.mode === 'container' && !options.stop && !options.status) refuse('serve.mode is container: crpm run serve starts the web server, crpm serve --stop stops it');
      if (serve.mode !== 'process' && serve.mode !== 'container') refuse(`there is no server of crpm's: serve.mode is ${serve.mode}`);
      if (options.stop && (options.status || options.port !== undefined)) refuse('--stop goes with neither --status nor --port');
      const { moveAddresses, repositoryStatus, rulesServedAt, serverStatus, startServer, stopContainers, stopServer } = await import('@crpm/pipeline');
      const about = { workspace, ...(serve.port === undefined ? {} : { configuredPort: serve.port }) };
      const tell = (text: string, value: unknown) => {
        if (options.json) printJson(cli.io, value);
        else cli.io.stdout.write(`${text}\n`);
      };
      if (options.status) {
        await stoppable(cli, async ({ signal }) => {
          const status = await repositoryStatus({ workspace, serve, env: cli.io.env, signal });
          const details = status.pid === undefined ? '' : ` since ${status.since ?? ''} (pid ${status.pid})`;
          tell(status.running ? `serving at ${status.baseUrl}${details}` : `not serving${status.why === undefined ? '' : `: ${status.why}`}; the address would be ${status.baseUrl}`, status);
        });
        return;
      }
      await withWorkspace(cli, workspace, { command: 'crpm serve', wait: options.wait === true }, async ({ signal }) => {
        if (options.stop) {
          const { baseUrl } = await serverStatus(about);
          const stopped = serve.mode === 'container' ? await stopContainers(workspace, cli.io.env, signal) : await stopServer(about);
          const named = countNamed(project.config.kubevirt, (dir) => rulesServedAt(dir, baseUrl));
          // In container mode, crpm serve starts nothing.
          const again = serve.mode === 'container' ? 'crpm run serve' : 'crpm serve';
          const missed = named > 0 ? `; KubeVirt's next build can't fetch ${count(named, 'RPM')} until ${again} runs again` : '';
          tell(`${stopped ? 'stopped' : 'it was not running'}${missed}`, { stopped, named });
          return;
        }
        const server = await startServer({ ...about, serverEntry: serverEntry(), ...(options.port === undefined ? {} : { port: options.port }) });
        const moved = options.port === undefined || !project.config.kubevirt ? 0 : await moveAddresses({ config: project.config, workspace, baseUrl: server.baseUrl });
        tell(`serving at ${server.baseUrl} (pid ${server.pid})${moved > 0 ? `; ${count(moved, 'address')} in WORKSPACE moved along` : ''}`, { ...server, moved });
      });
    });
}

/** How many rules of KubeVirt's WORKSPACE need the server. One that can't be read is for others to complain of: the server has stopped. */
function countNamed(kubevirt: Config['kubevirt'], rules: (dir: string) => readonly string[]): number {
  try {
    return kubevirt ? rules(kubevirt.dir).length : 0;
  } catch (error) {
    if (error instanceof FailureError) return 0;
    throw error;
  }
}
