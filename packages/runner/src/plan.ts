import { layers, toFailure, unreachable, type NodeOutput } from '@crpm/core';
import { Journal, realFs, Store } from '@crpm/state';
import { decide, type Decision, type Grounds } from './decide.js';
import { History, journalFile, toOutput } from './history.js';
import type { PlanOptions } from './options.js';
import { checkKinds } from './run.js';

export interface PlanEntry {
  readonly node: string;
  /** Nodes of one layer can run at the same time; from 0. */
  readonly layer: number;
  readonly action:
    | 'fresh'
    | 'run'
    /** Something it needs will run; it runs if that comes out different. */
    | 'may-run'
    /** An equal result was made before and comes back from the store. */
    | 'restore'
    /** Left out by `--only`; its last result is used. */
    | 'as-is'
    /** Left out by `--skip`; its last result is used. */
    | 'skipped'
    /** Left out, and it never had a result; with `--only` it runs first if what needs it runs. */
    | 'absent';
  readonly reason: string;
  /** How long it took when it last ran, milliseconds. */
  readonly lastMs?: number;
  /** When the result was made that stands in, ISO 8601. */
  readonly asOf?: string;
}

/**
 * What a run would do, and why, in the order in which it could. Only reads, starts no program, opens no engine. A node whose inputs
 * can't be told is listed as one that runs, with the reason why they can't: the run will fail there.
 */
export async function plan(options: PlanOptions): Promise<readonly PlanEntry[]> {
  const { graph, kinds, roles, workspace } = options;
  const fs = options.fs ?? realFs;
  checkKinds(graph, kinds);
  const history = new History(Journal.read(journalFile(workspace), fs));
  const store = new Store(workspace.cache, fs);
  const grounds: Grounds = {
    fs, workspace, history, signal: options.signal,
    mayRestore: (record) => record.output.files.every(({ digest }) => store.has(digest.slice('sha256:'.length))),
  };

  const entries: PlanEntry[] = [];
  const outputs = new Map<string, NodeOutput>();
  const uncertain = new Set<string>();
  for (const [layer, nodes] of layers(graph).entries()) {
    for (const node of nodes) {
      const role = roles.get(node.id) ?? 'normal';
      const last = history.last(node.id);
      const common = { node: node.id, layer, ...(last ? { lastMs: last.ms } : {}) };
      const changing = node.needs.filter((need) => uncertain.has(need));
      if (role === 'normal' && last && changing.length > 0) {
        uncertain.add(node.id);
        entries.push({ ...common, action: 'may-run', reason: `${changing.join(', ')} will be made again` });
        continue;
      }
      if (role === 'normal' && !last) {
        uncertain.add(node.id);
        entries.push({ ...common, action: 'run', reason: 'first run' });
        continue;
      }
      const needs = new Map(node.needs.flatMap((need) => {
        const output = outputs.get(need);
        return output ? [[need, output] as const] : [];
      }));
      const kind = kinds.get(node.kind);
      if (!kind) continue; // checked above
      const decision: Decision = role === 'forced' ? { action: 'run', reason: 'forced', inputs: [] } : await attempt(() => decide({ node, kind, role, needs }, grounds));
      if ('record' in decision) outputs.set(node.id, toOutput(workspace, decision.record));
      // What is absent runs before a node that needs it does.
      if (decision.action === 'run' || (decision.action === 'absent' && role === 'as-is')) uncertain.add(node.id);
      entries.push({ ...common, ...describe(decision, role) });
    }
  }
  return entries;
}

async function attempt(decideIt: () => Promise<Decision>): Promise<Decision> {
  try {
    return await decideIt();
  } catch (error) {
    const failure = toFailure(error);
    if (failure.class === 'bug') throw error;
    return { action: 'run', reason: `its inputs can't be told: ${failure.message}`, inputs: [] };
  }
}

function describe(decision: Decision, role: string): Pick<PlanEntry, 'action' | 'reason' | 'asOf'> {
  switch (decision.action) {
    case 'fresh':
      return { action: 'fresh', reason: 'nothing it depends on changed' };
    case 'stand-in':
      return { action: role === 'skipped' ? 'skipped' : 'as-is', reason: decision.stale ?? 'nothing it depends on changed', asOf: decision.record.at };
    case 'restore':
    case 'run':
    case 'absent':
      return { action: decision.action, reason: decision.reason };
    default:
      return unreachable(decision);
  }
}
