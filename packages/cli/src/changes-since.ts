import { needsOf, type Graph, type WorkspacePaths } from '@crpm/core';
import { listRuns, readEvents, runLogs } from './run-folder.js';

/** Why a node ran in a recorded run, in the words of then. */
export interface RanSince {
  readonly node: string;
  readonly run: string;
  readonly reason: string;
}

/**
 * What a node's needs, and theirs, ran for after a run, oldest first. Where a build failed, its needs are fresh again and have nothing more to tell; what was changed
 * stands only in the record of the run that read it. Leaves out those that only ran because something they need had.
 */
export function changesSince(workspace: WorkspacePaths, graph: Graph, node: string, run: string): readonly RanSince[] {
  const above = needsOf(graph, node);
  return listRuns(workspace).filter((id) => id > run).flatMap((id) => {
    const events = readEvents(runLogs(workspace, id));
    const done = new Set(events.flatMap((event) => (event.type === 'node-finished' && event.outcome === 'ran' ? [event.node] : [])));
    return events.flatMap((event) => (event.type === 'node-started' && above.has(event.node) && done.has(event.node) && !isOfANeed(graph, event) ? [{ node: event.node, run: id, reason: event.reason }] : []));
  });
}

function isOfANeed({ nodes }: Graph, { node, reason }: { readonly node: string; readonly reason: string }): boolean {
  return nodes.get(node)?.needs.some((need) => reason.startsWith(`${need} `)) === true;
}
