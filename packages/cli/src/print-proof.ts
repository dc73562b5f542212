import type { ProofWords, VerifyClusterFact, VerifyFact } from '@crpm/pipeline';
import type { RunSummary } from '@crpm/runner';
import { widthOf } from '@crpm/reporters';
import type { Io } from './io.js';
import type { StaleNode } from './stale-roots.js';

export interface ProofOptions extends Pick<ProofWords, 'files' | 'isNew'> {
  /** What keeps the build from being that of its sources. */
  readonly older: readonly StaleNode[];
  /** What goes before. */
  readonly lead?: string;
}

/** Prints the tables of a run that came as far as a proof, one that failed among them. Says whether there was one of the KubeVirt tree. */
export async function printProof(io: Io, summary: RunSummary, { older: nodes, files, isNew, lead = '' }: ProofOptions): Promise<boolean> {
  const told = (id: string) => summary.nodes.get(id)?.output?.data ?? summary.nodes.get(id)?.failure?.data;
  const data = told('verify') ?? summary.nodes.get('rpm-deps')?.failure?.data;
  const inCluster = told('verify-cluster');
  if (data === undefined && inCluster === undefined) return false;
  const { formatClusterProof, formatProof } = await import('@crpm/pipeline');
  const width = widthOf(io.stdout);
  const older = nodes.map(({ node, why }) => `${node} is stale (${why})`).join('; ');
  // Only crpm's own nodes write them; as JSON has no interfaces, the compiler must be told twice.
  if (data !== undefined) io.stdout.write(`${lead}${formatProof(data as unknown as VerifyFact, { width, older, files, isNew })}\n`);
  if (inCluster !== undefined) io.stdout.write(`${data === undefined ? lead : '\n'}${formatClusterProof(inCluster as unknown as VerifyClusterFact)}\n`);
  return data !== undefined;
}
