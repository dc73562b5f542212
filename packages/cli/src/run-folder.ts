import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Event, WorkspacePaths } from '@crpm/core';

/*
 * <state>/logs/<run>/<node>.log      everything a node's programs wrote
 * <state>/logs/<run>/events.ndjson   the run's events, without those lines
 *
 * The runner writes both. A run's name begins with its time in UTC, to the millisecond, so that names sort as runs do.
 */

/** Runs whose logs are kept: of those that did something, and of those that found all fresh. */
const KEPT = 20;
const KEPT_NULL = 5;
/** Names of old had no milliseconds. */
const RUN_NAME = /^\d{8}T\d{6}(\.\d{3})?Z-[0-9a-f]{6}$/;

/** A name for a new run. */
export function newRunId(now: Date = new Date()): string {
  return `${now.toISOString().replace(/[-:]/g, '')}-${randomBytes(3).toString('hex')}`;
}

/** Removes the logs of the oldest runs, so that there is room for one more. One that did nothing never takes the place of one that did. */
export function pruneRuns(workspace: WorkspacePaths): void {
  const runs = listRuns(workspace);
  // Nobody reads twenty records to find that there is nothing to remove.
  if (runs.length < KEPT_NULL) return;
  const nulls = new Set(runs.filter((id) => isNull(workspace, id)));
  const others = runs.filter((id) => !nulls.has(id));
  for (const id of [...oldest([...nulls], KEPT_NULL), ...oldest(others, KEPT)]) rmSync(runLogs(workspace, id), { recursive: true, force: true });
}

/** Those for which there is no room beside one more. */
function oldest(runs: readonly string[], kept: number): readonly string[] {
  return runs.slice(0, Math.max(0, runs.length - kept + 1));
}

/** Whether all that a run had to do was done already. A run without an end did something: it was killed. */
export function foundAllFresh(events: readonly Event[]): boolean {
  const finished = events.find((event) => event.type === 'run-finished');
  return finished?.exitCode === 0 && Object.entries(finished.counts).every(([outcome, count]) => outcome === 'fresh' || count === 0);
}

/** Without reading records where logs tell: a node that runs has one. */
function isNull(workspace: WorkspacePaths, id: string): boolean {
  const logs = runLogs(workspace, id);
  return !readdirSync(logs).some((name) => name.endsWith('.log')) && foundAllFresh(readEvents(logs));
}

/** Whether a run without an end will never have one: nobody works in the workspace, or only somebody who came later. `started`: milliseconds since the epoch. */
export function wasKilled({ started, finished }: { readonly started: number; readonly finished?: object }, holder: { readonly since: string } | undefined): boolean {
  return finished === undefined && (holder === undefined || Date.parse(holder.since) > started);
}

/** Names of the recorded runs, oldest first. */
export function listRuns(workspace: WorkspacePaths): readonly string[] {
  try {
    return readdirSync(join(workspace.state, 'logs')).filter((name) => RUN_NAME.test(name)).sort();
  } catch {
    return [];
  }
}

/** Absolute folder of a run's logs. */
export function runLogs(workspace: WorkspacePaths, run: string): string {
  return join(workspace.state, 'logs', run);
}

/** The events of a recorded run; a record cut by a crash ends the list. */
export function readEvents(logs: string): readonly Event[] {
  let text: string;
  try {
    text = readFileSync(join(logs, 'events.ndjson'), 'utf8');
  } catch {
    return [];
  }
  const events: Event[] = [];
  for (const line of text.split('\n')) {
    try {
      events.push(JSON.parse(line) as Event);
    } catch {
      break;
    }
  }
  return events;
}
