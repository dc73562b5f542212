import { join } from 'node:path';
import type { Config, WorkspacePaths } from '@crpm/core';
import type { RpmDepsFact, ServeFact } from '@crpm/pipeline';
import type { HistoryEntry, NodeSummary, RunSummary } from '@crpm/runner';

type Before = ReadonlyMap<string, HistoryEntry>;

/**
 * What the first run of a workspace leaves behind that nobody asked for by name, and how to take it back: a server, and changed files of the KubeVirt tree. Nothing in
 * later runs. `before`: what there was when the run began.
 */
export async function whatItLeft({ nodes }: Pick<RunSummary, 'nodes'>, before: Before, { kubevirt, serve }: Config, workspace: WorkspacePaths): Promise<readonly string[]> {
  const first = (id: string): NodeSummary['output'] => (nodes.get(id)?.outcome === 'ran' && !before.has(id) ? nodes.get(id)?.output : undefined);
  const served = first('serve');
  const address = served && (await addressOf(served.data as ServeFact, serve, workspace));
  const landed = kubevirt && first('rpm-deps');
  const changed = landed ? ['WORKSPACE', 'rpm/BUILD.bazel', ...Object.keys((landed.data as RpmDepsFact).further ?? {})].map((path) => join(kubevirt.dir, path)) : [];
  return [
    ...(address === undefined ? [] : [`left running, until crpm serve --stop: the repository server at ${address}`]),
    ...(changed.length > 0 ? [`changed, until crpm revert: ${changed.join(', ')}`] : []),
  ];
}

/** Of what crpm itself runs. */
async function addressOf(fact: ServeFact, serve: Config['serve'], workspace: WorkspacePaths): Promise<string | undefined> {
  if (fact.mode === 'container') return fact.baseUrl;
  if (serve.mode !== 'process') return undefined;
  const { serverStatus } = await import('@crpm/pipeline');
  const status = await serverStatus({ workspace, ...(serve.port === undefined ? {} : { configuredPort: serve.port }) });
  return status.running ? status.baseUrl : undefined;
}
