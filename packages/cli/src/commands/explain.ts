import { Command } from 'commander';
import { examples, withOverrides, type Overrides } from '../help.js';
import type { Cli, GlobalOptions } from '../io.js';
import { openProject, requireTrees, selected, theNode } from '../project.js';

interface ExplainOptions extends GlobalOptions, Overrides {
  readonly json?: boolean;
}

export function explainCommand(cli: Cli): Command {
  return withOverrides(new Command('explain').description('why a node would run, or not: all its inputs, and every difference to its last good run; executes nothing').argument('<node>', 'id of the node, or the name of a package'))
    .option('--json', 'as JSON; crpm schema explain describes it')
    .addHelpText('after', examples(['crpm explain libvirt.rpmbuild', 'crpm explain createrepo --json']))
    .action(async (name: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ExplainOptions>();
      const project = await openProject(cli, options);
      const node = theNode(project.graph, name);
      await requireTrees(project);
      const { printExplanation } = await import('../print-explain.js');
      await printExplanation(cli, project, selected(project, [node.id], { only: [], skip: [], from: [] }), node, options.json === true);
    });
}
