import { Command } from 'commander';
import { examples } from '../help.js';
import { printJson, type Cli, type GlobalOptions } from '../io.js';
import { openWorkspace } from '../project.js';
import { ONLY_WAITS, stoppable } from '../signals.js';
import { widthOf } from '@crpm/reporters';

interface StatusOptions extends GlobalOptions {
  readonly json?: boolean;
}

export function statusCommand(cli: Cli): Command {
  return new Command('status')
    .description('what ran last, with what outcome, and whether the repository is served')
    .option('--json', 'as JSON')
    .addHelpText('after', examples(['crpm status', 'crpm status --json']))
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<StatusOptions>();
      const { project, workspace } = await openWorkspace(cli, options);
      const { formatStatus, readStatus } = await import('../read-status.js');
      await stoppable(cli, async ({ signal }) => {
        const status = await readStatus(project, workspace, cli.io.env, signal);
        if (options.json) printJson(cli.io, status);
        else cli.io.stdout.write(formatStatus(status, Date.now(), widthOf(cli.io.stdout)));
      }, ONLY_WAITS);
    });
}
