import { existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sweepLeftovers, writeFileAtomic } from '@crpm/state';
import type { TreeState } from './tree-state.js';
import { applyState, sameState, stateOf, type FurtherChange } from './further-files.js';
import { writeUndo, type UndoRecord } from './undo.js';
import { readYielded, YIELDED, type Yielded } from './yielded-files.js';

/*
 * The two files of the user's tree change together, with those that KubeVirt's make changed besides, each by a rename:
 *
 *   intent written ─▶ one file renamed after the other ─▶ undo record written ─▶ intent removed
 *
 * A landing that was killed leaves its intent. Whoever locks the tree next completes it, or, where one of the files was edited
 * in between, takes the others back.
 */

/** A landing that has begun. */
interface Intent {
  readonly before: Yielded;
  readonly after: Yielded;
  /** Absent: none. */
  readonly further?: readonly FurtherChange[];
  /** The undo record that goes with `after`; null: none is left. */
  readonly undo: UndoRecord | null;
}

/**
 * Brings both files and the further ones into the user's tree if all still are what was read at the start. The caller holds the tree's lock.
 * False, and nothing written, if somebody changed one of them meanwhile.
 */
export function land(tree: TreeState, before: Yielded, after: Yielded, undo: UndoRecord | undefined, further: readonly FurtherChange[] = []): boolean {
  if (!same(readYielded(tree.dir), before) || !further.every((change) => sameState(stateOf(tree.dir, change.path), change.before))) return false;
  const intent: Intent = { before, after, ...(further.length > 0 && { further }), undo: undo ?? null };
  writeFileAtomic(tree.intent, JSON.stringify(intent), { mode: 0o600 });
  finish(tree, intent);
  return true;
}

/** Completes or takes back what a killed landing began. The caller holds the tree's lock. Says what it did, for a warning. */
export function recoverLanding(tree: TreeState): 'completed' | 'taken back' | undefined {
  for (const path of YIELDED) sweepLeftovers(dirname(join(tree.dir, path)));
  if (!existsSync(tree.intent)) return undefined;
  const intent = JSON.parse(readFileSync(tree.intent, 'utf8')) as Intent;
  const { further = [] } = intent;
  for (const { path } of further) sweepLeftovers(dirname(join(tree.dir, path)));
  const current = readYielded(tree.dir);
  const states = further.map((change) => ({ change, now: stateOf(tree.dir, change.path) }));
  const known = YIELDED.every((path) => current[path] === intent.before[path] || current[path] === intent.after[path]);
  if (known && states.every(({ change, now }) => sameState(now, change.before) || sameState(now, change.after))) {
    finish(tree, intent);
    return 'completed';
  }
  for (const path of YIELDED) if (current[path] === intent.after[path]) writeFileAtomic(join(tree.dir, path), intent.before[path]);
  for (const { change, now } of states) if (sameState(now, change.after)) applyState(tree.dir, change, change.before);
  rmSync(tree.intent);
  return 'taken back';
}

function finish(tree: TreeState, { before, after, further = [], undo }: Intent): void {
  for (const path of YIELDED) {
    // A file that stays as it is keeps its times: builds look at them.
    if (before[path] !== after[path]) writeFileAtomic(join(tree.dir, path), after[path]);
  }
  for (const change of further) if (!sameState(stateOf(tree.dir, change.path), change.after)) applyState(tree.dir, change, change.after);
  writeUndo(tree.undo, undo ?? undefined);
  rmSync(tree.intent);
}

function same(a: Yielded, b: Yielded): boolean {
  return YIELDED.every((path) => a[path] === b[path]);
}
