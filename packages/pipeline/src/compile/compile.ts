import { err, makeGraph, type Config, type ConfigPath, type Diagnostic, type Graph, type GraphNode, type Json, type Result, type TaskConfig } from '@crpm/core';

import type { TaskParams } from '../params.js';
import { baseNodes } from './base-nodes.js';
import { readPlace } from './ids.js';
import { kubevirtNodes, repositoryNodes } from './kubevirt-nodes.js';
import { packageComplaints } from './package-complaints.js';
import { packageNodes } from './package-nodes.js';
import { textComplaints } from './text-complaints.js';

/** Config → graph. Pure: reads nothing but its argument. All complaints at once. */
export function compile(config: Config): Result<Graph, readonly Diagnostic[]> {
  const complaints = [...textComplaints(config), ...packageComplaints(config)];
  if (complaints.length > 0) return err(complaints.map((message) => ({ severity: 'error', message })));
  const builds = config.serve.mode === 'published' || config.packages.length === 0 ? [] : buildNodes(config);
  const own = [...builds, ...kubevirtNodes(config)];
  const nodes = [...own, ...config.tasks.map((task) => taskNode(config, task, own))];
  return makeGraph(nodes, (node, need) => needPath(config, node, need));
}

/** Where the file says so: in `needs` of a task, or of the source that a node of one package has from another's. */
function needPath(config: Config, node: GraphNode, need: string): ConfigPath | undefined {
  const [section, name, needs, word] =
    node.kind === 'task'
      ? ['tasks', node.id, config.tasks.find(({ id }) => id === node.id)?.needs, need]
      : ['sources', node.group, config.packages.find((pkg) => pkg.name === node.group)?.needs, packageOf(need)];
  const index = needs?.indexOf(word) ?? -1;
  return name === undefined || index === -1 ? undefined : [section, name, 'needs', index];
}

/** `libnbd` of `libnbd.rpmbuild@aarch64`; a name may have dots. */
function packageOf(id: string): string {
  const bare = readPlace(id).id;
  return bare.slice(0, bare.lastIndexOf('.'));
}

/** Kinds of nodes whose outputs are RPMs for the repository. */
const RPM_KINDS = new Set(['rpmbuild', 'rpmbuild-in-place', 'prebuilt', 'prebuilt-fetched']);

function buildNodes(config: Config): readonly GraphNode[] {
  const packages = config.packages.flatMap((pkg) => packageNodes(config, pkg));
  const rpms = packages.filter((node) => RPM_KINDS.has(node.kind)).map((node) => node.id);
  return [...baseNodes(config), ...packages, ...repositoryNodes(config, rpms)];
}

function taskNode(config: Config, task: TaskConfig, own: readonly GraphNode[]): GraphNode {
  const params: TaskParams = { root: config.root, run: task.run, inputs: task.inputs, outputs: task.outputs, env: task.env };
  return { id: task.id, kind: 'task', title: `run ${task.id}`, needs: task.needs.flatMap((need) => allPlaces(need, own)), params: params satisfies Json };
}

/** A need that says nothing of architecture and stream is about all of them. */
function allPlaces(need: string, nodes: readonly GraphNode[]): readonly string[] {
  const placed = nodes.map(({ id }) => id).filter((id) => id !== need && readPlace(id).id === need);
  return placed.length > 0 ? placed : [need];
}
