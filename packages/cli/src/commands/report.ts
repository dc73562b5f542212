import { resolve } from 'node:path';
import { Command } from 'commander';
import { atHand } from '@crpm/core';
import { examples } from '../help.js';
import type { Cli, GlobalOptions } from '../io.js';
import { namedRun } from '../named-run.js';
import { openWorkspace, workingDirectory } from '../project.js';
import { stoppable } from '../signals.js';

interface ReportOptions extends GlobalOptions {
  readonly output?: string;
  readonly open?: boolean;
}

export function reportCommand(cli: Cli): Command {
  return new Command('report')
    .description('write a recorded run as one page that needs no network: graph, timeline, why each node ran, logs, RPMs, the proof')
    .argument('[run]', 'name of the run; latest: the last one', 'latest')
    .option('-o, --output <file>', 'where to; default: report.html among the logs of the run')
    .option('--open', 'show it in the browser')
    .addHelpText('after', examples(['crpm report --open', 'crpm report -o report.html                        to pass on', 'crpm report 20260822T101500.123Z-4f1c2a']))
    .action(async (asked: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ReportOptions>();
      const { project, workspace } = await openWorkspace(cli, options);
      const run = namedRun(workspace, asked);
      const { reportRun } = await import('../report-run.js');
      await stoppable(cli, async () => {
        const file = await reportRun({ run, config: project.config, workspace, ...(options.output === undefined ? {} : { output: resolve(workingDirectory(cli, options), options.output) }) });
        cli.io.stdout.write(`${atHand(file)}\n`);
        if (!options.open) return;
        const [{ openInBrowser }, { pathToFileURL }] = await Promise.all([import('../open-in-browser.js'), import('node:url')]);
        const failed = await openInBrowser(pathToFileURL(file).href);
        if (failed) throw failed;
      });
    });
}
