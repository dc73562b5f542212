import { join } from 'node:path';

import { packFiles, packPath } from '@crpm/archive';
import type { NodeContext, Work } from '@crpm/core';
import { usageLog } from '@crpm/state';

import { script } from '../build/scripts.js';
import { marked, runStep, withWork } from '../build/work.js';
import { ownRepositoryDir } from '../kubevirt/own-repository.js';
import type { ClosureParams } from '../params.js';
import type { OfficialRepo } from '../predict/repo-files.js';
import { repositoriesFile } from './repositories.js';
import { CANNOT, CLOSURE, WHO_HAS } from './scripts.js';
import { unmetIn, type UnmetRequirement } from './unmet.js';

/** The folder that all these questions share: a distribution's metadata is large, and dnf keeps it apart by address. */
const CACHE = 'dnf';

export interface Said {
  /** There is no `dnf repoclosure`. */
  readonly cannot: boolean;
  /** Why there is no answer: a repository is not to be had. */
  readonly failure?: string;
  readonly unmet: readonly UnmetRequirement[];
  /** In the same order: `epel has it (foo-libs)`. */
  readonly had: readonly (string | undefined)[];
}

/** Asks the dnf of an image whether the repository that was published is complete beside those of the distribution; and where the image's own repositories have what is missing. */
export async function askDnf(params: ClosureParams, context: NodeContext, { image, official }: { readonly image: string; readonly official: readonly OfficialRepo[] }): Promise<Said> {
  const { arch, network, runsOn } = params;
  await usageLog(context.workspace.cache).note([`ccache/${CACHE}`]);
  return withWork(context, { image, arch: runsOn, cache: CACHE }, async (work) => {
    await work.put(packPath(Buffer.from(join(ownRepositoryDir(context, { basesystem: params.stream.basesystem, arch }), 'repodata')), 'ours/repodata'));
    await work.put(packFiles([{ path: 'repos/crpm.repo', content: repositoriesFile(work.root, official) }]));
    const { exit, answers } = await runStep(context, work, { argv: script(CLOSURE, [cacheOf(work), arch]), network, answers: 'crpm-' });
    const lines = marked(answers, 'crpm-said ');
    for (const line of lines) context.report.line(line);
    if (exit.code === CANNOT) return { cannot: true, unmet: [], had: [] };
    const unmet = unmetIn(lines);
    if (exit.code !== 0 && unmet.length === 0) return { cannot: false, failure: lastWords(lines, exit.code), unmet, had: [] };
    return { cannot: false, unmet, had: unmet.length === 0 ? [] : await whoHas(params, context, work, unmet) };
  });
}

async function whoHas({ network }: ClosureParams, context: NodeContext, work: Work, unmet: readonly UnmetRequirement[]): Promise<readonly (string | undefined)[]> {
  const { answers } = await runStep(context, work, { argv: script(WHO_HAS, [cacheOf(work), ...unmet.map(({ requires }) => requires)]), network, answers: 'crpm-' });
  const found = marked(answers, 'crpm-had ').map((line) => line.split(' '));
  return unmet.map((_, index) => {
    const [, repository, name] = found.find(([number]) => number === String(index)) ?? [];
    return repository === undefined ? undefined : `${repository.replace(/^crpm-/, '')} has it (${name ?? ''})`;
  });
}

function cacheOf(work: Work): string {
  return work.cache ?? `${work.root}/cache`;
}

function lastWords(lines: readonly string[], code: number): string {
  return lines.map((line) => line.trim()).findLast((line) => line !== '') ?? `dnf ended with exit code ${String(code)}`;
}
