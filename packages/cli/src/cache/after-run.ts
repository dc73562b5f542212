import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FailureError, formatSize, toFailure, type WorkspacePaths } from '@crpm/core';
import { count } from '@crpm/reporters';
import { choose, keepBound, lookInto, writeFileAtomic } from '@crpm/state';
import { tell, warn, type Io } from '../io.js';
import type { Project } from '../project.js';
import { openRooms } from './rooms.js';

/** How long the size of what takes seconds to look at is taken for what it was, milliseconds. */
const GOOD_FOR = 3_600_000;

/** What the slow rooms took together when they were last looked into. */
interface SlowSize {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly bytes: number;
}

/**
 * Keeps the cache within its bound after a run that made something. The run is over and well: whatever goes wrong here is a warning. The caller has let go
 * of the workspace.
 */
export async function boundAfterRun(project: Project, workspace: WorkspacePaths, io: Io, signal: AbortSignal): Promise<void> {
  try {
    await bound(project, workspace, io, signal);
  } catch (error) {
    // Another crpm is at it.
    if (error instanceof FailureError && error.failure.class === 'locked') return;
    warn(io, `the cache was not looked after: ${toFailure(error).message}`);
  }
}

async function bound({ config }: Project, { cache }: WorkspacePaths, io: Io, signal: AbortSignal): Promise<void> {
  const rooms = await openRooms(io.env, config, signal);
  try {
    const noted = join(cache, 'slow-rooms.json');
    const last = readSlowSize(noted);
    const isGood = last !== undefined && Date.now() - last.at < GOOD_FOR && Date.now() >= last.at;
    const { maxSize } = config.cache;
    const report = isGood
      ? await keepBound({ rooms: rooms.quick, cache, maxSize: Math.max(0, maxSize - last.bytes), signal })
      : await keepBound({ rooms: [...rooms.quick, ...rooms.slow], cache, maxSize, signal });
    if (!isGood) {
      const { stocks } = await lookInto(rooms.slow, signal);
      const size: SlowSize = { at: Date.now(), bytes: choose(stocks, Infinity).before };
      writeFileAtomic(noted, JSON.stringify(size), { mode: 0o600 });
    }
    const freed = report.before - report.after;
    if (report.removed.length > 0) tell(io.stderr, `the cache was over its bound of ${formatSize(maxSize)} (cache.maxSize): ${count(report.removed.length, 'item')} went, ${formatSize(freed)}`);
    if (report.after > report.maxSize) {
      const over = report.after + maxSize - report.maxSize;
      warn(io, `what must stay takes ${formatSize(over)}, more than cache.maxSize, ${formatSize(maxSize)}; crpm cache ls says why`);
    }
  } finally {
    await rooms.close();
  }
}

function readSlowSize(file: string): SlowSize | undefined {
  try {
    const value = JSON.parse(readFileSync(file, 'utf8')) as Partial<SlowSize> | null;
    return typeof value?.at === 'number' && typeof value.bytes === 'number' ? { at: value.at, bytes: value.bytes } : undefined;
  } catch {
    // A hint: without it they are looked into.
    return undefined;
  }
}
