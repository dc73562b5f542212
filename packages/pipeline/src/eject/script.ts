import type { Graph, GraphNode } from '@crpm/core';

import type { BaseParams, BuildrootParams, CreaterepoParams, DistParams, PrebuiltParams, RpmbuildInPlaceParams, RpmbuildParams, RpmDepsParams, ServeParams, SourceParams, TaskParams, VerifyParams } from '../params.js';
import { distStep, rpmbuildStep } from './builds.js';
import { createrepoStep, prebuiltStep, rpmDepsStep, serveStep, taskStep, verifyStep } from './kubevirt.js';
import { LIBRARY, needed } from './library.js';
import { traitLines } from './reading.js';
import { baseStep, buildrootStep, sourceStep } from './roots.js';
import { imageOf, needEnding, type Step, type Whole } from './step.js';

export interface EjectOptions extends Whole {
  /** The part to write down, with all that it needs. */
  readonly graph: Graph;
  /** Absolute path of the config, for the head. */
  readonly config: string;
  /** Builds run on this machine itself. */
  readonly onHost: boolean;
  readonly network: 'bridge' | 'host';
}

/** A bash script that does what a graph does, and has nothing of crpm in it. Pure. */
export function ejectScript(options: EjectOptions): string {
  const nodes = inOrder(options.graph);
  const steps = nodes.map((node) => ({ node, step: stepOf(node, options) }));
  const written = steps.flatMap(({ node, step }) => (step ? [{ node, step }] : []));
  const left = steps.filter(({ step }) => step === undefined).map(({ node }) => node.id);
  const uses = needed(new Set(['in_root', ...written.flatMap(({ step }) => step.uses ?? [])]));
  return [
    '#!/usr/bin/env bash',
    '# shellcheck disable=SC2016,SC2034',
    `# The steps of ${options.config}, as they were when this was written; nothing else is needed to run it.`,
    '# What is different: everything is made each time, one thing after the other; builds begin from nothing; and nobody looks ahead or puts back what was changed.',
    ...(left.length > 0 ? [`# Left out, for it makes nothing, or belongs to a cluster: ${left.join(', ')}.`] : []),
    'set -euo pipefail',
    '',
    '# Everything goes below this folder.',
    'WORK=$(realpath -m "${WORK:-$PWD/custom-rpms}")',
    '# rpm takes no folder with blanks in its name.',
    'case $WORK in *[[:space:]]*) echo "WORK must have no blanks: $WORK" >&2; exit 2 ;; esac',
    'JOBS=${JOBS:-$(nproc)}',
    ...(options.onHost ? [] : [`NETWORK=\${NETWORK:-${options.network}}`, 'command -v docker >/dev/null || docker() { podman "$@"; }']),
    ...(JSON.stringify([...options.graph.nodes.values()]).includes('"unique":true') ? ['RELEASE=crpmu$(date -u +%Y%m%d%H%M%S)000'] : []),
    'mkdir -p "$WORK"',
    ...uses.map((name) => LIBRARY[name]?.text ?? ''),
    ...written.flatMap(({ node, step }) => ['', `# ---- ${node.id}: ${step.title}`, `echo '== ${node.id}'`, ...step.lines]),
    '',
  ].join('\n');
}

function stepOf(node: GraphNode, options: EjectOptions): Step | undefined {
  const { graph, onHost } = options;
  const params = <P>() => node.params as unknown as P;
  switch (node.kind) {
    case 'base': {
      const step = baseStep(node, params<BaseParams>(), onHost);
      return { ...step, lines: [...step.lines, ...traitLines(node.id, params<BaseParams>())] };
    }
    case 'source':
      return sourceStep(node, params<SourceParams>(), options);
    case 'buildroot':
      return buildrootStep(node, params<BuildrootParams>(), sourceOf(graph, node), theNeed(graph, node, 'base'));
    case 'dist':
      return distStep(node, params<DistParams>(), sourceOf(graph, node), baseOf(graph, node).id);
    case 'rpmbuild':
      return rpmbuildStep(node, params<RpmbuildParams>(), traitsOf(graph, node), true);
    case 'rpmbuild-in-place': {
      const dist = distStep(node, params<RpmbuildInPlaceParams>(), sourceOf(graph, node), baseOf(graph, node).id);
      const build = rpmbuildStep(node, params<RpmbuildParams>(), traitsOf(graph, node), false);
      return { title: build.title, uses: [...(dist.uses ?? []), ...(build.uses ?? [])], lines: [`# ${dist.title}`, ...dist.lines, `# ${build.title}`, ...build.lines] };
    }
    case 'prebuilt':
    case 'prebuilt-fetched':
      return prebuiltStep(node, params<PrebuiltParams>(), options);
    case 'createrepo':
      return createrepoStep(node, params<CreaterepoParams>());
    case 'serve':
      return serveStep(params<ServeParams>(), options);
    case 'rpm-deps':
      return rpmDepsStep(params<RpmDepsParams>(), toolsImage(graph));
    case 'verify':
      return verifyStep(params<VerifyParams>());
    case 'task':
      return taskStep(params<TaskParams>());
    default:
      return undefined;
  }
}

/** Each node behind its needs, else in the order of the config. */
function inOrder({ nodes }: Graph): readonly GraphNode[] {
  const done = new Map<string, GraphNode>();
  const add = (node: GraphNode) => {
    if (done.has(node.id)) return;
    for (const need of node.needs) {
      const before = nodes.get(need);
      if (before) add(before);
    }
    done.set(node.id, node);
  };
  for (const node of nodes.values()) add(node);
  return [...done.values()];
}

function theNeed(graph: Graph, node: GraphNode, step: string): GraphNode {
  const id = needEnding(node, step);
  const found = graph.nodes.get(id);
  if (!found) throw new Error(`the graph lacks ${id}`);
  return found;
}

/** The variable of an image with the rpm tools: that of the repository. */
function toolsImage({ nodes }: Graph): string {
  const createrepo = nodes.get('createrepo');
  return createrepo ? imageOf(needEnding(createrepo, 'base')) : '';
}

function sourceOf(graph: Graph, node: GraphNode): SourceParams {
  return theNeed(graph, node, 'source').params as unknown as SourceParams;
}

function baseOf(graph: Graph, node: GraphNode): GraphNode {
  return theNeed(graph, theNeed(graph, node, 'buildroot'), 'base');
}

function traitsOf(graph: Graph, node: GraphNode): { readonly base: string; readonly checkBuildRequires: boolean | undefined } {
  const base = baseOf(graph, node);
  const { checkBuildRequires, base: from } = base.params as unknown as BaseParams;
  // On this machine the distribution decides.
  return { base: base.id, checkBuildRequires: checkBuildRequires ?? (from.kind === 'host' ? undefined : true) };
}
