import { chmodSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command } from 'commander';
import { refuse } from '../complaints.js';
import { examples } from '../help.js';
import type { Cli, GlobalOptions } from '../io.js';
import { openProject, requireTrees, selected, workingDirectory } from '../project.js';

interface EjectOptions extends GlobalOptions {
  readonly output?: string;
}

export function ejectCommand(cli: Cli): Command {
  return new Command('eject')
    .description('print the steps of a run as a bash script that has nothing of crpm in it')
    .argument('[nodes...]', "nodes, with what they need; ids, globs ('libvirt.*') or names of packages; default: all")
    .option('-o, --output <file>', 'into an executable file')
    .addHelpText('after', examples(['crpm eject > build.sh && bash build.sh', 'crpm eject createrepo -o build.sh', 'WORK=/tmp/rpms JOBS=4 bash build.sh']))
    .action(async (nodes: readonly string[], _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<EjectOptions>();
      const project = await openProject(cli, options);
      const { graph } = selected(project, nodes, { only: [], skip: [], from: [] });
      await requireTrees(project);
      const { ejectText } = await import('../eject.js');
      const text = await ejectText(cli, project, graph);
      if (options.output === undefined) {
        cli.io.stdout.write(text);
        return;
      }
      const file = resolve(workingDirectory(cli, options), options.output);
      const { writeFileAtomic } = await import('@crpm/state');
      try {
        writeFileAtomic(file, text);
        chmodSync(file, 0o755);
      } catch (error) {
        refuse(`${file} can't be written: ${(error as Error).message}`);
      }
    });
}
