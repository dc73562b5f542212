import type { RpmTraits } from '../facts.js';
import type { RpmbuildParams } from '../params.js';
import { MACRO_FILE } from './fedora-macros.js';
import { reproducibleDefines } from './reproducible.js';
import { define, specArguments } from './spec-arguments.js';

/** rpm's `_topdir`, below the work's root. */
export const TOPDIR = 'rpmbuild';

/** Where and how one build runs. */
export interface BuildPlace {
  readonly buildroot: RpmTraits;
  /** Absolute. */
  readonly topdir: string;
  readonly jobs: number;
  /** Path of the spec. */
  readonly spec: string;
}

/** What follows `rpmbuild -bb`. Defines that make the build quick or repeatable come before those of the user, which win. */
export function rpmbuildArguments(params: RpmbuildParams, { buildroot, topdir, jobs, spec }: BuildPlace): readonly string[] {
  return [
    ...(params.check ? [] : ['--nocheck']),
    ...(buildroot.checkBuildRequires ? [] : ['--nodeps']),
    ...(buildroot.lacksMacros ? ['--load', `${topdir}/${MACRO_FILE}`] : []),
    ...define('_topdir', topdir),
    // Of a build that fails rpmbuild keeps its scripts, by default in /var/tmp: on this machine they would stay for ever.
    ...define('_tmppath', `${topdir}/tmp`),
    ...define('_smp_build_ncpus', String(jobs)),
    ...reproducibleDefines,
    ...(params.debuginfo ? [] : define('debug_package', '%{nil}')),
    // Never w.ufdio: bazeldnf can't read an uncompressed payload.
    ...(params.profile === 'dev' ? define('_binary_payload', 'w1.gzdio') : []),
    ...specArguments(params.options, buildroot.dist),
    spec,
  ];
}

/** How many compile jobs a build gets: its share of the budget, and no more than the config allows. */
export function jobsOf(params: RpmbuildParams, granted: number): number {
  return Math.min(params.jobs ?? granted, granted);
}
