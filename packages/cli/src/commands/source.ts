import { resolve } from 'node:path';
import { Command } from 'commander';
import { examples } from '../help.js';
import { tell, type Cli, type GlobalOptions } from '../io.js';
import { openWorkspace, workingDirectory } from '../project.js';
import { stoppable } from '../signals.js';

interface ExportOptions extends GlobalOptions {
  readonly to?: string;
}

export function sourceCommand(cli: Cli): Command {
  return new Command('source')
    .description('the source trees that runs were made of')
    .addHelpText('after', examples(['crpm source export latest libvirt']))
    .addCommand(exportCommand(cli));
}

function exportCommand(cli: Cli): Command {
  return new Command('export')
    .description('recreate the tree of a package exactly as a run built it, uncommitted work included; its dist-git folder goes beside it')
    .argument('<run>', 'name of the run, as its summary and .crpm/logs have it; latest: the last one that built from this source')
    .argument('<package>', 'the source')
    .option('--to <dir>', 'folder to write, which must not exist or be empty; default: <package>-<run> here')
    .addHelpText('after', examples(['crpm source export latest libvirt', 'crpm source export 20260822T101500.123Z-4f1c2a qemu --to /tmp/qemu-as-built']))
    .action(async (run: string, name: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ExportOptions>();
      const { project, workspace } = await openWorkspace(cli, options);
      const { builtTrees, exportTrees } = await import('../export-source.js');
      const built = builtTrees(workspace, project.graph, run, name);
      const target = resolve(workingDirectory(cli, options), options.to ?? `${name}-${built.run}`);
      await stoppable(cli, async ({ signal }) => {
        for (const line of await exportTrees(workspace, built, target, signal)) tell(cli.io.stdout, line);
      });
    });
}
