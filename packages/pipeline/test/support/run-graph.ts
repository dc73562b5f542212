import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

import { layers, type Config, type Engine, type Graph, type GraphNode, type InputContext, type NodeContext, type NodeKind, type NodeOutput, type WorkspacePaths } from '@crpm/core';
import { compile } from '@crpm/pipeline/compile/compile';
import { baseKind } from '@crpm/pipeline/kinds/base';
import { buildrootKind } from '@crpm/pipeline/kinds/buildroot';
import { createrepoKind } from '@crpm/pipeline/kinds/createrepo';
import { distKind } from '@crpm/pipeline/kinds/dist';
import { closureKind } from '@crpm/pipeline/kinds/closure';
import { fetchedKind, prebuiltKind } from '@crpm/pipeline/kinds/prebuilt';
import { predictBuiltKind } from '@crpm/pipeline/kinds/predict-built';
import { predictKind } from '@crpm/pipeline/kinds/predict';
import { OfficialLoader } from '@crpm/pipeline/predict/official';
import { rpmbuildInPlaceKind } from '@crpm/pipeline/kinds/rpmbuild-in-place';
import { rpmbuildKind } from '@crpm/pipeline/kinds/rpmbuild';
import { sourceKind } from '@crpm/pipeline/kinds/source';
import { taskKind } from '@crpm/pipeline/kinds/task';

/** What a test saw of a run. */
export interface GraphRun {
  readonly outputs: ReadonlyMap<string, NodeOutput>;
  /** Every line of output, `<node>: <text>`. */
  readonly lines: readonly string[];
  readonly warnings: readonly string[];
}

/** Folders of a workspace below `root`, and their removal. */
export function makeWorkspace(root: string): WorkspacePaths {
  const workspace = { state: join(root, 'state'), cache: join(root, 'cache'), id: `test-${randomUUID().slice(0, 8)}` };
  for (const dir of [workspace.state, workspace.cache]) mkdirSync(dir, { recursive: true });
  return workspace;
}

/** The graph of a config; the test fails on complaints. */
export function graphOf(config: Config): Graph {
  const graph = compile(config);
  if (!graph.ok) throw new Error(graph.error.map(({ message }) => message).join('\n'));
  return graph.value;
}

/**
 * Runs nodes one after the other, each once, without fingerprints: what kinds do with what they are given, and nothing of the scheduler. Stops
 * behind `until`. The first failure is thrown. `standIns` are nodes whose results count as those of an earlier run, by id: when they were made.
 */
export async function runGraph(config: Config, options: { engine: Engine; workspace: WorkspacePaths; until: string; standIns?: Readonly<Record<string, string>>; cleanBuild?: boolean; signal?: AbortSignal; line?: (text: string) => void }): Promise<GraphRun> {
  const { engine, workspace, until, cleanBuild = false } = options;
  const official = new OfficialLoader();
  const kinds = new Map<string, NodeKind>(
    ([baseKind({ pull: false }), sourceKind(), buildrootKind(), distKind(), rpmbuildKind(), rpmbuildInPlaceKind({ cleanBuild }), prebuiltKind(), fetchedKind(), predictKind({ official }), predictBuiltKind({ official }), closureKind(), createrepoKind(), taskKind({ env: process.env })] as NodeKind[]).map((kind) => [kind.name, kind]),
  );
  const graph = graphOf(config);
  const wanted = needed(graph, until);
  const outputs = new Map<string, NodeOutput>();
  const lines: string[] = [];
  const warnings: string[] = [];
  for (const node of layers(graph).flat().filter(({ id }) => wanted.has(id))) {
    const kind = kinds.get(node.kind);
    if (!kind) throw new Error(`no kind ${node.kind}`);
    const inputContext: InputContext = {
      node,
      needs: new Map(node.needs.flatMap((id) => (outputs.has(id) ? [[id, outputs.get(id) as NodeOutput]] : []))),
      workspace,
      signal: options.signal ?? AbortSignal.timeout(1_800_000),
    };
    await kind.inputs(node.params, inputContext);
    const out = mkdtempSync(join(workspace.state, `out-${node.id}-`));
    const context: NodeContext = {
      ...inputContext,
      out,
      engine: () => Promise.resolve(engine),
      report: { line: (text) => (lines.push(`${node.id}: ${text}`), options.line?.(text)), status: () => undefined, warn: (text) => warnings.push(`${node.id}: ${text}`) },
      budget: { jobs: 2 },
      runId: 'test',
    };
    const data = await kind.run(node.params, context);
    const asOf = options.standIns?.[node.id];
    outputs.set(node.id, { ...output(out, data), ...(asOf === undefined ? {} : { asOf }) });
  }
  return { outputs, lines, warnings };
}

function needed(graph: Graph, id: string, found = new Set<string>()): ReadonlySet<string> {
  const node: GraphNode | undefined = graph.nodes.get(id);
  if (!node) throw new Error(`no node ${id}; there are: ${[...graph.nodes.keys()].join(', ')}`);
  found.add(id);
  for (const need of node.needs) if (!found.has(need)) needed(graph, need, found);
  return found;
}

function output(dir: string, data: NodeOutput['data']): NodeOutput {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const file = join(entry.parentPath, entry.name);
      const bytes = readFileSync(file);
      return { path: file.slice(dir.length + 1), size: bytes.length, digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}` };
    });
  return { dir, files, data, digest: `sha256:${createHash('sha256').update(JSON.stringify([files, data])).digest('hex')}` };
}

/** Removes a folder whatever the modes in it. */
export function removeFolder(dir: string): void {
  rmSync(dir, { recursive: true, force: true });
}
