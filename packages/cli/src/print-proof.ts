import type { VerifyClusterFact, VerifyFact } from '@crpm/pipeline';
import type { RunSummary } from '@crpm/runner';
import { widthOf } from '@crpm/reporters';
import type { Io } from './io.js';

/** Prints the tables of a run that came as far as a proof. `lead` goes before them. */
export async function printProof(io: Io, summary: RunSummary, lead = ''): Promise<void> {
  const data = summary.nodes.get('verify')?.output?.data;
  const inCluster = summary.nodes.get('verify-cluster')?.output?.data;
  if (data === undefined && inCluster === undefined) return;
  const { formatClusterProof, formatProof } = await import('@crpm/pipeline');
  // Only crpm's own nodes write them; as JSON has no interfaces, the compiler must be told twice.
  if (data !== undefined) io.stdout.write(`${lead}${formatProof(data as unknown as VerifyFact, widthOf(io.stdout))}\n`);
  if (inCluster !== undefined) io.stdout.write(`${data === undefined ? lead : '\n'}${formatClusterProof(inCluster as unknown as VerifyClusterFact)}\n`);
}
