import { join } from 'node:path';

import { packPath } from '@crpm/archive';
import type { NodeContext, Work } from '@crpm/core';
import { getLookaside, parseSourcesFile, type LookasideFile } from '@crpm/sources';

import type { SourceFact } from '../facts.js';
import { needFact } from '../needs.js';
import { linkOrCopy, withStaging } from './staging.js';
import { readTreeFile, type SnapshotTree } from './trees.js';

/** `Source3: https://example.org/openssl.tar.gz`, `Patch7: a.patch` of an expanded spec. */
const NAMES_FILE = /^(?:Source|Patch)\d*\s*:\s*(\S+)/i;

/** The files that an expanded spec names and its dist-git folder does not hold, but has in its `sources`. */
export async function keptElsewhere(expanded: string, distGit: SnapshotTree | undefined): Promise<readonly LookasideFile[]> {
  if (!distGit) return [];
  const text = await readTreeFile(distGit, 'sources');
  if (text === undefined) return [];
  const held = new Set(distGit.manifest.entries.map(({ path }) => path));
  const wanted = new Set(expanded.split('\n').flatMap((line) => NAMES_FILE.exec(line)?.[1]?.split('/').at(-1) ?? []));
  return parseSourcesFile(text, join(distGit.dir, 'sources')).filter(({ name }) => wanted.has(name) && !held.has(name));
}

/** Whether a file is the archive that is made of the tree, or a signature of the distribution's. */
export function isOfArchive(name: string, archive: string): boolean {
  return name === archive || ['.sig', '.asc', '.sign'].some((end) => name === `${archive}${end}`);
}

/** Gets such files, from wherever they can be had, and puts them into a folder of a work. `spec`: its file name, which is the package's. */
export async function putLookaside(context: NodeContext, work: Work, files: readonly LookasideFile[], { spec, folder }: { readonly spec: string; readonly folder: string }): Promise<void> {
  if (files.length === 0) return;
  const { here } = needFact<SourceFact>(context, 'source');
  const { workspace, signal } = context;
  await withStaging(workspace, async (staging) => {
    for (const file of files) {
      context.report.status(`getting ${file.name}`);
      const got = await getLookaside(file, { package: spec.replace(/\.spec$/, ''), ...here.elsewhere, beside: here.specDir, cacheDir: workspace.cache, signal });
      await linkOrCopy(got, join(staging, 'SOURCES', file.name));
    }
    await work.put(packPath(Buffer.from(join(staging, 'SOURCES')), folder));
  });
}
