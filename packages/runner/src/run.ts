import { setMaxListeners } from 'node:events';
import { EXIT, exitCodeOf, toFailure, type EventNode, type Failure, type GraphNode, type Json, type NodeOutcome } from '@crpm/core';
import { errorCode, Journal, realFs } from '@crpm/state';
import { Announcer } from './announcer.js';
import { criticalPaths } from './critical-path.js';
import { History, journalFile } from './history.js';
import { checkKinds, kindOf } from './kinds.js';
import { lastTime } from './last-time.js';
import type { NodeSummary, RunOptions, RunSummary } from './options.js';
import { Results } from './results.js';
import { schedule } from './scheduler.js';
import { Shared } from './shared.js';
import { removeUnrecorded } from './sweep-results.js';
import { Visitor } from './visitor.js';

/**
 * Brings every node of the graph to its result, doing no work that was done before. What the nodes come to is in the summary and
 * in the events; it throws only before the first event (class `usage`: the journal is a newer crpm's; or the
 * state folder can't be written) and for bugs.
 */
export async function run(options: RunOptions): Promise<RunSummary> {
  const { graph, runId, signal } = options;
  const fs = options.fs ?? realFs;
  checkKinds(graph, options.kinds);
  // Every node that waits for something listens.
  setMaxListeners(0, signal);
  const begun = performance.now();
  const journal = Journal.open(journalFile(options.workspace), fs);
  const announcer = new Announcer({ events: options.events, fs, folder: options.logsDir });
  try {
    const history = new History(journal.records);
    const results = new Results({ fs, workspace: options.workspace, history, journal, warn: (text) => { announcer.warn(text); } });
    const expectedMs = (node: GraphNode) => {
      const time = lastTime(kindOf(options.kinds, node), history.last(node.id));
      return time && 'lastMs' in time ? time.lastMs : undefined;
    };
    announcer.emit({
      type: 'run-started', at: Date.now(), run: runId, logs: options.logsDir,
      nodes: [...graph.nodes.values()].map((node) => eventNode(node, expectedMs(node))),
      ...(options.environment ? { environment: options.environment } : {}),
    });
    if (journal.warning !== undefined) announcer.warn(journal.warning);
    compact(journal, history, announcer);
    const paths = criticalPaths(graph, (id) => { const node = graph.nodes.get(id); return (node && expectedMs(node)) ?? history.last(id)?.ms; });
    const priority = ({ id }: GraphNode) => paths.get(id) ?? 0;
    const shared = new Shared(options.openRemote, announcer);
    const visitor = new Visitor({ options, fs, journal, history, results, announcer, shared, priority });
    try {
      const { jobs: concurrency, keepGoing, queue } = options;
      const states = await schedule({ graph, concurrency, keepGoing, signal, priority, ...(queue ? { queue } : {}), visit: (node, stopping) => visitor.visit(node, stopping) });
      for (const node of graph.nodes.values()) if (states.get(node.id) === 'not-run') visitor.notRun(node);
    } finally {
      await tidy(announcer, () => visitor.close());
      await tidy(announcer, () => shared.finish(signal));
    }
    await tidy(announcer, () => { removeUnrecorded(options.workspace.state, history, fs); });

    const engine = await visitor.engineUsed();
    const nodes = visitor.summaries();
    const summary: RunSummary = {
      runId,
      exitCode: exitCodeOfRun(signal.aborted, visitor.failures),
      ms: performance.now() - begun,
      counts: countOutcomes(nodes),
      nodes,
      warnings: announcer.warnings,
    };
    announcer.emit({ type: 'run-finished', at: Date.now(), run: runId, ms: summary.ms, exitCode: summary.exitCode, counts: summary.counts, ...(engine === undefined ? {} : { engine }) });
    return summary;
  } finally {
    announcer.close();
    journal.close();
  }
}

function eventNode({ id, kind, title, group, needs }: GraphNode, lastMs: number | undefined): EventNode {
  return { id, kind, title, needs, ...(group === undefined ? {} : { group }), ...(lastMs === undefined ? {} : { lastMs }) };
}

/** Of each node only the last result counts. Where most of the journal is older, it is written anew; that can wait until there is room for it. */
function compact(journal: Journal, history: History, announcer: Announcer): void {
  const alive = [...history.all()];
  if (journal.records.length < 2 * alive.length) return;
  try {
    journal.compact(alive as unknown as readonly Json[]);
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    announcer.warn(`can't write the journal anew: ${toFailure(error).message}`);
  }
}

/** All results are recorded by now: what can't be cleaned up after them is worth a warning, not a failure. */
async function tidy(announcer: Announcer, action: () => Promise<void> | void): Promise<void> {
  try {
    await action();
  } catch (error) {
    announcer.warn(`can't clean up after the run: ${toFailure(error).message}`);
  }
}

/** The first failure tells; but a bug is never hidden behind another failure. */
function exitCodeOfRun(cancelled: boolean, failures: readonly Failure[]): number {
  if (failures.some((failure) => failure.class === 'bug')) return EXIT.bug;
  if (cancelled) return EXIT.sigint;
  const first = failures[0];
  return first ? exitCodeOf(first.class) : EXIT.ok;
}

function countOutcomes(nodes: ReadonlyMap<string, NodeSummary>): Readonly<Record<NodeOutcome, number>> {
  const counts = { ran: 0, fresh: 0, restored: 0, failed: 0, 'not-run': 0, cancelled: 0 };
  for (const { outcome } of nodes.values()) counts[outcome]++;
  return counts;
}
