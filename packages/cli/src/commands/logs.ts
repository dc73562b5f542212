import { join } from 'node:path';
import { Command } from 'commander';
import { nodesNamed, type WorkspacePaths } from '@crpm/core';
import { formatTable, outcomeWord, widthOf } from '@crpm/reporters';
import { awaitTurn, failedWithLog, findRun, logsByNode, turnOf } from '../find-log.js';
import { refuse } from '../complaints.js';
import { examples } from '../help.js';
import { tell, type Cli, type GlobalOptions } from '../io.js';
import { openWorkspace, theNode } from '../project.js';
import { listRuns, readEvents, runLogs } from '../run-folder.js';
import { ONLY_WAITS, stoppable } from '../signals.js';
import { copyLog } from '../tail.js';

interface LogsOptions extends GlobalOptions {
  readonly follow?: boolean;
  readonly run?: string;
}

export function logsCommand(cli: Cli): Command {
  return new Command('logs')
    .description('print all that the programs of a node wrote, when it last ran; without a node, of the one that failed in the last run, else which nodes have logs')
    .argument('[node]', 'id of the node, or the name of a package')
    .option('-f, --follow', 'go on until the node ends; while a run goes on, wait for the node in it')
    .option('--run <run>', 'of this run; .crpm/logs has one folder for each')
    .addHelpText('after', examples(['crpm logs', 'crpm logs libvirt.rpmbuild', 'crpm logs -f qemu.rpmbuild']))
    .action(async (asked: string | undefined, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<LogsOptions>();
      const { project, workspace } = await openWorkspace(cli, options);
      const nodes = new Set(project.graph.nodes.keys());
      const aside = (text: string) => { tell(cli.io.stderr, text); };
      if (asked === undefined && options.follow) refuse('-f follows one node: crpm logs -f NODE');
      const [name, ...others] = asked === undefined ? failedWithLog(workspace, options.run) : [asked];
      if (name === undefined) {
        cli.io.stdout.write(`${formatTable([['node', 'last run with a log'], ...logsByNode(workspace, options.run)], widthOf(cli.io.stdout))}\n`);
        return;
      }
      if (asked === undefined) aside(`this is the log of ${name}, which failed${others.length > 0 ? `; so did ${others.join(', ')}` : ''}`);
      // A node that the config has no more may still have logs.
      const node = nodesNamed(project.graph, name).length > 0 ? theNode(project.graph, name).id : name;
      const { lockFileOf, readLock } = await import('@crpm/state');
      const holder = () => readLock(lockFileOf(workspace));
      await stoppable(cli, async ({ signal }) => {
        if (options.follow && options.run === undefined && nodes.has(node)) {
          const turn = await awaitTurn((awaited) => turnOf(workspace, node, holder(), awaited), (run) => aside(`waiting for ${node} in run ${run}`), signal);
          if (signal.aborted) return;
          if (turn.state === 'passed') {
            aside(`${node} did not run in ${turn.run}: ${outcomeWord(turn.outcome)}; without -f its last log is shown`);
            return;
          }
        }
        const run = findRun(workspace, node, options.run, nodes);
        // A node writes while its run has the workspace and it has not ended.
        const writing = () => run === listRuns(workspace).at(-1) && holder() !== undefined && !hasEnded(workspace, run, node);
        if (options.run === undefined && run !== listRuns(workspace).at(-1)) aside(`this is the log of run ${run}; ${node} did not run since`);
        const { logFileName } = await import('@crpm/runner');
        const copied = await copyLog(join(runLogs(workspace, run), logFileName(node)), cli.io.stdout, { follow: options.follow ? writing : () => false, signal });
        if (copied > 0 || signal.aborted) return;
        if (writing()) {
          aside(`${node} has written nothing yet`);
          return;
        }
        const { whatItTold } = await import('../what-it-told.js');
        const told = await whatItTold(readEvents(runLogs(workspace, run)), node, cli.io);
        aside(`no program of ${node} wrote anything${told === '' ? '' : '; what it told:'}`);
        cli.io.stdout.write(told);
      }, ONLY_WAITS);
    });
}

function hasEnded(workspace: WorkspacePaths, run: string, node: string): boolean {
  return readEvents(runLogs(workspace, run)).some((event) => event.type === 'node-finished' && event.node === node);
}
