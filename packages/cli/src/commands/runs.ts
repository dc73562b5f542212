import { Command } from 'commander';
import { widthOf } from '@crpm/reporters';
import { examples } from '../help.js';
import { printJson, tell, type Cli, type GlobalOptions } from '../io.js';
import { openWorkspace } from '../project.js';
import { formatRuns, runOverviews } from '../run-overview.js';

interface RunsOptions extends GlobalOptions {
  readonly json?: boolean;
}

export function runsCommand(cli: Cli): Command {
  return new Command('runs')
    .description('the runs that are on record, the last one first: how each ended, and what it did')
    .option('--json', 'as JSON')
    .addHelpText('after', examples(['crpm runs', 'crpm runs --json']))
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<RunsOptions>();
      const { workspace } = await openWorkspace(cli, options);
      const { lockFileOf, readLock } = await import('@crpm/state');
      const runs = runOverviews(workspace, readLock(lockFileOf(workspace)));
      if (options.json) printJson(cli.io, { runs });
      else if (runs.length === 0) tell(cli.io.stdout, 'no run is on record: crpm run makes one');
      else cli.io.stdout.write(formatRuns(runs, Date.now(), widthOf(cli.io.stdout)));
    });
}
