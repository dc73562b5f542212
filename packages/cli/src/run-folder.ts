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

/** Runs whose logs are kept. */
const KEPT = 20;
/** Names of old had no milliseconds. */
const RUN_NAME = /^\d{8}T\d{6}(\.\d{3})?Z-[0-9a-f]{6}$/;

/** A name for a new run. */
export function newRunId(now: Date = new Date()): string {
  return `${now.toISOString().replace(/[-:]/g, '')}-${randomBytes(3).toString('hex')}`;
}

/** Removes the logs of the oldest runs, so that there is room for one more. */
export function pruneRuns(workspace: WorkspacePaths): void {
  const runs = listRuns(workspace);
  for (const id of runs.slice(0, Math.max(0, runs.length - KEPT + 1))) rmSync(runLogs(workspace, id), { recursive: true, force: true });
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
