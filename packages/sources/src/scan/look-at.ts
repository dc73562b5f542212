import { readFileSync, type Stats } from 'node:fs';
import type { BytePath } from '@crpm/archive';
import { lstatIfThere, matches, STAMP_LENGTH } from './stamps.js';
import type { TreeRecord } from './tree-record.js';

/** Lets others have their turn when it is time; rejects when the scan shall stop. */
export type Pause = () => Promise<void> | undefined;

export interface LookAtOptions {
  /** Places in the names of the record, the last one excluded. */
  readonly from: number;
  readonly to: number;
  readonly pause: Pause;
  /** Hears of each that is as it was. */
  readonly seen?: (index: number) => void;
}

/** Holds names of a record against the tree as it is. Gives how many are as they were. */
export async function lookAt({ names, stamps }: TreeRecord, tree: BytePath, { from, to, pause, seen }: LookAtOptions): Promise<number> {
  const prefix = `${tree}/`;
  let same = 0;
  for (let index = from; index < to; index++) {
    // Looking at the clock each time would cost as much as looking at the file.
    if (index % 64 === 0) {
      const pausing = pause();
      if (pausing) await pausing;
    }
    const name = names[index] ?? '';
    if (!matches(stamps, index * STAMP_LENGTH, lstatOrNothing(name.startsWith('/') ? name : prefix + name))) continue;
    seen?.(index);
    same++;
  }
  return same;
}

/** What can't be looked at is not as it was; why, says who reads it. */
export function lstatOrNothing(path: BytePath): Stats | undefined {
  try {
    return lstatIfThere(path);
  } catch {
    return undefined;
  }
}

export function readOrEmpty(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    return Buffer.alloc(0);
  }
}
