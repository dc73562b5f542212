import type { NodeOutcome, WorkspacePaths } from '@crpm/core';
import { failureIn, type RecordedFailure } from './history.js';
import { listRuns, readEvents, runLogs } from './run-folder.js';

/** The last time that a node really ran, well or not; what a run on record tells of it. */
export interface Attempt {
  readonly run: string;
  /** When it ended, ISO 8601. */
  readonly at: string;
  /** Milliseconds. */
  readonly ms: number;
  readonly outcome: Extract<NodeOutcome, 'ran' | 'failed' | 'cancelled'>;
  /** Why it ran, each cause in the words of then. */
  readonly reasons: readonly string[];
  readonly failure?: RecordedFailure;
}

/** Nothing where no run on record ran it. A result that was found to hold since takes the place of a failure. */
export function lastAttempt(workspace: WorkspacePaths, node: string): Attempt | undefined {
  let last: Attempt | undefined;
  let good: Attempt | undefined;
  for (const run of listRuns(workspace)) {
    let reasons: readonly string[] = [];
    for (const event of readEvents(runLogs(workspace, run))) {
      if (!('node' in event) || event.node !== node) continue;
      if (event.type === 'node-started') reasons = event.reasons ?? [event.reason];
      if (event.type !== 'node-finished' || event.role !== undefined) continue;
      const { outcome, ms } = event;
      if (outcome === 'fresh' || outcome === 'restored') last = good;
      if (outcome !== 'ran' && outcome !== 'failed' && outcome !== 'cancelled') continue;
      const [failure] = failureIn(event);
      last = { run, at: new Date(event.at).toISOString(), ms, outcome, reasons, ...(failure ? { failure } : {}) };
      if (outcome === 'ran') good = last;
    }
  }
  return last;
}
