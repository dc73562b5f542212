import { needsOf, type Graph, type NodeOutcome, type WorkspacePaths } from '@crpm/core';
import { listRuns, readEvents, runLogs } from './run-folder.js';

/** Why a node ran in a recorded run, in the words of then. */
export interface RanSince {
  readonly node: string;
  readonly run: string;
  readonly reason: string;
}

/**
 * What a node's needs, and theirs, ran for since a run on record last found its result to be of them, oldest first. Where a build failed, its needs are fresh again and
 * have nothing more to tell; what was changed stands only in the record of the run that read it. Leaves out those that only ran because something they need had.
 */
export function changesSince(workspace: WorkspacePaths, graph: Graph, node: string): readonly RanSince[] {
  const above = needsOf(graph, node);
  const runs = listRuns(workspace).map((run) => ({ run, events: readEvents(runLogs(workspace, run)) }));
  const held = runs.findLastIndex(({ events }) => events.some((event) => event.type === 'node-finished' && event.node === node && HELD.has(event.outcome) && event.stale === undefined));
  return runs.slice(held + 1).flatMap(({ run, events }) => {
    const done = new Set(events.flatMap((event) => (event.type === 'node-finished' && event.outcome === 'ran' ? [event.node] : [])));
    return events.flatMap((event) => (event.type === 'node-started' && above.has(event.node) && done.has(event.node) && event.cause !== 'needs' ? [{ node: event.node, run, reason: event.reason }] : []));
  });
}

const HELD: ReadonlySet<NodeOutcome> = new Set<NodeOutcome>(['ran', 'fresh', 'restored']);
