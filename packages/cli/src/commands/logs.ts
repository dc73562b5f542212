import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import type { WorkspacePaths } from '@crpm/core';
import { refuse } from '../complaints.js';
import { examples } from '../help.js';
import type { Cli, GlobalOptions } from '../io.js';
import { openWorkspace } from '../project.js';
import { listRuns, readEvents, runLogs } from '../run-folder.js';
import { stoppable } from '../signals.js';
import { copyLog } from '../tail.js';

interface LogsOptions extends GlobalOptions {
  readonly follow?: boolean;
  readonly run?: string;
}

export function logsCommand(cli: Cli): Command {
  return new Command('logs')
    .description('print all that the programs of a node wrote, when it last ran')
    .argument('<node>', 'id of the node')
    .option('-f, --follow', 'go on until the node ends')
    .option('--run <run>', 'of this run; crpm status names them')
    .addHelpText('after', examples(['crpm logs libvirt.rpmbuild', 'crpm logs -f qemu.rpmbuild']))
    .action(async (node: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<LogsOptions>();
      const { workspace } = await openWorkspace(cli, options);
      const run = findRun(workspace, node, options.run);
      const logs = runLogs(workspace, run);
      const { logFileName } = await import('@crpm/runner');
      const { lockFileOf, readLock } = await import('@crpm/state');
      // A node writes while its run has the workspace and it has not ended.
      const writing = () =>
        run === listRuns(workspace).at(-1) &&
        readLock(lockFileOf(workspace)) !== undefined &&
        !readEvents(logs).some((event) => event.type === 'node-finished' && event.node === node);
      await stoppable(cli, ({ signal }) => copyLog(join(logs, logFileName(node)), cli.io.stdout, { follow: options.follow === true ? writing : () => false, signal }));
    });
}

/** The run whose log to show: the one asked for, else the last in which the node ran. */
function findRun(workspace: WorkspacePaths, node: string, asked: string | undefined): string {
  const runs = listRuns(workspace);
  if (runs.length === 0) refuse('there are no logs: nothing was run in this workspace yet');
  if (asked !== undefined && !runs.includes(asked)) refuse(`there is no run ${asked}; the runs are: ${runs.join(', ')}`);
  const candidates = asked === undefined ? [...runs].reverse() : [asked];
  const found = candidates.find((run) => nodesWithLogs(workspace, run).includes(node));
  if (found !== undefined) return found;
  const known = [...new Set(candidates.flatMap((run) => nodesWithLogs(workspace, run)))].sort();
  return refuse(`there is no log of ${node}${asked === undefined ? '' : ` in run ${asked}`}; there are logs of: ${known.join(', ') || 'none'}`);
}

function nodesWithLogs(workspace: WorkspacePaths, run: string): readonly string[] {
  return readdirSync(runLogs(workspace, run)).flatMap((name) => (name.endsWith('.log') ? [name.slice(0, -'.log'.length)] : []));
}
