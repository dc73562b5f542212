import type { Readable } from 'node:stream';

import type { Failure, NodeContext, Work } from '@crpm/core';

import { runAnswering } from '../build/answering-step.js';
import { buildFailed } from '../build/build-failed.js';
import { ccacheEnvironment, ccacheOf, ccacheUse, reportCcache, type CcacheUse } from '../build/ccache.js';
import { jobsOf, rpmbuildArguments, TOPDIR } from '../build/rpmbuild-command.js';
import { script } from '../build/scripts.js';
import type { Trees } from '../build/spec.js';
import { marked, outOfMemory, withWork, type Ran } from '../build/work.js';
import type { BuildrootFact } from '../facts.js';
import type { RpmbuildInPlaceParams } from '../params.js';
import { noteWriter, type TreeRecord, type Writer } from './record.js';
import type { WantedTree } from './reuse.js';

/** One build in a tree: what it is told and what it starts from. */
export interface TreeBuild {
  readonly params: RpmbuildInPlaceParams;
  readonly context: NodeContext;
  readonly buildroot: BuildrootFact;
  readonly trees: Trees;
  readonly wanted: WantedTree;
  /** Name of the build tree. */
  readonly name: string;
}

/** Opens the build tree, made empty if it is not there. */
export function withTree<T>({ params, context, buildroot, name }: TreeBuild, use: (work: Work) => Promise<T>): Promise<T> {
  const { image } = buildroot.here;
  return withWork(context, { image, arch: params.arch, memory: memoryOf(params, context), tree: name, ...ccacheOf(params.ccache, image) }, use);
}

function memoryOf(params: RpmbuildInPlaceParams, { budget }: NodeContext): number | undefined {
  return params.memory ?? budget.memory;
}

/** Why a build in the tree failed. */
export function treeBuildFailed({ context, params, trees }: TreeBuild, work: Work, { output, exit }: Pick<BuildEnd, 'output' | 'exit'>): Promise<Failure> {
  return buildFailed({ context, work, package: params.package, tree: trees.tree, output, program: 'rpmbuild', code: exit.code });
}

export interface BuildStep {
  /** {@link CREATE} or {@link UPDATE}, and its arguments before those of rpmbuild. */
  readonly text: string;
  readonly args: readonly string[];
  /** A tar stream that is unpacked below the work's root before. */
  readonly files?: Readable;
  /** Path of the spec below the work's root. */
  readonly spec: string;
  /** What is needed of the work's folder afterwards, besides the tree. */
  readonly keep: readonly string[];
  /** Hears who writes to the tree from now on. */
  readonly writes: (writer: Writer) => void;
  /** Hears every answer at once. */
  readonly answered?: (answer: string) => void;
}

export interface BuildEnd extends Ran {
  /** Whether ninja built the tree, as far as the build came. */
  readonly ninja: boolean;
  /** A file of the tree that the build itself wrote to. */
  readonly changed?: string;
  /** Whether anything was compiled: what failed before is configuration. */
  readonly compiled: boolean;
  readonly ccache: CcacheUse | undefined;
}

/** Runs a step to its end, whatever that is; lack of memory is a failure. */
export async function runBuild({ params, context, buildroot }: TreeBuild, work: Work, step: BuildStep): Promise<BuildEnd> {
  const jobs = jobsOf(params, context.budget.jobs);
  const argv = script(step.text, [...step.args, ...rpmbuildArguments(params, { buildroot, topdir: `${work.root}/${TOPDIR}`, jobs, spec: step.spec })]);
  let compiled = false;
  const hear = (text: string) => {
    const writer = writerBehind(text);
    if (writer !== undefined) step.writes(writer);
    compiled ||= writer === 'ninja';
  };
  const env = { RPM_BUILD_NCPUS: String(jobs), ...ccacheEnvironment(work) };
  const ran = await runAnswering(context, work, { argv, env, hear, keep: step.keep, ...(step.files ? { files: step.files } : {}), ...(step.answered ? { answered: step.answered } : {}) });
  if (ran.exit.oom) outOfMemory({ program: 'rpmbuild', memory: memoryOf(params, context), output: ran.output });
  const ccache = ccacheUse(ran.answers);
  reportCcache(context, ccache);
  const [changed] = marked(ran.answers, 'changed ');
  return { ...ran, ccache, compiled, ninja: ran.answers.includes('ninja'), ...(changed === undefined ? {} : { changed }) };
}

/** What a build that came to its end says of the tree that it leaves. */
export function leftBehind({ ninja, changed }: BuildEnd): Pick<TreeRecord, 'writer' | 'ninja' | 'changed'> {
  return { writer: 'nothing', ninja, ...(changed === undefined ? {} : { changed }) };
}

/** Notes each change of who writes, so that the next run knows it even if this one is killed. */
export function writerNote(context: NodeContext, name: string): (writer: Writer) => void {
  let last: Writer = 'anything';
  return (writer) => {
    if (writer === last) return;
    last = writer;
    noteWriter(context.workspace, name, writer);
  };
}

const NINJA_PROGRESS = /^\[\d+\/\d+\] /;
const RPM_STAGE = /^Executing\(%/;

/** Who writes to the tree once this line was printed. */
function writerBehind(line: string): Writer | undefined {
  if (NINJA_PROGRESS.test(line)) return 'ninja';
  return RPM_STAGE.test(line) ? 'anything' : undefined;
}
