import type { Graph, GraphNode, NodeKind } from '@crpm/core';

type Kinds = ReadonlyMap<string, NodeKind>;

export function kindOf(kinds: Kinds, node: GraphNode): NodeKind {
  const kind = kinds.get(node.kind);
  if (!kind) throw new Error(`${node.id} is of the unknown kind ${node.kind}`);
  return kind;
}

export function checkKinds(graph: Graph, kinds: Kinds): void {
  for (const node of graph.nodes.values()) kindOf(kinds, node);
}
