import { needsOf, type Event, type Graph, type WorkspacePaths } from '@crpm/core';
import type { VerifyFact } from '@crpm/pipeline';
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
}

type Ended = Extract<Event, { readonly type: 'node-finished' }>;

/** By the records of runs; nobody looks at the KubeVirt tree. Nothing where no run on record came to a proof. */
export async function proofStatus(workspace: WorkspacePaths, graph: Graph): Promise<ProofStatus | undefined> {
  const under = needsOf(graph, 'verify');
  const since = new Set<string>();
  for (const run of listRuns(workspace).toReversed()) {
    const ended = readEvents(runLogs(workspace, run)).flatMap((event) => (event.type === 'node-finished' ? [event] : []));
    const proof = ended.find(judges);
    if (proof) return { run, at: proof.at, ...(await verdict(proof)), since: [...graph.nodes.keys()].filter((node) => since.has(node)) };
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

/** `now`: milliseconds since the epoch. */
export function formatProofStatus({ run, at, verdict: found, since }: ProofStatus, now: number): string {
  return `${found} (${formatAge(now - at)} ago, run ${run})${since.length === 0 ? '' : `; later runs have been at ${since.join(', ')}, so this is of an older build`}`;
}
