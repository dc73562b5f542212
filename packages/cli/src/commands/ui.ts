import { once } from 'node:events';
import { Command } from 'commander';
import { examples, portNumber } from '../help.js';
import { tell, warn, type Cli, type GlobalOptions } from '../io.js';
import { openWorkspace } from '../project.js';
import { ONLY_WAITS, stoppable } from '../signals.js';

interface UiOptions extends GlobalOptions {
  readonly port?: number;
  readonly open?: boolean;
}

export function uiCommand(cli: Cli): Command {
  return new Command('ui')
    .description('the report of the newest run, live in the browser while a run goes on; on 127.0.0.1, until Ctrl-C; changes nothing')
    .option('--port <n>', 'listen at this port; default: one of the workspace, always the same', portNumber)
    .option('--open', 'show it in the browser')
    .addHelpText('after', examples(['crpm ui --open', 'crpm ui --port 8080']))
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<UiOptions>();
      const { project, workspace } = await openWorkspace(cli, options);
      const [{ startUi }, { lockFileOf, readLock }, { pageAssets }, { workspaceName }] = await Promise.all([import('../ui/ui-server.js'), import('@crpm/state'), import('../page-assets.js'), import('../report-file.js')]);
      await stoppable(cli, async ({ signal }) => {
        const holder = () => readLock(lockFileOf(workspace));
        const server = await startUi({ workspace, name: workspaceName(project.config), assets: pageAssets(), holder, signal }, options.port);
        try {
          tell(cli.io.stdout, `${server.address} shows the newest run; Ctrl-C ends`);
          const failed = options.open ? await (await import('../open-in-browser.js')).openInBrowser(server.address) : undefined;
          // Whoever has a browser elsewhere still has the address.
          if (failed) warn(cli.io, failed.message);
          if (!signal.aborted) await once(signal, 'abort');
        } finally {
          await server.close();
        }
      }, ONLY_WAITS);
    });
}
