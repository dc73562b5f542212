import { Command } from 'commander';
import { formatAge, formatDuration, formatTable } from '@crpm/reporters';
import { examples } from '../help.js';
import { printJson, type Cli, type GlobalOptions } from '../io.js';
import { openWorkspace } from '../project.js';
import { runOverviews, type RunOverview } from '../run-overview.js';

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
      const runs = runOverviews(workspace);
      if (options.json) printJson(cli.io, { runs });
      else cli.io.stdout.write(runs.length === 0 ? 'no run is on record: crpm run makes one\n' : `${formatTable([['run', 'began', 'took', 'exit', 'did'], ...runs.map((run) => row(run, Date.now()))])}\n`);
    });
}

function row({ id, started, finished, nodes }: RunOverview, now: number): readonly string[] {
  const did = (['failed', 'cancelled', 'ran', 'restored'] as const).flatMap((outcome) => (nodes[outcome].length > 0 ? [`${outcome} ${nodes[outcome].join(', ')}`] : []));
  return [
    id,
    `${formatAge(now - started)} ago`,
    finished ? formatDuration(finished.ms) : '-',
    finished ? String(finished.exitCode) : 'not ended',
    did.join('; ') || (nodes.fresh.length > 0 ? 'all fresh' : 'nothing'),
  ];
}
