import { EXIT } from '@crpm/core';
import { widthOf } from '@crpm/reporters';
import { keepBound, listWorkspaces, lookInto, userFolders, verifyCache } from '@crpm/state';
import { printJson, type Cli, type GlobalOptions } from '../io.js';
import { stoppable } from '../signals.js';
import { formatBound, formatListing, formatVerified, listing } from './report.js';
import { openRooms, readOutputs, type Rooms } from './rooms.js';
import { findSettings } from './settings.js';

export interface CacheOptions extends GlobalOptions {
  readonly json?: boolean;
}

export interface GcOptions extends CacheOptions {
  /** bytes */
  readonly maxSize?: number;
  readonly dryRun?: boolean;
}

export async function listCache(cli: Cli, options: CacheOptions): Promise<void> {
  await withRooms(cli, options, async ({ quick, slow }, maxSize, signal) => {
    const list = listing(await lookInto([...quick, ...slow], signal), maxSize);
    if (options.json) printJson(cli.io, list);
    else cli.io.stdout.write(formatListing(list, Date.now(), widthOf(cli.io.stdout)));
  });
}

export async function collectCache(cli: Cli, options: GcOptions): Promise<void> {
  await withRooms(cli, options, async ({ quick, slow }, configured, signal) => {
    const dryRun = options.dryRun === true;
    const { cache } = userFolders(cli.io.env);
    const report = await keepBound({ rooms: [...quick, ...slow], cache, maxSize: options.maxSize ?? configured, dryRun, signal });
    if (options.json) printJson(cli.io, { ...report, dryRun });
    else cli.io.stdout.write(formatBound(report, dryRun, widthOf(cli.io.stdout)));
  });
}

export async function verify(cli: Cli, options: CacheOptions): Promise<void> {
  await stoppable(cli, async ({ signal }) => {
    const { repositoryDir } = await import('@crpm/pipeline');
    const folders = userFolders(cli.io.env);
    const workspaces = listWorkspaces(folders);
    const outputs = await readOutputs(workspaces);
    const report = await verifyCache({
      cache: folders.cache,
      workspaces: workspaces.map(({ paths }) => ({ paths, repoDir: repositoryDir(paths), results: outputs.get(paths.id) ?? [] })),
      signal,
    });
    if (options.json) printJson(cli.io, report);
    else cli.io.stdout.write(formatVerified(report, widthOf(cli.io.stdout)));
    if (report.damaged.length > 0) cli.code = EXIT.node;
  });
}

async function withRooms(cli: Cli, options: GlobalOptions, body: (rooms: Rooms, maxSize: number, signal: AbortSignal) => Promise<void>): Promise<void> {
  const { config, maxSize } = await findSettings(cli, options);
  await stoppable(cli, async ({ signal }) => {
    const rooms = await openRooms(cli.io.env, config, signal);
    try {
      await body(rooms, maxSize, signal);
    } finally {
      await rooms.close();
    }
  });
}
