import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';

import type { Engine, GraphNode, Json, NodeContext, NodeOutput, WorkspacePaths } from '@crpm/core';

/** A context for one node alone, with what it reported. */
export function nodeContext(node: { readonly id: string; readonly kind: string; readonly params: Json }, workspace: WorkspacePaths, engine?: Engine, needs: ReadonlyMap<string, NodeOutput> = new Map()) {
  const lines: string[] = [];
  const warnings: string[] = [];
  const full: GraphNode = { title: node.id, needs: [...needs.keys()], ...node };
  const context: NodeContext = {
    node: full,
    needs,
    workspace,
    signal: new AbortController().signal,
    out: mkdtempSync(join(workspace.state, 'out-')),
    engine: () => (engine ? Promise.resolve(engine) : Promise.reject(new Error('this node needs no engine'))),
    report: { line: (text) => lines.push(text), status: () => undefined, warn: (text) => warnings.push(text) },
    budget: { jobs: 2 },
    runId: 'test',
  };
  return { context, lines, warnings };
}
