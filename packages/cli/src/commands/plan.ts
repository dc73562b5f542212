import { Command } from 'commander';
import { examples, withOverrides, withSelection, type Overrides, type SelectionOptions } from '../help.js';
import type { Cli, GlobalOptions } from '../io.js';
import { openProject, requireTrees, selected, tellVariables } from '../project.js';

interface PlanOptions extends GlobalOptions, SelectionOptions, Overrides {
  readonly json?: boolean;
}

export function planCommand(cli: Cli): Command {
  return withOverrides(withSelection(new Command('plan').description('what a run would do, in which order, and why; executes nothing')))
    .option('--json', 'as JSON; crpm schema plan describes it')
    .addHelpText('after', examples(['crpm plan', 'crpm plan libvirt.rpmbuild', 'crpm plan --json']))
    .action(async (nodes: readonly string[], _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<PlanOptions>();
      const project = await openProject(cli, options);
      const part = selected(project, nodes, options);
      await requireTrees(project, options.skip);
      tellVariables(cli, project);
      const { printPlan } = await import('../print-plan.js');
      await printPlan(cli, project, part, { json: options.json === true });
    });
}
