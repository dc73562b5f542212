import { needsOf, type Graph, type GraphNode, type WorkspacePaths } from '@crpm/core';
import { needOf, type Difference, type RunSummary } from '@crpm/runner';
import { changesSince, type RanSince } from './changes-since.js';

export interface StaleNode {
  readonly node: string;
  readonly why: string;
}

/** Of a run that came as far as the proof: {@link staleRoots}, by the records of the runs before it. */
export function olderThanSources(summary: RunSummary, graph: Graph, workspace: WorkspacePaths): Promise<readonly StaleNode[]> {
  return staleRoots(summary, graph, (node) => changesSince(workspace, graph, node));
}

/**
 * Of what the repository was made of, the results that stood in although their sources would give others now; in place of one whose sources were read since it was made, those, with the files that
 * changed. One that is stale only because a need is, is none; nor is what a build that failed left of a tree
 * that was put back: those that need it were not made of it, or were made of that very tree.
 * `changes`: what a node's needs ran for since its result was last of them.
 */
export async function staleRoots({ nodes }: RunSummary, graph: Graph, changes: (node: string) => Promise<readonly RanSince[]>): Promise<readonly StaleNode[]> {
  const staleBy = (id: string) => nodes.get(id)?.staleBy ?? [];
  const making = makersOf(graph);
  const isMadeOf = ({ id, needs }: GraphNode, need: string) => needs.includes(need) && !staleBy(id).some((difference) => difference.what === 'need' && difference.need === need);
  const counts = (id: string, difference: Difference) => {
    // That a need's result is of an earlier run says of itself nothing about what it was made from.
    if (difference.what !== 'need') return needOf(difference) === undefined;
    const { need } = difference;
    return staleBy(need).length === 0 && !making.some((node) => node.needs.includes(id) && isMadeOf(node, need));
  };
  const roots = making.filter(({ id, kind }) => (kind === 'createrepo' || making.some((node) => isMadeOf(node, id))) && staleBy(id).some((difference) => counts(id, difference)));
  const found = roots.map(async ({ id }) => {
    const read = (await changes(id)).filter(({ node }) => graph.nodes.get(node)?.kind === 'source');
    return read.length > 0 ? read.map(({ node, reason }) => ({ node, why: reason })) : [{ node: id, why: nodes.get(id)?.stale ?? '' }];
  });
  return unique((await Promise.all(found)).flat());
}

/** The repository and all that went into it, in the order of the graph. What is foreseen of a package goes into nothing. */
function makersOf(graph: Graph): readonly GraphNode[] {
  const repositories = [...graph.nodes.values()].flatMap(({ id, kind }) => (kind === 'createrepo' ? [id] : []));
  const making = new Set(repositories.flatMap((id) => [id, ...needsOf(graph, id)]));
  return [...graph.nodes.values()].filter(({ id, kind }) => making.has(id) && kind !== 'predict');
}

/** What two builds have in common, and what two runs found, is told once. */
function unique(nodes: readonly StaleNode[]): readonly StaleNode[] {
  return [...new Map(nodes.map((one) => [`${one.node} ${one.why}`, one])).values()];
}
