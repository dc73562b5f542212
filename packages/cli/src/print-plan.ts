import { wrap, type Selected } from '@crpm/core';
import { formatDuration, formatTable, widthOf } from '@crpm/reporters';
import type { PlanEntry, PlanOptions } from '@crpm/runner';
import { printJson, tell, warn, type Cli } from './io.js';
import type { Project } from './project.js';
import { serverEntry } from './server-entry.js';
import { sharedStoreAhead } from './shared-store.js';
import { ONLY_WAITS, stoppable } from './signals.js';

/** How long the nodes that will run, or may, took the last time that they ran in the way they are expected to. */
export interface Expected {
  /** Milliseconds, over those that are known: work, not time, as several can run at once. */
  readonly ms: number;
  /** Those that never did. */
  readonly unknown: readonly string[];
}

/** Prints what a run would do. Reads trees to see what changed in them, and executes nothing. The JSON is described by schemas/plan.schema.json. */
export async function printPlan(cli: Cli, project: Project, part: Selected, { json, cleanBuild = false }: { readonly json: boolean; readonly cleanBuild?: boolean }): Promise<void> {
  await stoppable(cli, async ({ signal }) => {
    const { plan } = await import('@crpm/runner');
    const entries = await plan(await planOptions(cli, project, part, { signal, cleanBuild }));
    await warnWithoutEngine(cli, project, part, entries, signal);
    if (json) printJson(cli.io, { nodes: entries, expected: expectedOf(entries) });
    else {
      cli.io.stdout.write(formatPlan(entries, widthOf(cli.io.stdout)));
      if (!project.config.kubevirt && project.config.packages.length > 0) tell(cli.io.stdout, 'kubevirt: false in the config: a run ends with the repository, and nothing is proven');
    }
  }, ONLY_WAITS);
}

/** Milliseconds that each place has to say whether an engine is there. */
const PATIENCE = 1_000;

/** Where something will run that needs an engine, and none answers, the run would end there; when all is fresh nobody asks. */
async function warnWithoutEngine(cli: Cli, { config }: Project, { graph }: Selected, entries: readonly PlanEntry[], signal: AbortSignal): Promise<void> {
  const { IN_ENGINE } = await import('@crpm/pipeline');
  const first = entries.find(({ node, action }) => action === 'run' && IN_ENGINE.has(graph.nodes.get(node)?.kind ?? ''));
  if (!first) return;
  const { hasEngine } = await import('@crpm/engines');
  const { engine, basesystems } = config;
  if (!(await hasEngine({ config: engine, basesystems, env: cli.io.env, signal, patience: PATIENCE }))) warn(cli.io, `no container engine answers, and ${first.node} needs one: crpm doctor says where it is looked for`);
}

/** What the runner needs to look ahead. */
export async function planOptions(cli: Cli, project: Project, part: Selected, { signal, cleanBuild = false }: { readonly signal: AbortSignal; readonly cleanBuild?: boolean }): Promise<PlanOptions> {
  const [{ nodeKinds }, { locateWorkspace }] = await Promise.all([import('@crpm/pipeline'), import('@crpm/state')]);
  return {
    graph: part.graph,
    roles: part.roles,
    kinds: nodeKinds({ env: cli.io.env, serverEntry: serverEntry(), pull: false, cleanBuild, look: cli.io.look, planning: true }),
    workspace: locateWorkspace({ root: project.config.root, env: cli.io.env }),
    ...sharedStoreAhead(project.config, { env: cli.io.env, version: cli.version }, (text) => { warn(cli.io, text); }),
    signal,
  };
}

/** A line per node, the nodes that may run at the same time under one number. */
export function formatPlan(entries: readonly PlanEntry[], width?: number): string {
  let layer = -1;
  const rows = entries.map((entry) => {
    const step = entry.layer === layer ? '' : String(entry.layer + 1);
    layer = entry.layer;
    const where = entry.from !== undefined ? '; the shared store has it' : entry.mayRestore ? '; the store may have it' : '';
    return [step, entry.node, actionWord(entry.action), entry.reason + where + lastTime(entry)];
  });
  return `${formatTable([['step', 'node', '', 'why'], ...rows], width)}\n\n${verdict(entries, width)}\n`;
}

function verdict(entries: readonly PlanEntry[], width: number | undefined): string {
  const number = (...actions: readonly PlanEntry['action'][]) => entries.filter(({ action }) => actions.includes(action)).length;
  const certain = number('run');
  const possible = number('may-run');
  const shared = entries.filter(({ from }) => from !== undefined).length;
  const restored = number('restore') - shared;
  const open = entries.some(({ mayRestore }) => mayRestore) ? 'at most ' : '';
  const parts = [...(certain > 0 ? [`${open}${certain} of ${entries.length} to run`] : []), ...(possible > 0 ? [`${possible} may run`] : []), ...(restored > 0 ? [`${restored} from the store`] : []), ...(shared > 0 ? [`${shared} from the shared store`] : [])];
  if (parts.length === 0) return 'all fresh: nothing to do';
  return [`${parts.join(', ')}; nodes under one number can run at the same time`, ...tellExpected(entries)].map((line) => wrap(line, { width, first: 0, indent: 2 })).join('\n');
}

function lastTime({ lastMs, otherWay }: PlanEntry): string {
  if (otherWay) return ` (last time ${formatDuration(otherWay.lastMs)}, ${otherWay.last})`;
  return lastMs ? ` (last time ${formatDuration(lastMs)})` : '';
}

/** In a first run there is nothing to tell. */
function tellExpected(entries: readonly PlanEntry[]): readonly string[] {
  const { ms, unknown } = expectedOf(entries);
  const never = unknown.map((node) => {
    const otherWay = entries.find((entry) => entry.node === node)?.otherWay;
    return otherWay ? `${node} (its first ${otherWay.next} build; ${otherWay.last} it took ${formatDuration(otherWay.lastMs)})` : `${node} (it never ran)`;
  });
  if (ms === 0 && !entries.some(({ otherWay }) => otherWay)) return [];
  return [...(ms === 0 ? [] : [`expected: at most ${formatDuration(ms)} of work, if each takes what it took the last time`]), ...(never.length > 0 ? [`nobody knows yet: ${never.join(', ')}`] : [])];
}

export function expectedOf(entries: readonly PlanEntry[]): Expected {
  const running = entries.filter(({ action }) => action === 'run' || action === 'may-run');
  return {
    ms: running.reduce((sum, { lastMs = 0 }) => sum + lastMs, 0),
    unknown: running.flatMap(({ node, lastMs }) => (lastMs === undefined ? [node] : [])),
  };
}

/** How an action is called in every face. */
export function actionWord(action: PlanEntry['action']): string {
  return WORDS[action];
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
