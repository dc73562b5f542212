import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Command } from 'commander';
import { EXIT } from '@crpm/core';
import { refuse } from '../complaints.js';
import { examples } from '../help.js';
import { printJson, tell, type Cli, type GlobalOptions } from '../io.js';
import { openWorkspace } from '../project.js';
import { withWorkspace } from '../workspace.js';

interface RevertOptions extends GlobalOptions {
  readonly json?: boolean;
  readonly wait?: boolean;
}

export function revertCommand(cli: Cli): Command {
  return new Command('revert')
    .description("put KubeVirt's WORKSPACE and rpm/BUILD.bazel back as they were before crpm's first run; rules edited since stay, are named, and make it exit with 1")
    .option('--json', 'as JSON: restored, kept (edited since, or still named), and of those needed (still named)')
    .option('--wait', 'wait until another command in this workspace has ended')
    .addHelpText('after', examples(['crpm revert', 'crpm revert --json | jq -r .kept[]']))
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<RevertOptions>();
      const { project, workspace } = await openWorkspace(cli, options);
      const { config } = project;
      if (!config.kubevirt) refuse('there is nothing to revert: the config has no kubevirt tree');
      const { dir } = config.kubevirt;
      await withWorkspace(cli, workspace, { command: 'crpm revert', wait: options.wait === true }, async () => {
        const { formatRevert, quote, revert } = await import('@crpm/pipeline');
        const report = await revert({ config, workspace });
        if (report.kept.length > 0) cli.code = EXIT.node;
        if (options.json) printJson(cli.io, report);
        else tell(cli.io.stdout, formatRevert(report, gitIn(dir, cli.io.cwd, quote)));
      });
    });
}

/** What begins a call of git in a tree, from where the user is; nothing where that is not the top of a git tree. */
function gitIn(dir: string, cwd: string, quote: (word: string) => string): string | undefined {
  if (!existsSync(join(dir, '.git'))) return undefined;
  const path = relative(cwd, dir);
  return path === '' ? 'git' : `git -C ${quote(path)}`;
}
