import { parseWorkspaceRpms } from '@crpm/rpm';
import { changedSinceWritten } from './as-written.js';
import type { CustomRepository } from './custom-rpms.js';
import type { RpmDepsFact } from './facts.js';
import type { Yielded } from './yielded-files.js';

interface Looked {
  /** Absolute path of the KubeVirt tree. */
  readonly dir: string;
  /** Its files. */
  readonly after: Yielded;
  readonly repositories: readonly CustomRepository[];
  /** What the last `rpm-deps` reported. */
  readonly made: RpmDepsFact;
  /** Where the repository is. */
  readonly now: Parameters<typeof changedSinceWritten>[2];
}

/**
 * Whether a KubeVirt tree is as `rpm-deps` left it and names RPMs of ours that are not the ones in the repository any more: then all of them were right then, and others were built since. `crpm watch`
 * does that, which stops before `rpm-deps`.
 */
export function isOfEarlierBuild({ dir, after, repositories, made, now }: Looked): boolean {
  if (changedSinceWritten(dir, made, now) !== undefined) return false;
  const built = new Set(repositories.flatMap(({ rpms }) => rpms.map(({ sha256 }) => sha256)));
  return parseWorkspaceRpms(after.WORKSPACE).some(({ sha256, urls }) => !built.has(sha256) && urls.some((url) => repositories.some(({ baseUrl }) => url.startsWith(baseUrl))));
}
