import { basename, join } from 'node:path';
import { atHand, type Config } from '@crpm/core';
import type { RunRecord } from '@crpm/report';
import type { Reporter } from '@crpm/reporters';
import { warn, type Io } from './io.js';
import { pageAssets } from './page-assets.js';

/** What a workspace is called in its pages. */
export function workspaceName(config: Config): string {
  return basename(config.root);
}

/** The report of a run among its logs: it goes when they do. */
export function reportIn(logs: string): string {
  return join(logs, 'report.html');
}

/** Writes a run as a page, whole or not at all. */
export async function writeReportFile(file: string, record: RunRecord, { config, killed = false }: { readonly config: Config; readonly killed?: boolean }): Promise<void> {
  const [{ writeReport }, { writeFileInPieces }] = await Promise.all([import('@crpm/report'), import('@crpm/state')]);
  await writeFileInPieces(file, (write) => writeReport({ record, name: workspaceName(config), now: Date.now(), killed, assets: pageAssets() }, write));
}

/** The face `html`: the page of the run when it has ended. Without a file it goes among the logs, and where that is is told. */
export async function reportFace(file: string | undefined, { config, io, last }: { readonly config: Config; readonly io: Io; readonly last: (line: string) => void }): Promise<Reporter> {
  const { RunRecord } = await import('@crpm/report');
  const record = new RunRecord();
  let closed = false;
  return {
    sink: (event) => { record.take(event); },
    close: async () => {
      // A run that did not begin has nothing to report.
      if (closed || !record.started) return;
      closed = true;
      const place = file ?? reportIn(record.started.logs);
      try {
        await writeReportFile(place, record, { config, killed: record.ended === undefined });
        if (file === undefined) last(`report: ${atHand(place)}`);
      } catch (error) {
        // What the run came to counts, not how it is shown.
        warn(io, `the report ${place} could not be written: ${error instanceof Error ? error.message : String(error)}`);
      }
    },
  };
}
