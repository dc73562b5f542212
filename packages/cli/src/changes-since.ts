import { needsOf, type Event, type Graph, type NodeOutcome, type WorkspacePaths } from '@crpm/core';
import type { SourceFact } from '@crpm/pipeline';
import type { Difference } from '@crpm/runner';
import { listRuns, readEvents, runLogs } from './run-folder.js';

/** Why a node ran in a recorded run: in the words of then, or, of a source, what differs in its trees from those of the result that is asked for. */
export interface RanSince {
  readonly node: string;
  readonly run: string;
  readonly reason: string;
}

interface Recorded {
  readonly run: string;
  readonly events: readonly Event[];
}

/**
 * What a node's needs, and theirs, ran for since a run on record last found its result to be of them, oldest first. Where a build failed, its needs are fresh again and
 * have nothing more to tell; what was changed stands only in the record of the run that read it. Leaves out those that only ran because something they need had. Sources
 * are compared with what they were then, so that what was put back meanwhile is no change.
 */
export async function changesSince(workspace: WorkspacePaths, graph: Graph, node: string): Promise<readonly RanSince[]> {
  const above = needsOf(graph, node);
  const runs = listRuns(workspace).map((run) => ({ run, events: readEvents(runLogs(workspace, run)) }));
  const held = runs.findLastIndex(({ events }) => events.some((event) => event.type === 'node-finished' && event.node === node && HELD.has(event.outcome) && event.stale === undefined));
  const since = runs.slice(held + 1).flatMap(({ run, events }) => {
    const done = new Set(events.flatMap((event) => (event.type === 'node-finished' && event.outcome === 'ran' ? [event.node] : [])));
    return events.flatMap((event) => (event.type === 'node-started' && above.has(event.node) && done.has(event.node) && event.cause !== 'needs' ? [{ node: event.node, run, reason: event.reason }] : []));
  });
  const compared = new Map<string, string>();
  for (const id of new Set(since.map((one) => one.node))) {
    const reason = graph.nodes.get(id)?.kind === 'source' ? await differenceOf(workspace, factIn(runs.slice(0, held + 1), id), factIn(runs, id)) : undefined;
    if (reason !== undefined) compared.set(id, reason);
  }
  return since.flatMap((one, index) => {
    const reason = compared.get(one.node);
    if (reason === undefined) return [one];
    const isLast = !since.slice(index + 1).some((later) => later.node === one.node);
    return isLast && reason !== '' ? [{ ...one, reason }] : [];
  });
}

/** What a source node last told in these runs. */
function factIn(runs: readonly Recorded[], node: string): SourceFact | undefined {
  const told = runs.flatMap(({ events }) => events.flatMap((event) => (event.type === 'node-finished' && event.node === node && HELD.has(event.outcome) && event.data !== undefined ? [event.data] : [])));
  // Only crpm's own node writes it.
  return told.at(-1) as SourceFact | undefined;
}

/** The files that differ, in words; empty where none does, nothing where that can't be told. */
async function differenceOf({ cache }: WorkspacePaths, before: SourceFact | undefined, now: SourceFact | undefined): Promise<string | undefined> {
  if (!before || !now) return undefined;
  const [{ compareSnapshots }, { formatReason }] = await Promise.all([import('@crpm/sources'), import('@crpm/runner')]);
  const changes: Difference[] = [];
  for (const [name, old, current] of [['tree', [before.digest, before.here.snapshot], [now.digest, now.here.snapshot]], ['spec', [before.specDigest, before.here.specSnapshot], [now.specDigest, now.here.specSnapshot]]] as const) {
    if (old[0] === current[0]) continue;
    const files = old[1] === undefined || current[1] === undefined ? undefined : await compareSnapshots(cache, old[1], current[1]);
    if (!files) return undefined;
    changes.push({ what: 'input', name, parts: files.map(({ path, change }) => ({ part: path, change })) });
  }
  return formatReason(changes);
}

const HELD: ReadonlySet<NodeOutcome> = new Set<NodeOutcome>(['ran', 'fresh', 'restored']);
