import { Command } from 'commander';
import { refuse } from '../complaints.js';
import { examples, withOverrides, type Overrides } from '../help.js';
import type { Cli, GlobalOptions } from '../io.js';
import { openWorkspace, theNode } from '../project.js';
import { stoppable } from '../signals.js';

interface ShellOptions extends GlobalOptions, Overrides {
  readonly network?: boolean;
  readonly wait?: boolean;
}

export function shellCommand(cli: Cli): Command {
  return withOverrides(
    new Command('shell')
      .description('a shell in the build root of a node, with the sources, specs and results that the node finds there: a copy, thrown away when you leave')
      .argument('<node>', 'id of a node that builds, or the name of a package')
      .argument('[command...]', 'behind --: run this instead, and end with its exit code'),
  )
    .option('--network', 'with network, which builds have not')
    .option('--wait', 'wait until another command in this workspace has ended')
    .addHelpText(
      'after',
      examples([
        'crpm shell libvirt.rpmbuild                          look at a build that failed; sh node.sh builds again',
        'crpm shell libvirt                                   the same',
        'crpm shell qemu.buildroot -- rpm -qa                 one command',
        'crpm shell --network qemu.rpmbuild                   to install a debugger, say',
      ]) + '\nAn incremental build leaves its tree as it failed, and the shell has a copy of that; other nodes begin anew. Runs may go on meanwhile; crpm clean ends it.',
    )
    .action(async (name: string, argv: readonly string[], _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ShellOptions>();
      const { project, workspace } = await openWorkspace(cli, options);
      const { ENTERED } = await import('@crpm/pipeline');
      const entered = [...project.graph.nodes.values()].filter(({ kind }) => ENTERED.has(kind));
      const node = theNode(project.graph, name);
      if (!ENTERED.has(node.kind)) refuse(`${node.id} runs nothing in a build root; these do: ${entered.map(({ id }) => id).join(', ') || 'none of this config'}`);
      const { enter } = await import('../shell/enter.js');
      await stoppable(cli, async (stop) => {
        const { code } = await enter({
          project, workspace, node, stop,
          command: argv,
          network: options.network === true,
          wait: options.wait === true,
          io: cli.io,
          streams: { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr },
        });
        cli.code = code;
      });
    });
}
