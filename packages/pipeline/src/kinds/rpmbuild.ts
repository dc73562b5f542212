import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { packFiles, packPath } from '@crpm/archive';
import { fail, type NodeContext, type NodeKind, type Work } from '@crpm/core';

import { runAnswering } from '../build/answering-step.js';
import { buildFailed } from '../build/build-failed.js';
import { ccacheEnvironment, ccacheOf, ccacheUse, reportCcache } from '../build/ccache.js';
import { FEDORA_MACROS, MACRO_FILE } from '../build/fedora-macros.js';
import { released } from '../build/release.js';
import { BUILD_TIME } from '../build/reproducible.js';
import { putLookaside } from '../build/lookaside.js';
import { jobsOf, rpmbuildArguments, TOPDIR } from '../build/rpmbuild-command.js';
import { BUILD_RPMS } from '../build/rpmbuild-script.js';
import { script } from '../build/scripts.js';
import { checkSharedRpms } from '../build/shared-rpms.js';
import { takeBuiltRpms } from '../build/take-rpms.js';
import { putTree, snapshots } from '../build/trees.js';
import { outOfMemory, withWork } from '../build/work.js';
import type { BuildrootFact, DistFact, RpmsFact } from '../facts.js';
import { needFact, needOf } from '../needs.js';
import type { RpmbuildParams } from '../params.js';
import { exceptForesight } from './except-foresight.js';
import { BUILD_CONFIG_PATHS, wantedBudget } from './config-paths.js';

/** RPMs from a source archive and a spec, in the package's build root, without network. */
export function rpmbuildKind(): NodeKind<RpmbuildParams> {
  return {
    name: 'rpmbuild',
    version: 4,
    weight: 'heavy',
    configPaths: BUILD_CONFIG_PATHS,
    reads: exceptForesight,
    wants: wantedBudget,
    async inputs() {
      return [];
    },
    shared: {
      // What a `dev` build left out others may want; a release of its own no other build has.
      when: ({ profile, options }) => profile === 'full' && options.unique !== true,
      check: checkSharedRpms,
    },
    run,
  };
}

async function run(asked: RpmbuildParams, context: NodeContext): Promise<RpmsFact> {
  const { params, buildroot } = released(asked, needFact<BuildrootFact>(context, 'buildroot'), context.workspace);
  const { image } = buildroot.here;
  const memory = params.memory ?? context.budget.memory;
  return withWork(context, { image, arch: params.arch, memory, ...ccacheOf(params.ccache, image) }, async (work) => {
    const spec = await putSources(context, work, needFact<DistFact>(context, 'dist'));
    const jobs = jobsOf(params, context.budget.jobs);
    const argv = script(BUILD_RPMS, rpmbuildArguments(params, { buildroot, topdir: `${work.root}/${TOPDIR}`, jobs, spec }));
    context.report.status(`rpmbuild with ${String(jobs)} ${jobs === 1 ? 'job' : 'jobs'}`);
    const env = { RPM_BUILD_NCPUS: String(jobs), ...ccacheEnvironment(work) };
    const { exit, output, answers } = await runAnswering(context, work, { argv, env, keep: [`${TOPDIR}/RPMS`] });
    if (exit.oom) outOfMemory({ program: 'rpmbuild', memory, output });
    if (exit.code !== 0) {
      const { tree } = await snapshots(context);
      fail(await buildFailed({ context, work, package: params.package, tree, output, program: 'rpmbuild', code: exit.code }));
    }
    const ccache = ccacheUse(answers);
    reportCcache(context, ccache);
    return takeBuiltRpms(context, work, params, buildroot.evr, ccache ? { ccache } : {});
  });
}

/** The archive, the files of the dist-git folder and those that it only names to SOURCES, the spec to where `%{_specdir}` is. Its path. */
async function putSources(context: NodeContext, work: Work, dist: DistFact): Promise<string> {
  const { spec: distGit } = await snapshots(context);
  if (distGit) await putTree(work, distGit, `${TOPDIR}/SOURCES`);
  const from = needOf(context, 'dist').dir;
  await putLookaside(context, work, dist.elsewhere, { spec: basename(dist.spec), folder: `${TOPDIR}/SOURCES` });
  if (dist.archive !== undefined) await work.put(packPath(Buffer.from(join(from, dirname(dist.archive))), `${TOPDIR}/SOURCES`));
  const spec = `${TOPDIR}/SPECS/${basename(dist.spec)}`;
  // libvirt's takes SOURCE_DATE_EPOCH from the time of this file.
  const files = [
    { path: spec, content: await readFile(join(from, dist.spec)), mtime: BUILD_TIME },
    { path: `${TOPDIR}/${MACRO_FILE}`, content: FEDORA_MACROS, mtime: BUILD_TIME },
  ];
  await work.put(packFiles(files));
  return spec;
}
