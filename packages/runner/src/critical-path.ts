import { dependentsOf, layers, type Graph } from '@crpm/core';

/**
 * How long it takes at least from the start of each node to the end of the graph, by how long each took the last time: who starts the node with the most
 * before it, first, is done soonest. Of a node that never ran the median of the others is assumed; if none ever ran, only the number of nodes counts.
 */
export function criticalPaths(graph: Graph, lastMs: (id: string) => number | undefined): ReadonlyMap<string, number> {
  const known = [...graph.nodes.keys()].flatMap((id) => lastMs(id) ?? []).sort((a, b) => a - b);
  const usual = known[known.length >> 1] ?? 1;
  const dependents = dependentsOf(graph);
  const paths = new Map<string, number>();
  for (const layer of layers(graph).toReversed()) {
    for (const { id } of layer) {
      let longest = 0;
      for (const dependent of dependents.get(id) ?? []) longest = Math.max(longest, paths.get(dependent.id) ?? 0);
      paths.set(id, longest + (lastMs(id) ?? usual));
    }
  }
  return paths;
}
