import { needsOf, type Graph } from '@crpm/core';
import type { VerifyClusterFact, VerifyFact } from '@crpm/pipeline';
import type { RunSummary } from '@crpm/runner';
import { widthOf } from '@crpm/reporters';
import type { Io } from './io.js';

export interface ProofOptions {
  readonly graph: Graph;
  /** What goes before. */
  readonly lead?: string;
}

/** Prints the tables of a run that came as far as a proof, one that failed among them. */
export async function printProof(io: Io, summary: RunSummary, { graph, lead = '' }: ProofOptions): Promise<void> {
  const told = (id: string) => summary.nodes.get(id)?.output?.data ?? summary.nodes.get(id)?.failure?.data;
  const data = told('verify') ?? summary.nodes.get('rpm-deps')?.failure?.data;
  const inCluster = told('verify-cluster');
  if (data === undefined && inCluster === undefined) return;
  const { formatClusterProof, formatProof } = await import('@crpm/pipeline');
  const width = widthOf(io.stdout);
  const older = staleRoots(summary, graph).map(({ node, why }) => `${node} is stale (${why})`).join('; ');
  // Only crpm's own nodes write them; as JSON has no interfaces, the compiler must be told twice.
  if (data !== undefined) io.stdout.write(`${lead}${formatProof(data as unknown as VerifyFact, { width, older })}\n`);
  if (inCluster !== undefined) io.stdout.write(`${data === undefined ? lead : '\n'}${formatClusterProof(inCluster as unknown as VerifyClusterFact)}\n`);
}

export interface StaleNode {
  readonly node: string;
  readonly why: string;
}

/** Of what the repository was made of, the first nodes whose results stood in although their sources would give others now. */
export function staleRoots({ nodes }: RunSummary, graph: Graph): readonly StaleNode[] {
  const repositories = [...graph.nodes.values()].flatMap(({ id, kind }) => (kind === 'createrepo' ? [id] : []));
  const made = new Set(repositories.flatMap((id) => [...needsOf(graph, id)]));
  const isStale = (id: string) => nodes.get(id)?.stale !== undefined;
  return [...graph.nodes.keys()].flatMap((node) => {
    const why = nodes.get(node)?.stale;
    return why === undefined || !made.has(node) || [...needsOf(graph, node)].some(isStale) ? [] : [{ node, why }];
  });
}
