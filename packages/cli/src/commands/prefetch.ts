import { Command } from 'commander';
import { count } from '@crpm/reporters';
import { refuse } from '../complaints.js';
import { examples } from '../help.js';
import { printJson, tell, type Cli, type GlobalOptions } from '../io.js';
import { openWorkspace } from '../project.js';
import { withWorkspace } from '../workspace.js';

interface PrefetchOptions extends GlobalOptions {
  readonly json?: boolean;
  readonly wait?: boolean;
}

export function prefetchCommand(cli: Cli): Command {
  return new Command('prefetch')
    .description("put the RPMs that WORKSPACE names into the repository cache of KubeVirt's bazel, so that its builds need no server")
    .option('--json', 'as JSON')
    .option('--wait', 'wait until another command in this workspace has ended')
    .addHelpText('after', examples(['crpm prefetch', 'crpm run && crpm prefetch', 'crpm prefetch --json']))
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<PrefetchOptions>();
      const { project, workspace } = await openWorkspace(cli, options);
      const { kubevirt, serve } = project.config;
      if (!kubevirt) refuse('there is nothing to prefetch for: the config has no kubevirt tree');
      if (serve.mode === 'published') refuse("there is nothing to prefetch: with serve.mode published the RPMs are somebody else's");
      await withWorkspace(cli, workspace, { command: 'crpm prefetch', wait: options.wait === true }, async ({ signal }) => {
        const { prefetch } = await import('@crpm/pipeline');
        const result = await prefetch({ kubevirt: kubevirt.dir, workspace, env: cli.io.env, signal });
        const { cache, loaded, present } = result;
        if (options.json) printJson(cli.io, result);
        else if (loaded.length + present.length === 0) tell(cli.io.stdout, 'WORKSPACE names no RPM that was published here; crpm run puts them there');
        else tell(cli.io.stdout, `${count(loaded.length, 'RPM')} loaded, ${present.length} there already: ${cache}`);
      });
    });
}
