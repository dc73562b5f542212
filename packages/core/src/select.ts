import type { Graph, GraphNode } from './graph.js';
import { nodesNamed, noSuchNode } from './named.js';
import { dependentsOf } from './order.js';
import { err, ok, type Result } from './result.js';

/** What the user asked to run. Patterns are ids, globs of ids (`libvirt.*`), or the name of a package for its last node (`libvirt`). */
export interface Selection {
  /** Run these and what they need, except what is fresh. Empty: everything. */
  readonly targets: readonly string[];
  /** Run exactly these, on the results their needs have. */
  readonly only: readonly string[];
  /** Packages to leave out of this run. */
  readonly skip: readonly string[];
  /** Run these and everything that rests on them, fresh or not; what comes before them only if it is not fresh. */
  readonly from: readonly string[];
  /** Run everything selected even if fresh. */
  readonly force: boolean;
}

/** The part of a node in a run. */
export type Role =
  /** Runs unless it is fresh. */
  | 'normal'
  /** Runs, fresh or not. */
  | 'forced'
  /** Its last result is used as it stands, stale or not; it runs only if it never had one (`--only`). */
  | 'as-is'
  /** Its last result is used as it stands if it has one; it never runs (`--skip`). */
  | 'skipped';

export interface Selected {
  readonly graph: Graph;
  readonly roles: ReadonlyMap<string, Role>;
}

/** Cuts the graph to what a selection asks for. The error is a message that names the unknown pattern and what exists. */
export function select(graph: Graph, selection: Selection): Result<Selected, string> {
  const resolved = {
    targets: resolve(graph, selection.targets),
    only: resolve(graph, selection.only),
    from: resolve(graph, selection.from),
  };
  for (const result of Object.values(resolved)) if (!result.ok) return result;
  const { targets, only, from } = resolved as { [K in keyof typeof resolved]: { ok: true; value: ReadonlySet<string> } };

  const groups = new Set([...graph.nodes.values()].flatMap((node) => (node.group === undefined ? [] : [node.group])));
  for (const name of selection.skip) {
    if (!groups.has(name)) return err(`--skip ${name}: there is no such package; the packages are: ${[...groups].join(', ') || 'none'}`);
  }
  const skipped = new Set(selection.skip);

  const wanted = closure(
    graph,
    only.value.size > 0 ? only.value : targets.value.size > 0 ? targets.value : new Set(graph.nodes.keys()),
    (node) => node.needs,
  );
  const nodes = new Map([...graph.nodes].filter(([id]) => wanted.has(id)));
  const nothing = contradiction({ only: only.value, from: from.value, skip: skipped }, graph, wanted);
  if (nothing !== undefined) return err(nothing);
  const dependents = dependentsOf(graph);
  const again = closure(graph, from.value, (node) => (dependents.get(node.id) ?? []).map((dependent) => dependent.id));
  const role = (node: GraphNode): Role => {
    if (node.group !== undefined && skipped.has(node.group)) return 'skipped';
    if (only.value.size > 0 && !only.value.has(node.id)) return 'as-is';
    return selection.force || again.has(node.id) ? 'forced' : 'normal';
  };
  return ok({ graph: { nodes }, roles: new Map([...nodes.values()].map((node) => [node.id, role(node)])) });
}

/** Parts of a selection that would be passed over in silence. */
function contradiction({ only, from, skip }: { readonly only: ReadonlySet<string>; readonly from: ReadonlySet<string>; readonly skip: ReadonlySet<string> }, graph: Graph, wanted: ReadonlySet<string>): string | undefined {
  const outside = [...from].filter((id) => !wanted.has(id) || (only.size > 0 && !only.has(id)));
  if (outside.length > 0 && outside.length === from.size) return `--from ${outside.join(', ')}: that is no part of this run; leave it out, or name nodes that need it`;
  const isSkipped = (id: string) => skip.has(graph.nodes.get(id)?.group ?? '');
  if (only.size > 0 && [...only].every(isSkipped)) return `--only ${[...only].join(', ')} is of a package that --skip leaves out, so nothing is left to run`;
  return undefined;
}

/** The ids that patterns name. An unknown one is an error that lists what exists. */
function resolve(graph: Graph, patterns: readonly string[]): Result<ReadonlySet<string>, string> {
  const found = new Set<string>();
  for (const pattern of patterns) {
    const matches = nodesNamed(graph, pattern);
    if (matches.length === 0) return err(noSuchNode(graph, pattern));
    for (const { id } of matches) found.add(id);
  }
  return ok(found);
}

/** All that a node rests on, directly or not. */
export function needsOf(graph: Graph, id: string): ReadonlySet<string> {
  return closure(graph, new Set(graph.nodes.get(id)?.needs), (node) => node.needs);
}

/** Everything reachable from `start`, itself included. Iterative. */
function closure(graph: Graph, start: ReadonlySet<string>, next: (node: GraphNode) => readonly string[]): ReadonlySet<string> {
  const reached = new Set(start);
  const queue = [...start];
  for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
    const node = graph.nodes.get(id);
    for (const neighbour of node ? next(node) : []) {
      if (reached.has(neighbour)) continue;
      reached.add(neighbour);
      queue.push(neighbour);
    }
  }
  return reached;
}
