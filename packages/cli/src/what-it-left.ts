import { FailureError, type Config, type Event, type Selected, type WorkspacePaths } from '@crpm/core';
import type { RepositoryFact } from '@crpm/pipeline';
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

/** How things stand before the nodes of a run change them, and after. */
export interface Watch {
  /** Looks, when a node begins that changes them: a run in which none does looks at nothing. */
  note(event: Event): void;
  /** What the repository held before this run made one. */
  readonly repository: RepositoryFact | undefined;
  /** {@link whatItLeft} of this run. */
  left(summary: RunSummary): Promise<readonly string[]>;
}

export async function watchWhatStands(options: StandingOptions, { roles }: Selected): Promise<Watch> {
  const { config, workspace } = options;
  const [{ revertibleFiles }, { readHistory }] = await Promise.all([import('@crpm/pipeline'), import('@crpm/runner')]);
  const begun = Date.now();
  // A container does not tell since when it is up.
  const contained = config.serve.mode === 'container' && ['normal', 'forced'].includes(roles.get('serve') ?? 'normal') ? await serverOf(options) : undefined;
  let changed: readonly string[] = [];
  let repository: RepositoryFact | undefined;
  return {
    note(event) {
      if (event.type !== 'node-started') return;
      // Only crpm's own node writes it.
      if (event.node === 'createrepo') repository = readHistory(workspace).get('createrepo')?.output.data as RepositoryFact | undefined;
      if (event.node === 'rpm-deps') changed = revertibleFiles({ config, workspace });
    },
    get repository() { return repository; },
    async left(summary) {
      const ran = (id: string) => summary.nodes.get(id)?.outcome === 'ran';
      const server = ran('serve') ? await serverOf(options) : undefined;
      const stood = server && (server.since === undefined ? contained !== undefined : Date.parse(server.since) < begun);
      return whatItLeft(summary, { ...(stood ? { served: server.baseUrl } : {}), changed }, { ...(server ? { served: server.baseUrl } : {}), changed: ran('rpm-deps') ? revertibleFiles({ config, workspace }) : [] });
    },
  };
}

/** What crpm itself runs, if it is up; `since`: ISO 8601. Where nobody can tell, `serve` itself says why. */
async function serverOf({ config: { serve }, workspace, env, signal }: StandingOptions): Promise<{ readonly baseUrl: string; readonly since?: string } | undefined> {
  if (serve.mode !== 'process' && serve.mode !== 'container') return undefined;
  const { repositoryStatus } = await import('@crpm/pipeline');
  try {
    const status = await repositoryStatus({ workspace, serve, env, signal });
    return status.running === true ? status : undefined;
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
