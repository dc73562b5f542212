import { fail, formatSize, screenText, type RemoteConfig } from '@crpm/core';
import { count, formatAge, formatTable, widthOf } from '@crpm/reporters';
import type { Repository } from '@crpm/oci';
import type { Overrides } from '../help.js';
import { printJson, warn, type Cli } from '../io.js';
import { planOptions } from '../print-plan.js';
import { openWorkspace, selected } from '../project.js';
import { author, requireRemote, sharedStore } from '../shared-store.js';
import { stoppable } from '../signals.js';
import { lockWorkspace, withWorkspace } from '../workspace.js';
import type { CacheOptions } from './commands.js';
import { findSettings } from './settings.js';

export interface ExchangeOptions extends CacheOptions, Overrides {
  readonly wait?: boolean;
}

const WHOLE = { only: [], skip: [], from: [] };

/** `crpm cache push`: what this workspace has made and others may use. */
export async function pushCache(cli: Cli, nodes: readonly string[], options: ExchangeOptions): Promise<void> {
  const { project, workspace } = await openWorkspace(cli, options);
  const remote = requireRemote(project.config);
  if (remote.readOnly) fail({ class: 'usage', message: `${remote.url} is read only here (cache.remote.readOnly)`, next: 'Push from where it is not: from CI, as a rule.' });
  const part = selected(project, nodes, WHOLE);
  await withWorkspace(cli, workspace, { command: ['crpm cache push', ...nodes].join(' '), wait: options.wait === true }, async ({ signal }) => {
    const [{ shareable }, { pushResult }] = await Promise.all([import('@crpm/runner'), import('@crpm/remote')]);
    const found = await shareable(await planOptions(cli, project, part, { signal }));
    const rows = await withRepository(cli, remote, async (repository) => {
      const pushed = [];
      for (const { result, folder } of found) {
        const { state, bytes } = await pushResult(repository, result, folder, author(cli.io.env, cli.version), { signal });
        pushed.push({ node: result.node, fingerprint: result.fingerprint, state, bytes });
      }
      return pushed;
    });
    if (options.json) printJson(cli.io, { remote: remote.url, results: rows });
    else cli.io.stdout.write(rows.length === 0 ? `nothing to push: ${NOTHING}\n` : `${formatTable(rows.map(({ node, state, bytes }) => [node, state === 'there' ? 'is there already' : `pushed, ${formatSize(bytes)}`]), widthOf(cli.io.stdout))}\n`);
  });
}

const NOTHING = 'only source archives and RPMs of full builds, made here, are shared';

/** `crpm cache pull`: what others have made for these trees as they stand. */
export async function pullCache(cli: Cli, nodes: readonly string[], options: ExchangeOptions): Promise<void> {
  const { project, workspace } = await openWorkspace(cli, options);
  const remote = requireRemote(project.config);
  const part = selected(project, nodes, WHOLE);
  await stoppable(cli, async ({ signal }) => {
    const lock = await lockWorkspace(workspace, { command: ['crpm cache pull', ...nodes].join(' '), wait: options.wait === true, signal, io: cli.io });
    try {
      const { pullShared } = await import('@crpm/runner');
      const ahead = await planOptions(cli, project, part, { signal });
      const onWarning = (text: string) => { warn(cli.io, text); };
      const pulled = await pullShared({ ...ahead, ...sharedStore({ ...project.config, cache: { ...project.config.cache, remote: { ...remote, push: false } } }, { env: cli.io.env, version: cli.version }), lock, onWarning });
      if (options.json) printJson(cli.io, { remote: remote.url, results: pulled });
      else cli.io.stdout.write(pulled.length === 0 ? `nothing to pull: ${NOTHING}\n` : `${formatTable(pulled.map(({ node, state, size }) => [node, PULLED[state] + (size === undefined ? '' : `, ${formatSize(size)}`)]), widthOf(cli.io.stdout))}\n`);
    } finally {
      lock.release();
    }
  });
}

const PULLED = {
  pulled: 'pulled',
  here: 'is here already',
  absent: 'nobody has shared it',
  unknown: 'not known before what it needs has run',
  refused: 'refused',
} as const;

/** `crpm cache ls --remote` */
export async function listRemote(cli: Cli, options: CacheOptions): Promise<void> {
  const { config } = await findSettings(cli, options);
  const remote = requireRemote(config ?? { cache: { maxSize: 0 } });
  await stoppable(cli, async ({ signal }) => {
    const { listResults } = await import('@crpm/remote');
    const { results, unreadable } = await withRepository(cli, remote, (repository) => listResults(repository, signal));
    if (options.json) return printJson(cli.io, { remote: remote.url, results, unreadable });
    const now = Date.now();
    const rows = results.map(({ node, at, size, by, fingerprint }) => [screenText(node), `${formatAge(now - Date.parse(at))} ago`, formatSize(size), screenText(by), fingerprint.slice('sha256:'.length, 'sha256:'.length + 12)]);
    const table = rows.length > 0 ? `${formatTable([['node', 'made', 'size', 'by', 'fingerprint'], ...rows])}\n\n` : '';
    cli.io.stdout.write(`${table}${count(results.length, 'result')} in ${remote.url}, ${formatSize(results.reduce((sum, { size }) => sum + size, 0))}${unreadable > 0 ? `; ${String(unreadable)} more that this crpm can't read` : ''}\n`);
  });
}

async function withRepository<T>(cli: Cli, { url, insecure }: RemoteConfig, body: (repository: Repository) => Promise<T>): Promise<T> {
  const { openRepository } = await import('@crpm/remote');
  const { registry, repository } = openRepository({ url, insecure, env: cli.io.env, voice: { warn: (text) => { warn(cli.io, text); }, status: () => undefined } });
  try {
    return await body(repository);
  } finally {
    registry.close();
  }
}
