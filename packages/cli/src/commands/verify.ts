import { Command } from 'commander';
import { EXIT, type Failure, type Json, type Selected, type WorkspacePaths } from '@crpm/core';
import type { RunSummary } from '@crpm/runner';
import { createReporter, formatFailure, widthOf } from '@crpm/reporters';
import { refuse } from '../complaints.js';
import { examples } from '../help.js';
import { printJson, warn, type Cli, type GlobalOptions } from '../io.js';
import { openProject, requireTrees, selected, type Project } from '../project.js';
import { stoppable } from '../signals.js';
import { openTerminal } from '../terminal.js';

interface VerifyOptions extends GlobalOptions {
  readonly cluster?: boolean;
  readonly json?: boolean;
  readonly wait?: boolean;
}

export function verifyCommand(cli: Cli): Command {
  return new Command('verify')
    .description('prove from the KubeVirt tree as it stands that it names the RPMs built last')
    .option('--cluster', 'also from the cluster that kubectl sees: start a virt-launcher there, compare its files with the RPMs, and delete it again')
    .option('--json', 'the proof as JSON')
    .option('--wait', 'wait until another command in this workspace has ended')
    .addHelpText('after', examples(['crpm verify', 'crpm verify --json', 'crpm verify --cluster', 'KUBECONFIG=~/other.kubeconfig crpm verify --cluster --json']))
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<VerifyOptions>();
      const project = await openProject(cli, options);
      if (!project.graph.nodes.has('verify')) refuse('there is nothing to verify: the config has no kubevirt tree');
      // First: without a build, what a cluster would need besides is no matter.
      const workspace = await requireResults(cli, project);
      await requireTrees(project);
      const asked = options.cluster ? ['verify', 'verify-cluster'] : ['verify'];
      await stoppable(cli, async (stop) => {
        const { execute } = await import('../execute.js');
        const summary = await execute({
          project,
          selected: await selectedFor(project, workspace, asked),
          keepGoing: false,
          pull: false,
          wait: options.wait === true,
          command: options.cluster ? 'crpm verify --cluster' : 'crpm verify',
          // What they find is told below; on the way, only the cluster takes long enough to be watched.
          reporter: options.cluster && !options.json && cli.io.stdout.isTTY === true ? await createReporter('live', { stream: cli.io.stdout, verbose: false, summary: false, terminal: openTerminal }) : { sink: () => undefined, close: () => Promise.resolve() },
          io: cli.io,
          version: cli.version,
          stop,
        });
        cli.code = summary.exitCode;
        const [{ printProof }, { olderThanSources }] = await Promise.all([import('../print-proof.js'), import('../stale-roots.js')]);
        const older = await olderThanSources(summary, project.graph, workspace);
        const nodes = asked.map((node) => ({ node, ...outcomeOf(summary, node) }));
        if (options.json) {
          const [tree, cluster] = nodes;
          printJson(cli.io, { ok: summary.exitCode === EXIT.ok, proof: tree?.data ?? null, failure: tree?.failure ?? null, ...(older.length > 0 ? { older } : {}), ...(cluster ? { cluster: { proof: cluster.data ?? null, failure: cluster.failure ?? null } } : {}) });
          return;
        }
        for (const text of summary.warnings) warn(cli.io, text);
        await printProof(cli.io, summary, { older });
        // What is wrong comes last: a proof from the tree alone must not be the last word.
        for (const { node, told } of nodes) if (told) cli.io.stdout.write(`${formatFailure(told, { node, width: widthOf(cli.io.stdout) })}\n`);
      });
    });
}

/** The proof of a node, proven or not; what the failure has as text beside it would only be that once more. */
function outcomeOf(summary: RunSummary, node: string): { readonly data?: Json; readonly failure?: Omit<Failure, 'data'>; readonly told?: Failure } {
  const { failure: told, output } = summary.nodes.get(node) ?? {};
  if (!told) return output ? { data: output.data } : {};
  const { data, lines, ...failure } = told;
  return { ...(data === undefined ? {} : { data }), failure: { ...failure, ...(data === undefined && lines ? { lines } : {}) }, told };
}

/** Verifying builds nothing: what it judges must be there already. */
async function requireResults(cli: Cli, project: Project): Promise<WorkspacePaths> {
  const [{ readHistory }, { locateWorkspace }] = await Promise.all([import('@crpm/runner'), import('@crpm/state')]);
  const workspace = locateWorkspace({ root: project.config.root, env: cli.io.env });
  const history = readHistory(workspace);
  const missing = (project.graph.nodes.get('verify')?.needs ?? []).filter((need) => !history.has(need));
  if (missing.length > 0) refuse(`there is nothing to verify yet: ${missing.join(', ')} never had a result; crpm run makes them`);
  return workspace;
}

/** What is proven runs in any case; and the sources, which only read their trees, so that what was built is judged by the trees as they are and not by what a build that failed found in them. */
async function selectedFor(project: Project, workspace: WorkspacePaths, asked: readonly string[]): Promise<Selected> {
  const [{ sourcesAtHand }, { readHistory }] = await Promise.all([import('@crpm/pipeline'), import('@crpm/runner')]);
  const history = readHistory(workspace);
  const sources = await sourcesAtHand(project.graph, (id) => history.get(id)?.output);
  return selected(project, [], { only: [...sources, ...asked], skip: [], from: asked });
}
