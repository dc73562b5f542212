import { existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { sweepLeftovers, writeFileAtomic } from '@crpm/state';
import type { TreeState } from './tree-state.js';
import { writeUndo, type UndoRecord } from './undo.js';
import { readYielded, YIELDED, type Yielded } from './yielded-files.js';

/*
 * Two files of the user's tree change together, each by a rename:
 *
 *   intent written ─▶ first file renamed ─▶ second file renamed ─▶ undo record written ─▶ intent removed
 *
 * A landing that was killed leaves its intent. Whoever locks the tree next completes it, or, where one of the files was edited
 * in between, takes the other one back.
 */

/** A landing that has begun. */
interface Intent {
  readonly before: Yielded;
  readonly after: Yielded;
  /** The undo record that goes with `after`; null: none is left. */
  readonly undo: UndoRecord | null;
}

/**
 * Brings both files into the user's tree if they still are what was read at the start. The caller holds the tree's lock.
 * False, and nothing written, if somebody changed one of them meanwhile.
 */
export function land(tree: TreeState, before: Yielded, after: Yielded, undo: UndoRecord | undefined): boolean {
  if (!same(readYielded(tree.dir), before)) return false;
  const intent: Intent = { before, after, undo: undo ?? null };
  writeFileAtomic(tree.intent, JSON.stringify(intent), { mode: 0o600 });
  finish(tree, intent);
  return true;
}

/** Completes or takes back what a killed landing began. The caller holds the tree's lock. Says what it did, for a warning. */
export function recoverLanding(tree: TreeState): 'completed' | 'taken back' | undefined {
  for (const path of YIELDED) sweepLeftovers(dirname(join(tree.dir, path)));
  if (!existsSync(tree.intent)) return undefined;
  const intent = JSON.parse(readFileSync(tree.intent, 'utf8')) as Intent;
  const current = readYielded(tree.dir);
  if (YIELDED.every((path) => current[path] === intent.before[path] || current[path] === intent.after[path])) {
    finish(tree, intent);
    return 'completed';
  }
  for (const path of YIELDED) if (current[path] === intent.after[path]) writeFileAtomic(join(tree.dir, path), intent.before[path]);
  rmSync(tree.intent);
  return 'taken back';
}

function finish(tree: TreeState, { before, after, undo }: Intent): void {
  for (const path of YIELDED) {
    // A file that stays as it is keeps its times: builds look at them.
    if (before[path] !== after[path]) writeFileAtomic(join(tree.dir, path), after[path]);
  }
  writeUndo(tree.undo, undo ?? undefined);
  rmSync(tree.intent);
}

function same(a: Yielded, b: Yielded): boolean {
  return YIELDED.every((path) => a[path] === b[path]);
}
