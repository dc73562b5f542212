import { join } from 'node:path';
import { Journal, realFs, type CachedResult, type Lock } from '@crpm/state';
import type { Grounds } from './decide.js';
import { Earlier } from './earlier.js';
import { History, journalFile } from './history.js';
import { kindOf } from './kinds.js';
import type { PlanOptions } from './options.js';
import { conditionOf } from './outputs.js';
import { Results, toCached } from './results.js';
import { isShared, Shared } from './shared.js';
import { surveyWith, type Surveyed } from './survey.js';

/** A result of this workspace that others may use. */
export interface Shareable {
  readonly result: CachedResult;
  /** Absolute folder of its files. */
  readonly folder: string;
}

/** The last results of a graph's nodes that others may use: made here, and whole. Only reads; the caller holds the workspace, so that they stay. */
export async function shareable({ graph, kinds, workspace, fs = realFs }: PlanOptions): Promise<readonly Shareable[]> {
  const history = new History(Journal.read(journalFile(workspace), fs));
  const found: Shareable[] = [];
  for (const node of graph.nodes.values()) {
    const last = history.last(node.id);
    if (!last?.reusable || last.from !== undefined || !isShared(node, kindOf(kinds, node))) continue;
    if ((await conditionOf(fs, workspace.state, last)).lost !== undefined) continue;
    const files = last.output.files.map(({ path, size, digest }) => ({ path, size, digest }));
    found.push({ result: toCached(last, files, last.output.data), folder: join(workspace.state, last.output.folder) });
  }
  return found;
}

/** What became of a node whose result others may have. */
export interface Pulled {
  readonly node: string;
  /**
   * - `pulled`: it is here now, as if it had been built.
   * - `here`: it was.
   * - `absent`: nobody has shared one for what it would be made from now.
   * - `unknown`: what it would be made from is known only when a need has run.
   * - `refused`: there is one, and it did not come whole, or is not what it should be; why was told.
   */
  readonly state: 'pulled' | 'here' | 'absent' | 'unknown' | 'refused';
  /** bytes */
  readonly size?: number;
  /** The manifest that it came from. */
  readonly from?: string;
}

/** Brings all that the shared store has for a graph as it stands into this workspace; runs nothing. */
export async function pullShared(options: PlanOptions & { readonly lock: Lock; readonly onWarning: (text: string) => void }): Promise<readonly Pulled[]> {
  const { workspace, signal, kinds, onWarning } = options;
  const fs = options.fs ?? realFs;
  const journal = Journal.open(journalFile(workspace), fs);
  const shared = new Shared(options.openRemote, { warn: (text, node) => { onWarning(node === undefined ? text : `${node}: ${text}`); }, status: () => undefined });
  try {
    const history = new History(journal.records);
    const results = new Results({ fs, workspace, history, journal, warn: onWarning });
    const grounds: Grounds = { fs, workspace, history, signal, earlier: new Earlier({ cache: workspace.cache, fs }) };
    const pulled: Pulled[] = [];
    for (const one of await surveyWith(options, shared)) {
      if (isShared(one.node, kindOf(kinds, one.node))) pulled.push(await pullOne(one, options, results, grounds));
    }
    return pulled;
  } finally {
    await shared.finish(signal);
    journal.close();
  }
}

async function pullOne({ node, role, needs, decision }: Surveyed, { kinds }: PlanOptions, results: Results, grounds: Grounds): Promise<Pulled> {
  if (decision.action === 'restore' && decision.remote) {
    const record = await results.adopt(decision.remote, { node, kind: kindOf(kinds, node), role, needs }, grounds);
    if (!record) return { node: node.id, state: 'refused' };
    return { node: node.id, state: 'pulled', size: record.output.files.reduce((sum, { size }) => sum + size, 0), from: decision.remote.from };
  }
  if (decision.action === 'may-run' || (decision.action === 'run' && decision.inputs.length === 0)) return { node: node.id, state: 'unknown' };
  return { node: node.id, state: decision.action === 'run' ? 'absent' : 'here' };
}
