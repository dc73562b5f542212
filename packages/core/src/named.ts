import type { Graph, GraphNode } from './graph.js';
import { err, ok, type Result } from './result.js';

/**
 * The nodes that a pattern names. `*` stands for any run of characters, `?` for one; everything else for itself. A pattern that says nothing of architecture and stream
 * (`libvirt.rpmbuild@aarch64_cs10`) is about all of them. The name of a package stands for what it comes to: the nodes of it that no other node of it needs.
 */
export function nodesNamed(graph: Graph, pattern: string): readonly GraphNode[] {
  const source = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*').replace(/\?/g, '.');
  const regexp = new RegExp(`^${source}${pattern.includes('@') ? '' : '(@.*)?'}$`, 's');
  const named = [...graph.nodes.values()].filter(({ id }) => regexp.test(id));
  return named.length > 0 ? named : lastOf(graph, pattern);
}

/** The one node that a name stands for. The error says which there are. */
export function nodeNamed(graph: Graph, name: string): Result<GraphNode, string> {
  const exact = graph.nodes.get(name);
  if (exact) return ok(exact);
  const [one, ...more] = nodesNamed(graph, name);
  if (!one) return err(noSuchNode(graph, name));
  return more.length === 0 ? ok(one) : err(`${name} is more than one node: ${[one, ...more].map(({ id }) => id).join(', ')}`);
}

/** The nodes of the same package first: a word may be missing only. */
export function noSuchNode(graph: Graph, pattern: string): string {
  const nodes = [...graph.nodes.values()];
  const ofPackage = nodes.filter(({ group }) => group !== undefined && (pattern === group || pattern.startsWith(`${group}.`)));
  return `there is no node ${pattern}; ${ofPackage.length > 0 ? `those of ${ofPackage[0]?.group ?? ''} are` : 'the nodes are'}: ${(ofPackage.length > 0 ? ofPackage : nodes).map(({ id }) => id).join(', ')}`;
}

function lastOf(graph: Graph, group: string): readonly GraphNode[] {
  const own = [...graph.nodes.values()].filter((node) => node.group === group);
  const needed = new Set(own.flatMap(({ needs }) => needs));
  return own.filter(({ id }) => !needed.has(id));
}
