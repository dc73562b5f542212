import { Command } from 'commander';
import { EXIT } from '@crpm/core';
import { formatFailure } from '@crpm/reporters';
import { refuse } from '../complaints.js';
import { examples } from '../help.js';
import { printJson, type Cli, type GlobalOptions } from '../io.js';
import { openProject, requireTrees, selected, type Project } from '../project.js';
import { stoppable } from '../signals.js';

interface VerifyOptions extends GlobalOptions {
  readonly json?: boolean;
  readonly wait?: boolean;
}

export function verifyCommand(cli: Cli): Command {
  return new Command('verify')
    .description('prove from the KubeVirt tree as it stands that it names the RPMs built last')
    .option('--json', 'the proof as JSON')
    .option('--wait', 'wait until another command in this workspace has ended')
    .addHelpText('after', examples(['crpm verify', 'crpm verify --json']))
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<VerifyOptions>();
      const project = await openProject(cli, options);
      if (!project.graph.nodes.has('verify')) refuse('there is nothing to verify: the config has no kubevirt tree');
      await requireTrees(project);
      await requireResults(cli, project);
      await stoppable(cli, async (stop) => {
        const { execute } = await import('../execute.js');
        const summary = await execute({
          project,
          selected: selected(project, [], { only: ['verify'], skip: [], from: [], force: true }),
          keepGoing: false,
          pull: false,
          wait: options.wait === true,
          command: 'crpm verify',
          // One node that takes a moment: what it finds is told below.
          reporter: { sink: () => undefined, close: () => Promise.resolve() },
          io: cli.io,
          stop,
        });
        cli.code = summary.exitCode;
        const verify = summary.nodes.get('verify');
        if (options.json) {
          // The same data, proven or not; what the failure has as text beside it would only be that once more.
          const { data, lines, ...failure } = verify?.failure ?? {};
          const proof = verify?.output?.data ?? data ?? null;
          printJson(cli.io, { ok: summary.exitCode === EXIT.ok, proof, failure: verify?.failure ? { ...failure, ...(data === undefined && lines ? { lines } : {}) } : null });
          return;
        }
        for (const text of summary.warnings) cli.io.stderr.write(`warning: ${text}\n`);
        if (verify?.failure) cli.io.stdout.write(`${formatFailure(verify.failure, { node: 'verify' })}\n`);
        const { printProof } = await import('../print-proof.js');
        await printProof(cli.io, summary);
      });
    });
}

/** Verifying builds nothing: what it judges must be there already. */
async function requireResults(cli: Cli, project: Project): Promise<void> {
  const [{ readHistory }, { locateWorkspace }] = await Promise.all([import('@crpm/runner'), import('@crpm/state')]);
  const history = readHistory(locateWorkspace({ root: project.config.root, env: cli.io.env }));
  const missing = (project.graph.nodes.get('verify')?.needs ?? []).filter((need) => !history.has(need));
  if (missing.length > 0) refuse(`there is nothing to verify yet: ${missing.join(', ')} never had a result; crpm run makes them`);
}
