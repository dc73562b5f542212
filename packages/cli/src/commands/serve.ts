import { Command } from 'commander';
import { EXIT, FailureError, type Config } from '@crpm/core';
import { count } from '@crpm/reporters';
import { refuse } from '../complaints.js';
import { examples, portNumber } from '../help.js';
import { printJson, tell, type Cli, type GlobalOptions } from '../io.js';
import { openWorkspace } from '../project.js';
import { serverEntry } from '../server-entry.js';
import { stoppable } from '../signals.js';
import { withWorkspace } from '../workspace.js';

interface ServeOptions extends GlobalOptions {
  readonly status?: boolean;
  readonly stop?: boolean;
  readonly install?: boolean;
  readonly uninstall?: boolean;
  readonly port?: number;
  readonly json?: boolean;
  readonly wait?: boolean;
}

export function serveCommand(cli: Cli): Command {
  return new Command('serve')
    .description("serve this workspace's repository on 127.0.0.1, in the background")
    .option('--status', 'only say whether it is served, and where; ends with 1 if it is not')
    .option('--stop', 'stop serving')
    .option('--port <n>', 'from now on at this port; the addresses in WORKSPACE move along', portNumber)
    .option('--install', "as a service of your systemd, which serves after a reboot too; with --port, at that port")
    .option('--uninstall', 'end that service and remove it; crpm starts the server itself again')
    .option('--json', 'as JSON')
    .option('--wait', 'wait until another command in this workspace has ended')
    .addHelpText('after', examples(['crpm serve', 'crpm serve --port 8123', 'crpm serve --status', 'crpm serve --stop', 'crpm serve --install           ~/.config/systemd/user/crpm-serve-….service', 'crpm serve --uninstall']))
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ServeOptions>();
      const { project, workspace } = await openWorkspace(cli, options);
      const { serve } = project.config;
      if (serve.mode === 'container' && !options.stop && !options.status) refuse('serve.mode is container: crpm run serve starts the web server, crpm serve --stop stops it');
      // One that was started when the config had another mode can be stopped all the same.
      if (serve.mode !== 'process' && serve.mode !== 'container' && !options.stop) refuse(`there is no server of crpm's: serve.mode is ${serve.mode}`);
      if ([options.status, options.stop, options.install, options.uninstall].filter(Boolean).length > 1) refuse('give one of --status, --stop, --install and --uninstall');
      if (options.port !== undefined && (options.status || options.stop || options.uninstall)) refuse('--port goes with none of --status, --stop and --uninstall');
      if (options.install && serve.mode !== 'process') refuse('serve.mode is container: only the server of serve.mode process can be a service');
      const { installedUnit, installService, moveAddresses, repositoryStatus, rulesServedAt, serverStatus, startServer, stopContainers, stopServer, uninstallService } = await import('@crpm/pipeline');
      const about = { workspace, ...('port' in serve && serve.port !== undefined ? { configuredPort: serve.port } : {}) };
      const answer = (text: string, value: unknown) => {
        if (options.json) printJson(cli.io, value);
        else tell(cli.io.stdout, text);
      };
      if (options.status) {
        await stoppable(cli, async ({ signal }) => {
          const status = await repositoryStatus({ workspace, serve, env: cli.io.env, signal });
          const details = status.pid === undefined ? '' : ` since ${status.since ?? ''} (pid ${status.pid})`;
          answer(status.running ? `serving at ${status.baseUrl}${details}` : `not serving${status.why === undefined ? '' : `: ${status.why}`}; the address would be ${status.baseUrl}`, status);
          if (status.running === false) cli.code = EXIT.node;
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
          const service = installedUnit(workspace) === undefined ? '' : '; its service starts with the next login: crpm serve --uninstall removes it';
          const missed = named > 0 ? `; KubeVirt's next build can't fetch ${count(named, 'RPM')} until ${again} runs again` : '';
          answer(`${stopped ? 'stopped' : 'it was not running'}${missed}${service}`, { stopped, named });
          return;
        }
        if (options.uninstall) {
          const uninstalled = await uninstallService({ workspace, env: cli.io.env });
          answer(uninstalled ? 'the service is removed; crpm serve, or any command that needs it, starts the server' : 'there is no service', { uninstalled });
          return;
        }
        const server = await startServer({ ...about, serverEntry: serverEntry(), ...(options.port === undefined ? {} : { port: options.port }) });
        const moved = options.port === undefined || !project.config.kubevirt ? 0 : await moveAddresses({ config: project.config, workspace, baseUrl: server.baseUrl });
        const along = moved > 0 ? `; ${count(moved, 'address')} in WORKSPACE moved along` : '';
        // A service that is there already must move too.
        if (options.install || (options.port !== undefined && installedUnit(workspace) !== undefined)) {
          const { server: served, unit, changed, lingers } = await installService({ ...about, serverEntry: serverEntry(), env: cli.io.env });
          const hint = lingers === false ? '\nit starts when you log in; to have it from boot on: loginctl enable-linger' : '';
          answer(`serving at ${served.baseUrl} (pid ${served.pid}), ${changed ? '' : 'as before, '}as the service ${unit}${along}${hint}`, { ...served, moved, unit, changed, ...(lingers === undefined ? {} : { lingers }) });
          return;
        }
        answer(`serving at ${server.baseUrl} (pid ${server.pid})${along}`, { ...server, moved });
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
