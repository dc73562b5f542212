import type { Failure } from '@crpm/core';

import type { Diagnosis, Way } from './diagnose.js';
import { excerpt, first } from './lines.js';

const FULL = /\bNo space left on device\b|\bDisk quota exceeded\b/;
const KILLED = /\bKilled signal terminated program (\S+)|\bfatal error: (ld) terminated with signal 9 /;
const EXHAUSTED = /\bvirtual memory exhausted\b|\bout of memory allocating\b|\bCannot allocate memory$|\bstd::bad_alloc\b|^LLVM ERROR: out of memory/;
const UNREACHABLE = /(?:Could not resolve host:?|Temporary failure in name resolution|unable to access) ?[\u2018'"]?([^\s\u2018\u2019'";]*)/i;

export const MORE_MEMORY = 'Let fewer compile jobs run at once, for each needs memory of its own (build: { jobs: 2 }), or give the build more if the config bounds it (build.memory).';

export const fullDisk: Way = ({ lines, disk }) =>
  first(lines, FULL) && {
    class: 'environment',
    cause: 'disk',
    what: `${disk} is full`,
    next: 'Make room there, then run again; finished work is kept.',
    commands: ['crpm cache gc --max-size 5GiB', 'df -h'],
    lines: excerpt(lines, FULL),
  };

/** Where the kernel's own record says nothing: a compiler that was ended alone, or that was refused what it asked for. */
export const noMemory: Way = ({ lines }) => {
  const killed = first(lines, KILLED);
  if (!killed && !first(lines, EXHAUSTED)) return undefined;
  const program = killed?.[1] ?? killed?.[2];
  return {
    class: 'oom',
    cause: 'memory',
    what: program === undefined ? 'a program of the build got no more memory' : `the kernel ended ${program}, most likely for lack of memory`,
    next: MORE_MEMORY,
    lines: excerpt(lines, killed ? KILLED : EXHAUSTED),
  };
};

export const noNetwork: Way = ({ lines }) => {
  const host = first(lines, UNREACHABLE);
  return (
    host && {
      class: 'build',
      cause: 'network',
      what: `the build wants to fetch something${host[1] ? ` (${host[1]})` : ''}, and builds have no network`,
      next: 'Put what it fetches into the tree or its archive (a subproject, a vendored folder), or name it in a Source line of the spec.',
      lines: excerpt(lines, UNREACHABLE),
    }
  );
};

/** Of any program: whether disk, memory or network is why it failed. `online`: whether it had one. */
export function ofMachine(lines: readonly string[], { online }: { readonly online: boolean }): Failure | undefined {
  const failed = { lines, package: '', complaints: [], path: (file: string) => file, disk: 'the disk where it runs' };
  const found = fullDisk(failed) ?? noMemory(failed) ?? (online ? unreachable(lines) : noNetwork(failed));
  return found && asFailure(found);
}

function unreachable(lines: readonly string[]): Diagnosis | undefined {
  const host = first(lines, UNREACHABLE);
  return (
    host && {
      class: 'environment',
      cause: 'network',
      what: `${host[1] || 'a server'} can't be reached`,
      next: 'See whether programs of the engine reach it, and whether they are told of the proxy that they need; then run again.',
      lines: excerpt(lines, UNREACHABLE),
    }
  );
}

export function asFailure({ what, ...rest }: Diagnosis): Failure {
  return { ...rest, message: what };
}
