import { dirname, join } from 'node:path';

import { extractTar, packFiles, packPath } from '@crpm/archive';
import { type NodeContext, type NodeKind, type Work } from '@crpm/core';

import { collectRpms } from '../build/collect-rpms.js';
import { FEDORA_MACROS, MACRO_FILE } from '../build/fedora-macros.js';
import { define, specArguments } from '../build/spec-arguments.js';
import { reproducibleDefines } from '../build/reproducible.js';
import { putTree, snapshots } from '../build/trees.js';
import { withStaging } from '../build/staging.js';
import { mustRun, withWork } from '../build/work.js';
import type { BuildrootFact, DistFact, RpmsFact, RpmTraits } from '../facts.js';
import { needFact, needOf } from '../needs.js';
import type { RpmbuildParams } from '../params.js';

/** RPMs from a source archive and a spec, in the package's build root, without network. */
export function rpmbuildKind(): NodeKind<RpmbuildParams> {
  return {
    name: 'rpmbuild',
    version: 2,
    weight: 'heavy',
    async inputs() {
      return [];
    },
    run,
  };
}

/** Below the work's root. */
const TOPDIR = 'rpmbuild';

async function run(params: RpmbuildParams, context: NodeContext): Promise<RpmsFact> {
  const buildroot = needFact<BuildrootFact>(context, 'buildroot');
  const dist = needFact<DistFact>(context, 'dist');
  const memory = params.memory ?? context.budget.memory;
  return withWork(context, { image: buildroot.here.image, arch: params.arch, memory }, async (work) => {
    await putSources(context, work, dist);
    const jobs = Math.min(params.jobs ?? context.budget.jobs, context.budget.jobs);
    const argv = rpmbuildArguments(params, { buildroot, topdir: `${work.root}/${TOPDIR}`, jobs, spec: `${TOPDIR}/${dist.spec}` });
    context.report.status(`rpmbuild with ${String(jobs)} ${jobs === 1 ? 'job' : 'jobs'}`);
    await mustRun(context, work, { argv, env: { RPM_BUILD_NCPUS: String(jobs) } }, (seen, code) => ({
      class: 'build',
      message: `rpmbuild of ${params.package} ended with exit code ${String(code)}`,
      next: 'Correct what the lines shown name; the log has all of the output.',
      lines: seen.telling(),
    }));
    return withStaging(context.workspace, async (staging) => {
      const folder = join(staging, 'RPMS');
      await extractTar(await work.get(`${TOPDIR}/RPMS`), folder);
      return { package: params.package, rpms: await collectRpms(folder, context.out, { arch: params.arch, evr: buildroot.evr, what: params.package }) };
    });
  });
}

/** The archive and the files of the dist-git folder to SOURCES, the spec beside them. */
async function putSources(context: NodeContext, work: Work, dist: DistFact): Promise<void> {
  const { spec } = await snapshots(context);
  if (spec) await putTree(work, spec, `${TOPDIR}/SOURCES`);
  const from = needOf(context, 'dist').dir;
  await work.put(packPath(Buffer.from(join(from, dirname(dist.archive))), `${TOPDIR}/SOURCES`));
  await work.put(packPath(Buffer.from(join(from, dirname(dist.spec))), `${TOPDIR}/${dirname(dist.spec)}`));
  await work.put(packFiles([{ path: `${TOPDIR}/${MACRO_FILE}`, content: FEDORA_MACROS }]));
  await mustRun(context, work, { argv: ['mkdir', '-p', `${TOPDIR}/BUILD`, `${TOPDIR}/RPMS`] }, () => noFolder(context));
}

function noFolder(context: NodeContext) {
  return { class: 'environment', message: `no folder can be made in the work folder of ${context.node.id}`, next: 'Look at the space that is left for the engine.' } as const;
}

/** Where and how one build runs. */
export interface BuildPlace {
  readonly buildroot: RpmTraits;
  /** Absolute. */
  readonly topdir: string;
  readonly jobs: number;
  /** Path of the spec. */
  readonly spec: string;
}

/** The command line. Defines that make the build quick or repeatable come before those of the user, which win. */
export function rpmbuildArguments(params: RpmbuildParams, { buildroot, topdir, jobs, spec }: BuildPlace): readonly string[] {
  return [
    'rpmbuild',
    '-bb',
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
    ...(params.payload === 'quick' ? define('_binary_payload', 'w1.gzdio') : []),
    ...specArguments(params.options, buildroot.dist),
    spec,
  ];
}
