import { fail, type NodeContext } from '@crpm/core';

import { treeName } from '../build-tree/name.js';
import { readRecord } from '../build-tree/record.js';
import { ccacheEnvironment, ccacheOf } from '../build/ccache.js';
import { buildEnvironment } from '../build/reproducible.js';
import { jobsOf, rpmbuildArguments, TOPDIR } from '../build/rpmbuild-command.js';
import { BUILD_AGAIN } from '../build/rpmbuild-script.js';
import { script } from '../build/scripts.js';
import { labelsOf } from '../build/work.js';
import type { BuildrootFact } from '../facts.js';
import { needFact } from '../needs.js';
import type { RpmbuildInPlaceParams } from '../params.js';
import type { Scene } from './scene.js';

/** A copy of a build tree, as its last build left it: what is tried there never reaches the tree that crpm builds in. */
export async function treeScene(params: RpmbuildInPlaceParams, context: NodeContext): Promise<Scene> {
  const { node, workspace, budget, signal } = context;
  const buildroot = needFact<BuildrootFact>(context, 'buildroot');
  const name = treeName(params, buildroot);
  const engine = await context.engine();
  const owned = await engine.list({ workspace: workspace.id });
  if (!owned.some(({ keeps }) => keeps?.what === 'tree' && keeps.name === name)) {
    fail({ class: 'usage', message: `${node.id} has no build tree for its build root and options as they are now`, next: `crpm run ${node.id} makes one.` });
  }
  const { image } = buildroot.here;
  const work = await engine.openWork({ image, arch: params.arch, labels: labelsOf(context), signal, copyOf: name, ...ccacheOf(params.ccache, image) });
  const record = readRecord(workspace, name);
  const found: string[] = [];
  if (!record) await work.run({ argv: ['find', `${TOPDIR}/SPECS`, '-name', '*.spec', '-printf', '%f\\n'], signal, line: (text) => found.push(text) });
  const spec = record?.spec ?? found[0];
  const jobs = jobsOf(params, budget.jobs);
  const env = { ...buildEnvironment(work.root), RPM_BUILD_NCPUS: String(jobs), ...ccacheEnvironment(work) };
  const what = 'a copy of its build tree, as its last build left it';
  if (spec === undefined) return { work, what, program: { argv: ['true'], env } };
  const argv = script(BUILD_AGAIN, rpmbuildArguments(params, { buildroot, topdir: `${work.root}/${TOPDIR}`, jobs, spec: `${TOPDIR}/SPECS/${spec}` }));
  return { work, what, program: { argv, env }, look: record?.path ?? `${TOPDIR}/BUILD` };
}
