import { layers, toFailure, type GraphNode, type Input, type NodeKind, type NodeOutput, type Role } from '@crpm/core';
import { Journal, realFs } from '@crpm/state';
import { decide, type Decision, type Grounds, type Question } from './decide.js';
import type { Difference } from './difference.js';
import { Earlier } from './earlier.js';
import { History, journalFile, toOutput, type NodeRecord } from './history.js';
import { checkKinds, kindOf } from './kinds.js';
import type { PlanOptions } from './options.js';
import { Shared } from './shared.js';

/** What would become of a node, and on what grounds. `may-run`: something it needs will run; it runs if that comes out different. */
export interface Surveyed {
  readonly node: GraphNode;
  readonly kind: NodeKind;
  /** Nodes of one layer can run at the same time; from 0. */
  readonly layer: number;
  readonly role: Role;
  /** What is known of its needs' results, some of which may not be in place yet. */
  readonly needs: ReadonlyMap<string, NodeOutput>;
  readonly last?: NodeRecord;
  /** It has no result here, and nobody knows yet what it will be made from; the store has results that may turn out to be of just that. */
  readonly mayRestore?: true;
  readonly decision: Decision | { readonly action: 'may-run'; readonly why: readonly Difference[]; readonly inputs?: readonly Input[] };
}

/** The way of a node whose result is not known before something runs, to where that starts. */
interface Pending {
  readonly certain: boolean;
  readonly roots: readonly string[];
}

/**
 * Asks, for each node in an order in which they could run, what a run would ask: by the same {@link decide}. A node behind one that will run is
 * asked with that one's last result, for what keeps it from being fresh whatever comes out. Only reads, opens no engine.
 */
export async function survey(options: PlanOptions): Promise<readonly Surveyed[]> {
  // Whoever opens it for a look ahead hears itself what it has to say.
  const shared = new Shared(options.openRemote, { warn: () => undefined, status: () => undefined });
  try {
    return await surveyWith(options, shared);
  } finally {
    await shared.finish(options.signal);
  }
}

/** The same, with a shared store that the caller lets go of. */
export async function surveyWith(options: PlanOptions, shared: Shared): Promise<readonly Surveyed[]> {
  const { graph, kinds, roles, workspace } = options;
  const fs = options.fs ?? realFs;
  checkKinds(graph, kinds);
  const history = new History(Journal.read(journalFile(workspace), fs));
  const grounds: Grounds = { fs, workspace, history, signal: options.signal, shared, earlier: new Earlier({ cache: workspace.cache, fs }) };

  const result: Surveyed[] = [];
  const outputs = new Map<string, NodeOutput>();
  const pending = new Map<string, Pending>();
  for (const [layer, nodes] of layers(graph).entries()) {
    for (const node of nodes) {
      const role = roles.get(node.id) ?? 'normal';
      const last = history.last(node.id);
      const behind = behindOf(node, pending);
      const needs = known(node, outputs);
      const kind = kindOf(kinds, node);
      const decision = await decideBehind({ node, kind, role, needs }, behind, last, grounds);
      const mayRestore = role === 'normal' && !last && behind.length > 0 && grounds.earlier.mayFind(node, kind);
      result.push({ node, kind, layer, role, needs, ...(last ? { last } : {}), ...(mayRestore ? { mayRestore } : {}), decision });

      // As in a run: what uses a result that stands in may depend on which one that is.
      if (decision.action === 'stand-in' && decision.stale.length > 0) outputs.set(node.id, { ...toOutput(workspace, decision.record), asOf: decision.record.at });
      else if ('record' in decision) outputs.set(node.id, toOutput(workspace, decision.record));
      else if (last && decision.action !== 'absent') outputs.set(node.id, toOutput(workspace, last));
      // What is absent runs before a node that needs it does.
      const starts = decision.action === 'run' || (decision.action === 'absent' && role === 'as-is');
      if (starts) pending.set(node.id, { certain: true, roots: [node.id] });
      else if (decision.action === 'may-run') pending.set(node.id, { certain: false, roots: [...new Set(behind.flatMap(({ roots }) => roots))] });
    }
  }
  return result;
}

type NeedPending = Difference & { what: 'need-pending' };

function behindOf({ needs }: GraphNode, pending: ReadonlyMap<string, Pending>): readonly NeedPending[] {
  return [...new Set(needs)].flatMap((need) => {
    const way = pending.get(need);
    return way ? [{ what: 'need-pending' as const, need, ...way }] : [];
  });
}

function known({ needs }: GraphNode, outputs: ReadonlyMap<string, NodeOutput>): ReadonlyMap<string, NodeOutput> {
  return new Map(needs.flatMap((need) => {
    const output = outputs.get(need);
    return output ? [[need, output] as const] : [];
  }));
}

async function decideBehind(question: Question, behind: readonly NeedPending[], last: NodeRecord | undefined, grounds: Grounds): Promise<Surveyed['decision']> {
  if (question.role !== 'normal' || behind.length === 0) return attempt(question, () => decide(question, grounds), false);
  // Nobody knows yet what it will be made from.
  if (!last) return { action: 'run', why: [{ what: 'first-run' }], inputs: [] };
  // Nor does anybody else know it then.
  const decision = await attempt(question, () => decide(question, { ...grounds, shared: undefined }), true);
  if (decision.action === 'run' && !decision.why.every((why) => why.what === 'unknown' || hangsOn(why, behind))) return decision;
  return { action: 'may-run', why: decision.action === 'restore' ? [...decision.why, ...behind] : behind, ...('inputs' in decision ? { inputs: decision.inputs } : {}) };
}

/** Whether a difference is in what a need gave that is about to be made again. */
function hangsOn(difference: Difference, behind: readonly NeedPending[]): boolean {
  return difference.what === 'need' && behind.some(({ need }) => need === difference.need);
}

/** `outdated`: with results of needs that are about to be replaced, and may name what is gone. */
async function attempt({ role }: Question, decideIt: () => Promise<Decision>, outdated: boolean): Promise<Decision> {
  try {
    return await decideIt();
  } catch (error) {
    const failure = toFailure(error);
    if (role === 'forced') return { action: 'run', why: [{ what: 'forced' }], inputs: [] };
    if (failure.class === 'bug' && !outdated) throw error;
    return { action: 'run', why: [{ what: 'unknown', text: failure.message }], inputs: [] };
  }
}
