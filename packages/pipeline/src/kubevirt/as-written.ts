import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FailureError } from '@crpm/core';
import { hashText } from '@crpm/state';
import type { RpmDepsFact } from './facts.js';
import { isMoved } from './move-addresses.js';
import { readYielded } from './yielded-files.js';

type Now = Parameters<typeof isMoved>[2];

/** The first file of a KubeVirt tree that is not as `rpm-deps` wrote it; nothing if all are. */
export function changedSinceWritten(dir: string, fact: RpmDepsFact, now: Now): string | undefined {
  if (!isAsWritten(dir, fact, now)) return 'WORKSPACE';
  if (digestOf(join(dir, 'rpm/BUILD.bazel')) !== fact.build) return 'rpm/BUILD.bazel';
  return Object.entries(fact.further ?? {}).find(([path, digest]) => digestOf(join(dir, path)) !== digest)?.[0];
}

/** A server that moved took the addresses along; one that moved without them leaves a WORKSPACE that names nothing. */
function isAsWritten(dir: string, { workspace: digest, baseUrl }: RpmDepsFact, now: Now): boolean {
  if (now.baseUrl === baseUrl) return digestOf(join(dir, 'WORKSPACE')) === digest;
  try {
    return isMoved(readYielded(dir).WORKSPACE, { digest, baseUrl }, now);
  } catch (error) {
    // Neither is a file that can't be read or parsed what was written; running tells what is wrong with it.
    if (error instanceof FailureError) return false;
    throw error;
  }
}

/** Hex sha256 of a text file, or `absent`. */
export function digestOf(file: string): string {
  try {
    return hashText(readFileSync(file, 'utf8'));
  } catch {
    return 'absent';
  }
}
