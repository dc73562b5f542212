import { Command } from 'commander';
import type { WorkspacePaths } from '@crpm/core';
import type { RunSummary } from '@crpm/runner';
import { createReporter, type Reporter } from '@crpm/reporters';
import { refuse } from '../complaints.js';
import { collect, examples, wholeNumber, withOverrides, type Overrides } from '../help.js';
import type { Cli, GlobalOptions, Io } from '../io.js';
import { openProject, requireTrees, selected, type Project } from '../project.js';
import { serverEntry } from '../server-entry.js';
import { stoppable, type Stop } from '../signals.js';
import { openTerminal } from '../terminal.js';
import { watchTargets } from '../watch/targets.js';
import type { Prepared } from '../watch/watch.js';

interface WatchOptions extends GlobalOptions, Overrides {
  readonly all?: boolean;
  readonly skip: readonly string[];
  readonly jobs?: number;
  readonly json?: boolean;
  readonly verbose?: boolean;
}

export function watchCommand(cli: Cli): Command {
  return withOverrides(
    new Command('watch')
      .description('run, and run again after each save: changed files are compiled and a new repository is served')
      .argument('[nodes...]', "nodes to run, with what they need; ids or globs ('libvirt.*'); default: all up to serve")
      .option('--all', "the whole graph, KubeVirt's rpm-deps and the proof included; a cluster's nodes only if they are named")
      .option('--skip <package>', 'leave a package out, and do not watch it (repeatable)', collect, []),
  )
    .option('--jobs <n>', 'processors to use; default: all', wholeNumber(1, 4096))
    .option('--json', 'a line of JSON per round')
    .option('--verbose', 'show every line that programs write')
    .addHelpText(
      'after',
      `${examples(['crpm watch', 'crpm watch libvirt.rpmbuild', 'crpm watch --all --skip qemu'])}

The first round starts at once, a further one after each save of what the nodes read; a save of the config loads it anew. One round goes on at a
time and is never cut short: whatever is saved meanwhile, the next one starts when it ends, from the files as they are then. Other commands can
work in the workspace between rounds. Watched are the sources, spec folders, RPMs at hand and inputs of tasks, not the KubeVirt tree.
Ctrl-C ends it, with exit code 130.`,
    )
    .action(async (nodes: readonly string[], _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<WatchOptions>();
      if (options.all && nodes.length > 0) refuse('give either nodes or --all, not both');
      const prepare = () => prepareRound(cli, nodes, options);
      // Complaints about the command line or the config end it before anything is watched.
      const { project, selected: part } = await prepare();
      let runs = false;
      await stoppable(cli, async (stop) => {
        const [{ watch }, { jsonFace, textFace }, { nodeKinds }, { locateWorkspace }] = await Promise.all([import('../watch/watch.js'), import('../watch/faces.js'), import('@crpm/pipeline'), import('@crpm/state')]);
        const workspace = (of: Project) => locateWorkspace({ root: of.config.root, env: cli.io.env });
        const groups = new Set([...part.graph.nodes.values()].flatMap(({ id, group }) => (part.roles.get(id) === 'skipped' || group === undefined ? [] : [group])));
        await watch({
          prepare,
          workspace,
          kinds: () => nodeKinds({ env: cli.io.env, serverEntry: serverEntry(), pull: false }),
          run: async (prepared) => {
            runs = true;
            try {
              return await runRound(cli, prepared, options, ['crpm watch', ...command.args].join(' '), stop);
            } finally {
              runs = false;
            }
          },
          face: (options.json ? jsonFace : textFace)({ io: cli.io, subject: [...groups].join(', ') || 'the inputs of tasks', address: () => addressOf(project, workspace(project)) }),
          signal: stop.signal,
        });
      }, { runs: () => runs });
    });
}

async function prepareRound(cli: Cli, nodes: readonly string[], options: WatchOptions): Promise<Prepared> {
  const project = await openProject(cli, options);
  const targets = nodes.length > 0 ? nodes : watchTargets(project.graph, options.all === true);
  const part = selected(project, targets, { only: [], from: [], skip: options.skip });
  await requireTrees(project, options.skip);
  return { project, selected: part };
}

async function runRound({ io, version }: Cli, { project, selected: part }: Prepared, options: WatchOptions, command: string, stop: Stop): Promise<RunSummary> {
  const { execute } = await import('../execute.js');
  return execute({
    project,
    selected: part,
    ...(options.jobs === undefined ? {} : { jobs: options.jobs }),
    keepGoing: false,
    pull: false,
    wait: true,
    command,
    reporter: await roundReporter(io, options),
    io,
    version,
    stop,
  });
}

/** On a terminal the nodes are drawn while they run; elsewhere the round's line is all. */
async function roundReporter(io: Io, { json, verbose }: WatchOptions): Promise<Reporter> {
  if (json || (!verbose && io.stdout.isTTY !== true)) return { sink: () => undefined, close: () => Promise.resolve() };
  return createReporter('live', { stream: io.stdout, verbose: verbose === true, summary: false, terminal: openTerminal });
}

async function addressOf({ config: { serve } }: Project, workspace: WorkspacePaths): Promise<string | undefined> {
  if (serve.mode !== 'process') return undefined;
  const { serverStatus } = await import('@crpm/pipeline');
  const status = await serverStatus({ workspace, ...(serve.port === undefined ? {} : { configuredPort: serve.port }) });
  return status.running ? status.baseUrl : undefined;
}
