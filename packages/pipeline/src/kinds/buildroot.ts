import { createHash } from 'node:crypto';

import { fail, type NodeContext, type NodeKind } from '@crpm/core';

import { installBuildRequires, nowhere, type Library } from '../build/build-requires.js';
import { INSTALLED, script } from '../build/scripts.js';
import { askSpec, findSpec, placeSpec, type PlacedSpec, type SpecAnswers } from '../build/spec.js';
import { snapshots } from '../build/trees.js';
import { marked, mustRun, runStep, withWork } from '../build/work.js';
import type { BaseFact, BuildrootFact, RpmsFact, SourceFact } from '../facts.js';
import { needFact, stepOf } from '../needs.js';
import type { BuildrootParams } from '../params.js';
import { SPEC_CONFIG_PATHS } from './config-paths.js';

/** The base image with the BuildRequires of one spec, and the EVR that the spec gives there. */
export function buildrootKind(): NodeKind<BuildrootParams> {
  return {
    name: 'buildroot',
    version: 4,
    weight: 'light',
    configPaths: SPEC_CONFIG_PATHS,
    async inputs() {
      return [];
    },
    // Of a tree nothing but its spec, and what fills that in.
    reads: (_params, need, output) => (stepOf(need) === 'source' ? (output.data as SourceFact).specInputs : undefined),
    run,
    async missing(_params, output, engine) {
      const { image } = (output.data as BuildrootFact).here;
      return (await engine.hasImage(image)) ? undefined : `the image ${image} is gone`;
    },
  };
}

async function run(params: BuildrootParams, context: NodeContext): Promise<BuildrootFact> {
  const engine = await context.engine();
  const base = needFact<BaseFact>(context, 'base');
  const before = await ask(params, context, base, base.here.image);
  checkOverride(params, before.answers.evr);
  const libraries = librariesOf(context);
  if (before.unsatisfied.length === 0 && libraries.length === 0) return fact(params, context, { base, image: base.here.image, answers: before.answers, libraries });

  if (engine.kind === 'host') refuseOnHost(params, before, libraries);
  if (!base.dnf) refuseWithoutDnf(before);
  const image = await installBuildRequires(params, context, engine, { from: base.here.image, spec: before.spec.name, requires: before.answers.buildRequires, libraries });
  const after = await ask(params, context, base, image);
  if (after.unsatisfied.length > 0) fail(nowhere(after.spec.name, after.unsatisfied));
  return fact(params, context, { base, image, answers: after.answers, libraries });
}

interface Asked {
  readonly spec: PlacedSpec;
  readonly answers: SpecAnswers;
  /** BuildRequires that nothing in the image provides. */
  readonly unsatisfied: readonly string[];
}

async function ask(params: BuildrootParams, context: NodeContext, base: BaseFact, image: string): Promise<Asked> {
  context.report.status('reading the spec');
  const trees = await snapshots(context);
  const file = await findSpec(params.spec, trees);
  return withWork(context, { image, arch: params.arch }, async (work) => {
    const spec = await placeSpec(context, work, file, trees, params.options, base);
    const answers = await askSpec(context, work, spec);
    if (!base.checkBuildRequires) return { spec, answers, unsatisfied: [] };
    // Parses, compares BuildRequires with the rpm database, and stops before %prep. Not -bb: that would go on to look for the files; nor -bp: that would not compare.
    const { exit, output } = await runStep(context, work, { argv: ['rpmbuild', '-bc', '--nobuild', ...spec.argv], keep: [] });
    return { spec, answers, unsatisfied: exit.code === 0 ? [] : unsatisfiedIn(output.lines) };
  });
}

/** `foo-devel >= 3` of `<tab>foo-devel >= 3 is needed by qemu-kvm-17:10.1.0-20.x86_64`. */
export function unsatisfiedIn(lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => /^\s+(.+) is needed by \S+$/.exec(line)?.[1] ?? []);
}

function checkOverride({ override, package: name }: BuildrootParams, evr: string): void {
  if (!override || evr.startsWith(override.version)) return;
  fail({
    class: 'usage',
    message: `${override.variable}=${override.version} is no prefix of what will be built: ${name} gets ${evr}`,
    next: `Remove ${override.variable}: KubeVirt is asked for what is built here. Or skip ${name} to pass the version through.`,
  });
}

function librariesOf(context: NodeContext): readonly Library[] {
  return [...context.needs].filter(([id]) => stepOf(id) === 'rpmbuild').map(([, output]) => ({ dir: output.dir, rpms: (output.data as RpmsFact).rpms }));
}

function refuseOnHost(params: BuildrootParams, { spec, unsatisfied }: Asked, libraries: readonly Library[]): never {
  if (unsatisfied.length > 0) {
    fail({
      class: 'environment',
      cause: 'build-requires',
      message: `this machine lacks BuildRequires of ${spec.name}: ${unsatisfied.join(', ')}`,
      next: `sudo dnf install ${unsatisfied.map((name) => `'${name}'`).join(' ')}`,
    });
  }
  fail({
    class: 'usage',
    message: `${params.package} needs RPMs in its build root (${libraries.flatMap(({ rpms }) => rpms.map((rpm) => rpm.name)).join(', ')}), and nothing is installed on this machine itself`,
    next: 'Build with a container engine (engine: docker), or remove needs from this source.',
  });
}

function refuseWithoutDnf({ spec, unsatisfied }: Asked): never {
  fail({
    class: 'build',
    cause: 'build-requires',
    message: `BuildRequires ${unsatisfied.join(', ') || 'from other packages'} of ${spec.name}: not in the base image, which has no dnf to install them`,
    next: 'Install them in the base image, or take an image that has dnf.',
  });
}

async function fact(params: BuildrootParams, context: NodeContext, made: { base: BaseFact; image: string; answers: SpecAnswers; libraries: readonly Library[] }): Promise<BuildrootFact> {
  const { base, image, libraries } = made;
  const { evr, source, rpms } = made.answers;
  const installed = await withWork(context, { image, arch: params.arch }, (work) =>
    mustRun(context, work, { argv: script(INSTALLED, []), answers: 'crpm-', keep: [] }, (seen) => ({
      class: 'environment',
      message: 'what is installed in the build root can’t be listed',
      next: 'Look at the rpm database of the base image.',
      lines: seen.telling(),
    })),
  );
  const engine = await context.engine();
  // Whatever runs the container, what is built in it is the same: so a laptop has a use for what a cluster built.
  const place = engine.kind === 'host' ? 'host' : 'container';
  const identity = [place, ...marked(installed, 'crpm-package '), ...libraries.flatMap(({ rpms }) => rpms.map((rpm) => rpm.sha256)).sort()];
  const packages = `sha256:${createHash('sha256').update(identity.join('\n')).digest('hex')}`;
  return { here: { image }, packages, evr, source, rpms, dist: base.dist, checkBuildRequires: base.checkBuildRequires, lacksMacros: base.lacksMacros };
}
