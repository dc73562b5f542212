import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { WorkspacePaths } from '@crpm/core';
import { listRuns, runLogs } from '../run-folder.js';

/** Whole lines of a record from a byte on, and where the next one begins. */
export interface Lines {
  readonly lines: readonly { readonly text: string; readonly end: number }[];
  readonly end: number;
}

const NEWLINE = 10;
const NONE: Buffer = Buffer.alloc(0);

/** What was written to the record of a run behind `offset`. A line that is not whole yet comes the next time; a record that is not there has no lines. */
export function readRecord(workspace: WorkspacePaths, run: string, offset: number): Lines {
  const bytes = readFrom(recordOf(workspace, run), offset);
  const lines: { text: string; end: number }[] = [];
  let start = 0;
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, start)) {
    lines.push({ text: bytes.toString('utf8', start, at), end: offset + at + 1 });
    start = at + 1;
  }
  return { lines, end: offset + start };
}

/** The run that began last; one that is about to begin has nothing on record yet, and is none. */
export function newestRun(workspace: WorkspacePaths): string | undefined {
  return listRuns(workspace).findLast((run) => (statSync(recordOf(workspace, run), { throwIfNoEntry: false })?.size ?? 0) > 0);
}

function recordOf(workspace: WorkspacePaths, run: string): string {
  return join(runLogs(workspace, run), 'events.ndjson');
}

function readFrom(file: string, offset: number): Buffer {
  let fd: number;
  try {
    fd = openSync(file, 'r');
  } catch {
    return NONE;
  }
  try {
    const bytes = Buffer.alloc(Math.max(0, fstatSync(fd).size - offset));
    return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, offset));
  } finally {
    closeSync(fd);
  }
}
