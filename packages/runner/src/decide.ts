import { toFailure, unreachable, type GraphNode, type Input, type InputContext, type NodeKind, type NodeOutput, type Role, type WorkspacePaths } from '@crpm/core';
import type { Fs, RemoteResult } from '@crpm/state';
import { differences, type Difference } from './difference.js';
import { toRecord, type Earlier } from './earlier.js';
import { dependencies, fingerprintOf } from './fingerprint.js';
import { toOutput, type History, type NodeRecord } from './history.js';
import { conditionOf, type Condition } from './outputs.js';
import type { Shared } from './shared.js';

/** What is to happen with a node, and why. `inputs`: the whole list that it depends on now, where somebody looked. */
export type Decision =
  /** The recorded result stands. */
  | { readonly action: 'fresh'; readonly record: NodeRecord; readonly identities?: readonly string[]; readonly inputs: readonly Input[] }
  /** Left out of this run: the last result stands in, although (`stale`) something says that it is not what a run would give. */
  | { readonly action: 'stand-in'; readonly record: NodeRecord; readonly stale: readonly Difference[]; readonly identities?: readonly string[]; readonly inputs?: readonly Input[] }
  /** An equal result was made before, here or (`remote`) by somebody else; if it is not to be had any more, the node runs for `otherwise`. */
  | { readonly action: 'restore'; readonly record: NodeRecord; readonly why: readonly Difference[]; readonly otherwise: 'run' | 'absent'; readonly inputs: readonly Input[]; readonly remote?: RemoteResult }
  | { readonly action: 'run'; readonly why: readonly Difference[]; readonly inputs: readonly Input[] }
  /** Left out of this run, and there is no result to stand in. */
  | { readonly action: 'absent'; readonly why: readonly Difference[] };

export interface Question {
  readonly node: GraphNode;
  readonly kind: NodeKind;
  readonly role: Role;
  /** Results of the needs that have one. */
  readonly needs: ReadonlyMap<string, NodeOutput>;
  /** Set when the node runs whatever its fingerprint says. */
  readonly mustRun?: Difference;
}

export interface Grounds {
  readonly fs: Fs;
  readonly workspace: WorkspacePaths;
  readonly history: History;
  readonly earlier: Earlier;
  /** Absent: nobody else is asked. */
  readonly shared?: Shared | undefined;
  readonly signal: AbortSignal;
}

/** Only reads. Throws what the kind throws when it looks at its inputs. */
export async function decide(question: Question, grounds: Grounds): Promise<Decision> {
  if (question.mustRun !== undefined) return { action: 'run', why: [question.mustRun], inputs: await listInputs(question, grounds) };
  switch (question.role) {
    case 'forced':
      return { action: 'run', why: [{ what: 'forced' }], inputs: await listInputs(question, grounds) };
    case 'normal':
      return decideNormal(question, grounds, grounds.shared);
    case 'as-is':
      return decideLeftOut(question, grounds, () => asNormal(question, grounds));
    case 'skipped':
      return decideLeftOut(question, grounds, () => asSkipped(question, grounds));
    default:
      return unreachable(question.role);
  }
}

/** The whole list that a node's result depends on now, with the parts that its kind names. */
export async function listInputs({ node, kind, needs }: Question, grounds: Grounds): Promise<readonly Input[]> {
  return dependencies(node, kind, await kind.inputs(node.params, contextOf(node, needs, grounds)), needs);
}

export function contextOf(node: GraphNode, needs: ReadonlyMap<string, NodeOutput>, { workspace, signal }: Grounds): InputContext {
  return { node, needs, workspace, signal };
}

async function decideNormal(question: Question, grounds: Grounds, shared?: Shared): Promise<Decision> {
  const { node, kind } = question;
  const inputs = await listInputs(question, grounds);
  const fingerprint = fingerprintOf(inputs);
  const last = grounds.history.last(node.id);
  const same = last?.fingerprint === fingerprint && last.reusable ? last : undefined;
  let why: readonly Difference[];
  if (same) {
    const condition = await conditionOf(grounds.fs, grounds.workspace.state, same);
    const gone = condition.lost === undefined ? await whyElsewhere(question, same, grounds) : { what: 'output' as const, text: condition.lost };
    if (gone === undefined) return { action: 'fresh', record: same, inputs, ...identitiesIn(condition) };
    why = [gone];
  } else if (!last) why = [{ what: 'first-run' }];
  else if (last.fingerprint === fingerprint) why = [{ what: 'changed-while-running' }];
  else why = await differences({ recorded: last.inputs, now: inputs, kind, output: toOutput(grounds.workspace, last) });

  const found = grounds.earlier.find(node, kind, fingerprint, same);
  if (found.record) return { action: 'restore', record: found.record, why, otherwise: 'run', inputs };
  const remote = await shared?.find(question, fingerprint, grounds.signal);
  if (remote) return { action: 'restore', record: toRecord(node, { ...remote.result, from: remote.from }), why, otherwise: 'run', inputs, remote };
  return { action: 'run', why: found.why ? [...why, found.why] : why, inputs };
}

async function whyElsewhere({ node, kind, needs }: Question, record: NodeRecord, grounds: Grounds): Promise<Difference | undefined> {
  const text = await kind.stale?.(node.params, toOutput(grounds.workspace, record), contextOf(node, needs, grounds));
  return text === undefined ? undefined : { what: 'elsewhere', text };
}

type Staleness = Pick<Decision & { action: 'stand-in' }, 'stale' | 'inputs'>;

/** `--only` and `--skip`: the last result, stale or not, but only if it is there. */
async function decideLeftOut({ node }: Question, grounds: Grounds, whyStale: () => Promise<Staleness>): Promise<Decision> {
  const last = grounds.history.last(node.id);
  if (!last) return { action: 'absent', why: [{ what: 'first-run' }] };
  const condition = await conditionOf(grounds.fs, grounds.workspace.state, last);
  if (condition.lost !== undefined) {
    const why: readonly Difference[] = [{ what: 'output', text: condition.lost }];
    if (last.output.files.length > 0 && grounds.earlier.has(last.output)) return { action: 'restore', record: last, why, otherwise: 'absent', inputs: last.inputs };
    return { action: 'absent', why };
  }
  return { action: 'stand-in', record: last, ...identitiesIn(condition), ...(await whyStale()) };
}

/** What a normal run would have against the last result. */
async function asNormal(question: Question, grounds: Grounds): Promise<Staleness> {
  try {
    const decision = await decideNormal(question, grounds);
    const stale = decision.action === 'run' || decision.action === 'restore' ? decision.why : [];
    return decision.action === 'absent' || decision.inputs === undefined ? { stale } : { stale, inputs: decision.inputs };
  } catch (error) {
    const failure = toFailure(error);
    if (failure.class === 'bug' && question.needs.size === question.node.needs.length) throw error;
    return { stale: [{ what: 'unknown', text: failure.message }] };
  }
}

/** What changed since, besides. That its tree can't be read, or is not even there, is nothing to tell of a package that is skipped. */
async function asSkipped(question: Question, grounds: Grounds): Promise<Staleness> {
  const { stale } = await asNormal(question, grounds);
  return { stale: [{ what: 'skipped' }, ...stale.filter(({ what }) => what === 'input' || what === 'need')] };
}

function identitiesIn(condition: Condition): { readonly identities?: readonly string[] } {
  return condition.lost === undefined && condition.identities ? { identities: condition.identities } : {};
}
