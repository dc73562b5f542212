import { FailureError, type Config, type Selected, type WorkspacePaths } from '@crpm/core';
import type { RunSummary } from '@crpm/runner';

/** What outlives a run and has a command that takes it back. */
export interface Standing {
  /** Address of the server that crpm has running; absent: none. */
  readonly served?: string;
  /** Files of the KubeVirt tree that crpm has changed, absolute. */
  readonly changed: readonly string[];
}

export interface StandingOptions {
  readonly config: Pick<Config, 'kubevirt' | 'serve'>;
  readonly workspace: WorkspacePaths;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

/** What stands now, as far as the nodes of `part` that will run can change it. */
export async function standing({ config, workspace, env, signal }: StandingOptions, { graph, roles }: Selected): Promise<Standing> {
  const runs = (id: string) => graph.nodes.has(id) && ['normal', 'forced'].includes(roles.get(id) ?? 'normal');
  const { revertibleFiles } = await import('@crpm/pipeline');
  const served = runs('serve') ? await servedAt({ config, workspace, env, signal }) : undefined;
  return { ...(served === undefined ? {} : { served }), changed: runs('rpm-deps') ? revertibleFiles({ config, workspace }) : [] };
}

/** Of what crpm itself runs. Where nobody can tell, `serve` itself says why. */
async function servedAt({ config: { serve }, workspace, env, signal }: StandingOptions): Promise<string | undefined> {
  if (serve.mode !== 'process' && serve.mode !== 'container') return undefined;
  const { repositoryStatus } = await import('@crpm/pipeline');
  try {
    const { running, baseUrl } = await repositoryStatus({ workspace, serve, env, signal });
    return running === true ? baseUrl : undefined;
  } catch (error) {
    if (error instanceof FailureError) return undefined;
    throw error;
  }
}

/** What a run brought about that stays although nobody asked for it by name, and how to take it back; nothing of what stood when it began. */
export function whatItLeft({ nodes }: Pick<RunSummary, 'nodes'>, before: Standing, after: Standing): readonly string[] {
  const ran = (id: string) => nodes.get(id)?.outcome === 'ran';
  const served = ran('serve') && before.served === undefined ? after.served : undefined;
  const changed = ran('rpm-deps') ? after.changed.filter((file) => !before.changed.includes(file)) : [];
  return [
    ...(served === undefined ? [] : [`left running, until crpm serve --stop: the repository server at ${served}`]),
    ...(changed.length > 0 ? [`changed, until crpm revert: ${changed.join(', ')}`] : []),
  ];
}
