import { setTimeout as delay } from 'node:timers/promises';
import type { WorkspacePaths } from '@crpm/core';
import { wasKilled } from '../run-folder.js';
import { newestRun, readRecord } from './newest-run.js';

/** How often a record is looked at, in milliseconds. */
const LOOK = 200;
/** How often, in looks, it is asked whether somebody still works on the run; and how often a word is said so that the connection is not taken for dead. */
const ASK_HOLDER = 10;
const SAY_SOMETHING = 75;

/** Where a reader of a run is. */
export interface Place {
  readonly run: string;
  /** Bytes of its record that were sent. */
  readonly offset: number;
}

export interface FollowOptions {
  readonly workspace: WorkspacePaths;
  /** What the page shows; absent: no run yet. */
  readonly from: Place | undefined;
  /** Who works in the workspace now. */
  readonly holder: () => { readonly since: string } | undefined;
  /** Takes text of a stream of server-sent events; resolves when there is room for more. */
  readonly send: (text: string) => Promise<void> | void;
  readonly signal: AbortSignal;
}

/** Sends the events of a run as they are recorded, each with its place as id, until another run begins, which ends the stream with `newer`. A run that was killed is told as `killed`. */
export async function follow({ workspace, from, holder, send, signal }: FollowOptions): Promise<void> {
  let offset = from?.offset ?? 0;
  const before = from ? readRecord(workspace, from.run, 0).lines : [];
  const started = startOf(before);
  let isOpen = from !== undefined && !hasEnd(before);
  for (let look = 0; !signal.aborted; look++) {
    // Asked before the record is read: what a run records, it does before it lets go.
    const asked = isOpen && look % ASK_HOLDER === 0 ? { holder: holder() } : undefined;
    if (from) {
      const { lines, end } = readRecord(workspace, from.run, offset);
      for (const line of lines) await send(`id: ${from.run}/${String(line.end)}\ndata: ${line.text}\n\n`);
      offset = end;
      if (hasEnd(lines)) isOpen = false;
      if (isOpen && asked && wasKilled({ started }, asked.holder)) {
        isOpen = false;
        await send('event: killed\ndata: {}\n\n');
      }
    }
    const newest = newestRun(workspace);
    if (newest !== undefined && newest !== from?.run) {
      await send('event: newer\ndata: {}\n\n');
      return;
    }
    if (look % SAY_SOMETHING === 0) await send(': here\n\n');
    await delay(LOOK, undefined, { signal }).catch(() => undefined);
  }
}

type RecordLines = ReturnType<typeof readRecord>['lines'];

/** When a run began; milliseconds since the epoch. */
function startOf([first]: RecordLines): number {
  return first ? (JSON.parse(first.text) as { readonly at: number }).at : 0;
}

function hasEnd(lines: RecordLines): boolean {
  return lines.some(({ text }) => text.startsWith('{"type":"run-finished"'));
}

/** `<run>/<bytes>`, as a browser that connects again gives it back. */
export function parsePlace(id: string | undefined): Place | undefined {
  const [, run, offset] = /^([\w.-]+)\/(\d{1,15})$/.exec(id ?? '') ?? [];
  return run === undefined || offset === undefined ? undefined : { run, offset: Number(offset) };
}
