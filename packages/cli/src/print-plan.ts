import type { Selected } from '@crpm/core';
import { formatDuration, formatTable } from '@crpm/reporters';
import type { PlanEntry } from '@crpm/runner';
import { printJson, type Cli } from './io.js';
import type { Project } from './project.js';
import { serverEntry } from './server-entry.js';
import { stoppable } from './signals.js';

/** Prints what a run would do. Reads trees to see what changed in them, and executes nothing. */
export async function printPlan(cli: Cli, project: Project, part: Selected, json: boolean): Promise<void> {
  const [{ plan }, { nodeKinds }, { locateWorkspace }] = await Promise.all([import('@crpm/runner'), import('@crpm/pipeline'), import('@crpm/state')]);
  const workspace = locateWorkspace({ root: project.config.root, env: cli.io.env });
  await stoppable(cli, async ({ signal }) => {
    const entries = await plan({
      graph: part.graph,
      roles: part.roles,
      kinds: nodeKinds({ env: cli.io.env, serverEntry: serverEntry(), pull: false }),
      workspace,
      signal,
    });
    if (json) printJson(cli.io, { nodes: entries });
    else cli.io.stdout.write(formatPlan(entries));
  });
}

/** A line per node, the nodes that may run at the same time under one number. */
export function formatPlan(entries: readonly PlanEntry[]): string {
  let layer = -1;
  const rows = entries.map((entry) => {
    const step = entry.layer === layer ? '' : String(entry.layer + 1);
    layer = entry.layer;
    return [step, entry.node, WORDS[entry.action], entry.reason + (entry.lastMs ? ` (last time ${formatDuration(entry.lastMs)})` : '')];
  });
  const running = entries.filter((entry) => entry.action === 'run' || entry.action === 'may-run' || entry.action === 'restore').length;
  const verdict = running === 0 ? 'all fresh: nothing to do' : `${running} of ${entries.length} to run; nodes under one number can run at the same time`;
  return `${formatTable([['step', 'node', '', 'why'], ...rows])}\n\n${verdict}\n`;
}

const WORDS: Readonly<Record<PlanEntry['action'], string>> = {
  fresh: 'fresh',
  run: 'run',
  'may-run': 'may run',
  restore: 'restore',
  'as-is': 'as it is',
  skipped: 'skipped',
  absent: 'absent',
};
