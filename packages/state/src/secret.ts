import { createHmac, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { WorkspacePaths } from '@crpm/core';

import { writeFileAtomic } from './atomic.js';

/** 64 hex digits for one purpose: always the same in this workspace, and guessed by nobody who can't read the user's files. What they are for tells nothing of any other. */
export function secretFor(workspace: Pick<WorkspacePaths, 'state'>, purpose: string): string {
  return createHmac('sha256', secretOf(workspace)).update(purpose).digest('hex');
}

function secretOf({ state }: Pick<WorkspacePaths, 'state'>): string {
  const file = join(state, 'secret');
  try {
    const known = readFileSync(file, 'utf8').trim();
    if (/^[0-9a-f]{64}$/.test(known)) return known;
  } catch {
    // The first time.
  }
  const secret = randomBytes(32).toString('hex');
  mkdirSync(state, { recursive: true });
  writeFileAtomic(file, `${secret}\n`, { mode: 0o600 });
  return secret;
}
