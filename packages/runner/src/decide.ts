import { toFailure, unreachable, type GraphNode, type Input, type InputContext, type NodeKind, type NodeOutput, type Role, type WorkspacePaths } from '@crpm/core';
import type { Fs } from '@crpm/state';
import { dependencies, fingerprintOf } from './fingerprint.js';
import { toOutput, type History, type NodeRecord } from './history.js';
import { conditionOf, hasHere, type Condition } from './outputs.js';
import { difference } from './reason.js';

/** What is to happen with a node, and why. Deciding only reads. */
export type Decision =
  /** The recorded result stands. */
  | { readonly action: 'fresh'; readonly record: NodeRecord; readonly identities?: readonly string[] }
  /** Left out of this run: the last result stands in, although (`stale`) something says that it is not what a run would give. */
  | { readonly action: 'stand-in'; readonly record: NodeRecord; readonly stale?: string; readonly identities?: readonly string[] }
  /** An equal result was made before; if the store does not have it any more, the node runs for `otherwise`. */
  | { readonly action: 'restore'; readonly record: NodeRecord; readonly reason: string; readonly otherwise: 'run' | 'absent'; readonly inputs: readonly Input[] }
  | { readonly action: 'run'; readonly reason: string; readonly inputs: readonly Input[] }
  /** Left out of this run, and there is no result to stand in. */
  | { readonly action: 'absent'; readonly reason: string };

export interface Question {
  readonly node: GraphNode;
  readonly kind: NodeKind;
  readonly role: Role;
  /** Results of the needs that have one. */
  readonly needs: ReadonlyMap<string, NodeOutput>;
  /** Set when the node runs whatever its fingerprint says. */
  readonly mustRun?: string;
}

export interface Grounds {
  readonly fs: Fs;
  readonly workspace: WorkspacePaths;
  readonly history: History;
  readonly signal: AbortSignal;
  readonly mayRestore: (record: NodeRecord) => boolean;
}

/** Throws what the kind throws when it looks at its inputs. */
export async function decide(question: Question, grounds: Grounds): Promise<Decision> {
  if (question.mustRun !== undefined) return { action: 'run', reason: question.mustRun, inputs: await listInputs(question, grounds) };
  switch (question.role) {
    case 'forced':
      return { action: 'run', reason: 'forced', inputs: await listInputs(question, grounds) };
    case 'normal':
      return decideNormal(question, grounds);
    case 'as-is':
      return decideLeftOut(question, grounds, () => whyStale(question, grounds));
    case 'skipped':
      // Nobody asks what a skipped package's tree looks like now: it may not even be there.
      return decideLeftOut(question, grounds, () => Promise.resolve('skipped'));
    default:
      return unreachable(question.role);
  }
}

/** The whole list that a node's result depends on now. */
export async function listInputs({ node, kind, needs }: Question, grounds: Grounds): Promise<readonly Input[]> {
  return dependencies(node, kind, await kind.inputs(node.params, contextOf(node, needs, grounds)), needs);
}

export function contextOf(node: GraphNode, needs: ReadonlyMap<string, NodeOutput>, { workspace, signal }: Grounds): InputContext {
  return { node, needs, workspace, signal };
}

async function decideNormal(question: Question, grounds: Grounds): Promise<Decision> {
  const { node, kind } = question;
  const inputs = await listInputs(question, grounds);
  const fingerprint = fingerprintOf(inputs);
  const last = grounds.history.last(node.id);
  if (!last) return { action: 'run', reason: 'first run', inputs };

  let reason: string;
  if (last.fingerprint !== fingerprint) reason = difference(last.inputs, inputs);
  else if (!last.reusable) reason = 'an input changed while it ran the last time';
  else {
    const condition = await conditionOf(grounds.fs, grounds.workspace.state, last);
    const stale = condition.lost ?? (await kind.stale?.(node.params, toOutput(grounds.workspace, last), contextOf(node, question.needs, grounds)));
    if (stale === undefined) return { action: 'fresh', record: last, ...identitiesIn(condition) };
    reason = stale;
  }
  const earlier = grounds.history.find(node.id, fingerprint);
  if (earlier && isSelfContained(kind, earlier) && grounds.mayRestore(earlier)) {
    return { action: 'restore', record: earlier, reason, otherwise: 'run', inputs };
  }
  return { action: 'run', reason, inputs };
}

/** `--only` and `--skip`: the last result, stale or not, but only if it is there. */
async function decideLeftOut({ node }: Question, grounds: Grounds, whyStale: () => Promise<string | undefined>): Promise<Decision> {
  const last = grounds.history.last(node.id);
  if (!last) return { action: 'absent', reason: 'it never had a result' };
  const condition = await conditionOf(grounds.fs, grounds.workspace.state, last);
  if (condition.lost !== undefined) {
    if (last.output.files.length > 0 && grounds.mayRestore(last)) {
      return { action: 'restore', record: last, reason: condition.lost, otherwise: 'absent', inputs: last.inputs };
    }
    return { action: 'absent', reason: condition.lost };
  }
  const stale = await whyStale();
  return { action: 'stand-in', record: last, ...identitiesIn(condition), ...(stale === undefined ? {} : { stale }) };
}

/** What a normal run would have against the last result. */
async function whyStale(question: Question, grounds: Grounds): Promise<string | undefined> {
  try {
    const decision = await decideNormal(question, grounds);
    return decision.action === 'fresh' || decision.action === 'absent' || decision.action === 'stand-in' ? undefined : decision.reason;
  } catch (error) {
    const failure = toFailure(error);
    if (failure.class === 'bug' && question.needs.size === question.node.needs.length) throw error;
    return `its inputs can't be told: ${failure.message}`;
  }
}

/**
 * Whether files are all there is to a result. What a node did elsewhere (a server, an image, files in a tree) does not come back
 * with its files: a kind that has such effects says so by having one of the hooks, and a result by naming what is here.
 */
function isSelfContained(kind: NodeKind, { output }: NodeRecord): boolean {
  return kind.stale === undefined && kind.missing === undefined && output.files.length > 0 && !hasHere(output.data);
}

function identitiesIn(condition: Condition): { readonly identities?: readonly string[] } {
  return condition.lost === undefined && condition.identities ? { identities: condition.identities } : {};
}
