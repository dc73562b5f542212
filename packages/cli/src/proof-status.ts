import { needsOf, type Event, type Graph, type WorkspacePaths } from '@crpm/core';
import type { SinceProof, VerifyFact } from '@crpm/pipeline';
import { formatAge } from '@crpm/reporters';
import { listRuns, readEvents, runLogs } from './run-folder.js';

/** What the last run that came as far as the proof found. */
export interface ProofStatus {
  readonly run: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly holds: boolean;
  /** In a few words. */
  readonly verdict: string;
  /** What the proof rests on and later runs made, or failed to make. */
  readonly since: readonly string[];
  /** What became since of the files of the KubeVirt tree that were proven to hold the build; absent: they are as they were, or proved nothing. */
  readonly tree?: Exclude<SinceProof, 'same'>;
}

type Ended = Extract<Event, { readonly type: 'node-finished' }>;

/** By the records of runs, and by the two files of the KubeVirt tree in `kubevirt`. Nothing where no run on record came to a proof. */
export async function proofStatus(workspace: WorkspacePaths, graph: Graph, kubevirt?: string): Promise<ProofStatus | undefined> {
  const under = needsOf(graph, 'verify');
  const since = new Set<string>();
  for (const run of listRuns(workspace).toReversed()) {
    const ended = readEvents(runLogs(workspace, run)).flatMap((event) => (event.type === 'node-finished' ? [event] : []));
    const proof = ended.find(judges);
    if (proof) return { run, at: proof.at, ...(await verdict(proof)), ...(await treeSince(proof, workspace, kubevirt)), since: [...graph.nodes.keys()].filter((node) => since.has(node)) };
    for (const { node, outcome } of ended) if (under.has(node) && (outcome === 'ran' || outcome === 'restored' || outcome === 'failed')) since.add(node);
  }
  return undefined;
}

/** One that was left out found nothing. */
function judges({ node, outcome, role }: Ended): boolean {
  return node === 'verify' && role === undefined && (outcome === 'ran' || outcome === 'restored' || outcome === 'fresh' || outcome === 'failed');
}

async function verdict({ data, failure }: Ended): Promise<Pick<ProofStatus, 'holds' | 'verdict'>> {
  if (failure) return { holds: false, verdict: 'NOT PROVEN; crpm verify says why' };
  const { verdictOf } = await import('@crpm/pipeline');
  // Only crpm's own node writes it.
  return { holds: true, verdict: verdictOf((data as unknown as VerifyFact).proof) };
}

async function treeSince({ failure }: Ended, workspace: WorkspacePaths, kubevirt: string | undefined): Promise<Pick<ProofStatus, 'tree'>> {
  if (failure || kubevirt === undefined) return {};
  const [{ readHistory }, { sinceProof }] = await Promise.all([import('@crpm/runner'), import('@crpm/pipeline')]);
  const inputs = readHistory(workspace).get('verify')?.inputs;
  const tree = inputs ? sinceProof(workspace, kubevirt, inputs) : 'same';
  return tree === 'same' ? {} : { tree };
}

/** `now`: milliseconds since the epoch. */
export function formatProofStatus({ run, at, verdict: found, since, tree }: ProofStatus, now: number): string {
  if (tree === 'reverted') return `none any more: the KubeVirt tree was reverted since run ${run} proved that it held the build; crpm run puts the build back`;
  if (tree === 'changed') return `none any more: WORKSPACE or rpm/BUILD.bazel was changed since run ${run} proved that the KubeVirt tree held the build; crpm verify looks anew`;
  return `${found} (${formatAge(now - at)} ago, run ${run})${since.length === 0 ? '' : `; later runs have been at ${since.join(', ')}, so this is of an older build`}`;
}
