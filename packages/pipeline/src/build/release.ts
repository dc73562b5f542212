import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { WorkspacePaths } from '@crpm/core';
import { writeFileAtomic } from '@crpm/state';

import type { BuildrootFact } from '../facts.js';
import type { RpmbuildParams } from '../params.js';

const LETTERS = 'crpmu';
/** Of `20261126065345123`: a moment of UTC, to the millisecond. Below 2^63, and of one width until the year 10000. */
const DIGITS = 17;

/**
 * Stands where `release: unique` puts a suffix of each build's own: what is asked before a build must not change with the time, or nothing would ever be fresh. It is as
 * wide as they are and sorts above every official release as they do.
 */
export const FORETOLD_SUFFIX = LETTERS + '0'.repeat(DIGITS);

/** What a build is told and expects, with the release that this one build has. */
export function released<P extends RpmbuildParams>(params: P, buildroot: BuildrootFact, workspace: WorkspacePaths): { readonly params: P; readonly buildroot: BuildrootFact } {
  if (!params.options.unique) return { params, buildroot };
  const suffix = nextSuffix(workspace, Date.now());
  return { params: { ...params, options: { ...params.options, suffix } }, buildroot: { ...buildroot, evr: buildroot.evr.replace(FORETOLD_SUFFIX, suffix) } };
}

/** A suffix that sorts above all that this workspace gave before, whatever the clock does. The workspace's lock keeps other processes out. */
export function nextSuffix(workspace: Pick<WorkspacePaths, 'state'>, now: number): string {
  const file = join(workspace.state, 'unique-release');
  const moment = Math.max(now, lastMoment(file) + 1);
  mkdirSync(workspace.state, { recursive: true });
  writeFileAtomic(file, `${String(moment)}\n`);
  return LETTERS + new Date(moment).toISOString().replace(/\D/g, '');
}

/** Milliseconds since the epoch; 0 where nothing readable was noted. */
function lastMoment(file: string): number {
  try {
    return Number(/^(\d{1,15})\n$/.exec(readFileSync(file, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
