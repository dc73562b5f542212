import { Command } from 'commander';
import { count } from '@crpm/reporters';
import { examples } from '../help.js';
import { tell, type Cli, type GlobalOptions } from '../io.js';
import { openProject, requireTrees } from '../project.js';

export function validateCommand(cli: Cli): Command {
  return new Command('validate')
    .description('check the config and the trees it names; executes nothing of them')
    .addHelpText('after', examples(['crpm validate', 'crpm --config other.yaml validate']))
    .action(async (_options: unknown, command: Command) => {
      const project = await openProject(cli, command.optsWithGlobals<GlobalOptions>());
      await requireTrees(project);
      const { config, graph } = project;
      const names = config.packages.map((pkg) => pkg.name).join(', ');
      tell(cli.io.stdout, `${config.file ?? 'the config from the environment'}: valid; ${count(config.packages.length, 'package')}${names && ` (${names})`}, ${count(graph.nodes.size, 'node')}`);
    });
}
