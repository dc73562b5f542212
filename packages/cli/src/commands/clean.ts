import { Command } from 'commander';
import { count } from '@crpm/reporters';
import { refuse } from '../complaints.js';
import { engineOption, examples, type Overrides } from '../help.js';
import { tell, type Cli, type GlobalOptions } from '../io.js';
import { openWorkspace } from '../project.js';
import { withWorkspace } from '../workspace.js';

interface CleanOptions extends GlobalOptions, Pick<Overrides, 'engine'> {
  readonly orphans?: boolean;
  readonly all?: boolean;
  readonly published?: boolean;
  readonly wait?: boolean;
}

export function cleanCommand(cli: Cli): Command {
  return new Command('clean')
    .description("remove this workspace's results, build trees and images; what was published stays, and so does the store of all workspaces (crpm cache), from which equal results come back")
    .option('--orphans', 'only what runs that died left behind: containers, volumes, work folders, temporary files')
    .option('--all', 'also logs, the server, the published repository and all else of this workspace; refused while WORKSPACE names its addresses')
    .option('--published', 'only release published RPMs: all but those that WORKSPACE or the current generation names')
    .addOption(engineOption())
    .option('--wait', 'wait until another command in this workspace has ended')
    .addHelpText('after', examples(['crpm clean --orphans', 'crpm clean --orphans --engine kubernetes', 'crpm clean', 'crpm clean --published', 'crpm revert && crpm clean --all']))
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<CleanOptions>();
      if ([options.orphans, options.all, options.published].filter(Boolean).length > 1) refuse('give one of --orphans, --published and --all');
      const { project, workspace } = await openWorkspace(cli, options);
      await withWorkspace(cli, workspace, { command: 'crpm clean', wait: options.wait === true }, async (stop) => {
        const clean = await import('../clean.js');
        if (options.published) {
          tell(cli.io.stdout, await clean.releaseAddresses(project, workspace));
          return;
        }
        if (options.all) await clean.refuseWhileNamed(project, workspace);
        const removed = await clean.removeEngineObjects(project, workspace, cli.io, stop, options.orphans ? 'orphans' : options.all ? 'all' : 'results');
        const leftovers = await clean.removeLeftovers(project, workspace);
        if (!options.orphans) clean.removeResults(workspace);
        if (options.all) await clean.removePublished(project, workspace, cli.io, stop);
        const gone = [
          ...(removed > 0 ? [count(removed, project.config.basesystems.some(({ base }) => base.kind === 'host') || project.config.engine.kind === 'host' ? 'work folder' : 'engine object')] : []),
          ...(leftovers > 0 ? [count(leftovers, 'temporary file')] : []),
          ...(options.orphans ? [] : options.all ? ['all results', 'logs', 'the published repository', `all else in ${workspace.state}`] : ['all results']),
        ];
        tell(cli.io.stdout, gone.length > 0 ? `removed ${gone.join(', ')}` : 'there was nothing to remove');
      });
    });
}
