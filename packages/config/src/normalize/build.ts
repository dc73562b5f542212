import type { BuildConfig } from '@crpm/core';
import type { Complaints } from '../check/complaints.js';
import type { Build } from '../generated/config-file.js';
import type { Path } from '../yaml/nodes.js';
import { toBytes } from './size.js';

const LEAST_MEMORY = 16 * 1024 ** 2;

/** A build section and the path it stands at. */
export interface BuildSection {
  readonly at: Path;
  readonly build: Build;
}

/** A source's build options: its own over the file's over the defaults. Runs in CI are `full` unless told otherwise. */
export function resolveBuild(all: BuildSection, own: BuildSection, ci: boolean): BuildConfig {
  const profile = own.build.profile ?? all.build.profile ?? (ci ? 'full' : 'dev');
  const jobs = own.build.jobs ?? all.build.jobs;
  const memory = own.build.memory ?? all.build.memory;
  const over = (mine: 'with' | 'without', theirs: 'with' | 'without') => [
    ...new Set([...(all.build[mine] ?? []).filter((name) => !own.build[theirs]?.includes(name)), ...(own.build[mine] ?? [])]),
  ];
  return {
    profile,
    check: own.build.check ?? all.build.check ?? profile === 'full',
    ccache: own.build.ccache ?? all.build.ccache ?? true,
    debuginfo: own.build.debuginfo ?? all.build.debuginfo ?? profile === 'full',
    ...(jobs !== undefined && { jobs }),
    ...(memory !== undefined && { memory: toBytes(memory) }),
    defines: { ...all.build.defines, ...own.build.defines },
    with: over('with', 'without'),
    without: over('without', 'with'),
  };
}

/** What the schema can't say about one build section. */
export function checkBuild({ at, build }: BuildSection, complaints: Complaints): void {
  for (const name of build.with ?? []) {
    if (build.without?.includes(name)) complaints.error([...at, 'without'], `${name} is in with and in without; choose one`);
  }
  if (typeof build.memory === 'string' && toBytes(build.memory) < LEAST_MEMORY) {
    complaints.error([...at, 'memory'], `memory must be at least 16MiB; not ${build.memory}`);
  }
}
