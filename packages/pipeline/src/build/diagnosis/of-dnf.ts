import type { Failure } from '@crpm/core';
import { excerpt } from './lines.js';

/** What dnf 4 and dnf 5 say when no mirror answers. A folder of this machine is none: dnf's plugin `local` has one that is not there until it is used, and says so each time. */
const UNREACHABLE = /^(?!.*(?:file:\/\/|'_dnf_local')).*\b(?:Failed to download metadata for repo|Cannot download repomd\.xml|Cannot prepare internal mirrorlist|Could not resolve host|Curl error \(\d+\))/;

/** Whether dnf failed for want of a repository: with `message`, which says what for. */
export function mirrorUnreachable(lines: readonly string[], message: string): Failure | undefined {
  if (!lines.some((line) => UNREACHABLE.test(line))) return undefined;
  return {
    class: 'environment',
    cause: 'network',
    message,
    next: 'See whether containers of this machine reach the mirror, and whether the engine knows the proxy that they need; then run again.',
    lines: excerpt(lines, UNREACHABLE),
  };
}
