import { layers, type Graph, type GraphNode, type Json } from '@crpm/core';

/** One line per node in the order in which they may run: `libvirt.dist ← libvirt.source, libvirt.buildroot`. */
export function graphAsText(graph: Graph): string {
  const line = (node: GraphNode) => (node.needs.length === 0 ? node.id : `${node.id} ← ${node.needs.join(', ')}`);
  return layers(graph).flat().map((node) => `${line(node)}\n`).join('');
}

/** Everything about each node, in the order of the config. */
export function graphAsJson(graph: Graph): Json {
  return {
    nodes: [...graph.nodes.values()].map(({ id, kind, group, title, needs, params }) => ({ id, kind, ...(group === undefined ? {} : { group }), title, needs, params })),
  };
}

/** For Mermaid, which GitHub draws in Markdown: the same picture as {@link graphAsDot}. Nodes get names of their own, since ids may be words of its language. */
export function graphAsMermaid(graph: Graph): string {
  const nodes = [...graph.nodes.values()];
  const names = new Map(nodes.map(({ id }, index) => [id, `n${String(index)}`]));
  const box = ({ id }: GraphNode) => `${names.get(id) ?? ''}["${id.replaceAll('"', '#quot;')}"]`;
  const boxes = [...byGroup(nodes)].flatMap(([group, members], index) => [`  subgraph g${String(index)}["${group.replaceAll('"', '#quot;')}"]`, ...members.map((node) => `    ${box(node)}`), '  end']);
  const loners = nodes.filter((node) => node.group === undefined).map((node) => `  ${box(node)}`);
  const arrows = nodes.flatMap((node) => node.needs.map((need) => `  ${names.get(need) ?? ''} --> ${names.get(node.id) ?? ''}`));
  return `${['flowchart LR', ...boxes, ...loners, ...arrows].join('\n')}\n`;
}

/** For Graphviz: an arrow from each node to what needs it, packages in boxes of their own. */
export function graphAsDot(graph: Graph): string {
  const nodes = [...graph.nodes.values()];
  const boxes = [...byGroup(nodes)].flatMap(([group, members]) => [
    `  subgraph ${quote(`cluster_${group}`)} {`,
    `    label=${quote(group)}`,
    ...members.map((node) => `    ${quote(node.id)}`),
    '  }',
  ]);
  const loners = nodes.filter((node) => node.group === undefined).map((node) => `  ${quote(node.id)}`);
  const arrows = nodes.flatMap((node) => node.needs.map((need) => `  ${quote(need)} -> ${quote(node.id)}`));
  return `${['digraph crpm {', '  rankdir=LR', '  node [shape=box]', ...boxes, ...loners, ...arrows, '}'].join('\n')}\n`;
}

function byGroup(nodes: readonly GraphNode[]): ReadonlyMap<string, readonly GraphNode[]> {
  const groups = new Map<string, GraphNode[]>();
  for (const node of nodes) if (node.group !== undefined) groups.set(node.group, [...(groups.get(node.group) ?? []), node]);
  return groups;
}

function quote(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&')}"`;
}
