import { layers, type Graph } from '@crpm/core';

/** Kinds of nodes that work in a cluster. */
const CLUSTER = new Set(['cluster-up', 'cluster-sync', 'verify-cluster']);

/**
 * What `watch` brings up to date where no nodes are named: all up to the served repository, or with `all` the whole graph but for what works in a cluster and what rests on
 * that, for a cluster is not synced at each save. An empty list means the whole graph.
 */
export function watchTargets(graph: Graph, all: boolean): readonly string[] {
  if (!all && graph.nodes.has('serve')) return ['serve'];
  const inCluster = new Set<string>();
  for (const node of layers(graph).flat()) if (CLUSTER.has(node.kind) || node.needs.some((need) => inCluster.has(need))) inCluster.add(node.id);
  return inCluster.size === 0 ? [] : [...graph.nodes.keys()].filter((id) => !inCluster.has(id));
}
