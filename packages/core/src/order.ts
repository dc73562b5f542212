import type { ConfigPath, Diagnostic } from './diagnostic.js';
import type { Graph, GraphNode } from './graph.js';
import { err, ok, type Result } from './result.js';

/** Where the config says that a node needs another; nothing if it does not say so itself. */
export type NeedPath = (node: GraphNode, need: string) => ConfigPath | undefined;

/** Puts nodes into a graph after checking it: unique ids, known needs, no cycle. Reports all faults at once. */
export function makeGraph(nodes: readonly GraphNode[], needPath: NeedPath = () => undefined): Result<Graph, readonly Diagnostic[]> {
  const faults: Diagnostic[] = [];
  const fault = (message: string, more: Pick<Diagnostic, 'path' | 'suggestion'> = {}) => faults.push({ severity: 'error', message, ...more });
  const byId = new Map<string, GraphNode>();
  for (const node of nodes) {
    if (byId.has(node.id)) fault(`two nodes are named ${node.id}`);
    byId.set(node.id, node);
  }
  for (const node of nodes) {
    for (const need of node.needs) {
      if (byId.has(need)) continue;
      const path = needPath(node, need);
      const message = `${node.id} needs ${need}, which does not exist; the nodes are: ${[...byId.keys()].join(', ')}`;
      fault(message, { ...(path && { path }), suggestion: { word: need, among: [...byId.keys()] } });
    }
  }
  if (faults.length > 0) return err(faults);
  const cycle = findCycle(byId);
  if (cycle) {
    const path = pathInto(cycle, byId, needPath);
    return err([{ severity: 'error', message: `nodes need each other in a circle: ${cycle.join(' → ')}`, ...(path && { path }) }]);
  }
  return ok({ nodes: byId });
}

/** The first of the needs that make a cycle which the config itself names. */
function pathInto(cycle: readonly string[], nodes: ReadonlyMap<string, GraphNode>, needPath: NeedPath): ConfigPath | undefined {
  for (const [index, id] of cycle.slice(0, -1).entries()) {
    const node = nodes.get(id);
    const path = node && needPath(node, cycle[index + 1] ?? '');
    if (path) return path;
  }
  return undefined;
}

/** The nodes in layers: those of one layer need only earlier ones, so they can run at the same time. */
export function layers(graph: Graph): readonly (readonly GraphNode[])[] {
  const waiting = new Map<string, number>();
  for (const node of graph.nodes.values()) waiting.set(node.id, node.needs.length);
  const dependents = dependentsOf(graph);
  const result: GraphNode[][] = [];
  let layer = [...graph.nodes.values()].filter((node) => node.needs.length === 0);
  while (layer.length > 0) {
    result.push(layer);
    const next: GraphNode[] = [];
    for (const node of layer) {
      for (const dependent of dependents.get(node.id) ?? []) {
        const left = (waiting.get(dependent.id) ?? 0) - 1;
        waiting.set(dependent.id, left);
        if (left === 0) next.push(dependent);
      }
    }
    layer = next;
  }
  return result;
}

/** For each id the nodes that need it directly. */
export function dependentsOf(graph: Graph): ReadonlyMap<string, readonly GraphNode[]> {
  const result = new Map<string, GraphNode[]>();
  for (const node of graph.nodes.values()) {
    for (const need of node.needs) {
      const list = result.get(need);
      if (list) list.push(node);
      else result.set(need, [node]);
    }
  }
  return result;
}

/** The ids of one cycle, first repeated at the end; nothing if there is none. Iterative: graphs may be deep. */
function findCycle(nodes: ReadonlyMap<string, GraphNode>): readonly string[] | undefined {
  const done = new Set<string>();
  for (const start of nodes.keys()) {
    const path: string[] = [];
    const onPath = new Set<string>();
    const stack: { id: string; next: number }[] = [];
    const enter = (id: string) => {
      stack.push({ id, next: 0 });
      path.push(id);
      onPath.add(id);
    };
    if (!done.has(start)) enter(start);
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const need = nodes.get(top.id)?.needs[top.next++];
      if (need === undefined) {
        stack.pop();
        path.pop();
        onPath.delete(top.id);
        done.add(top.id);
      } else if (onPath.has(need)) {
        return [...path.slice(path.indexOf(need)), need];
      } else if (!done.has(need)) {
        enter(need);
      }
    }
  }
  return undefined;
}
