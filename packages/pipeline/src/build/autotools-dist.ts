import { fail, type NodeContext, type Work } from '@crpm/core';

import type { ArchiveRecipe, MadeArchive } from './archive.js';
import { stepFailed } from './build-failed.js';
import { RECOMPRESS, script } from './scripts.js';
import { putTree } from './trees.js';
import { marked, mustRun, runStep } from './work.js';

/** Argument: how many jobs. Answers `crpm-archive X` for each archive that is new. */
export const MAKE_DIST = `
set -eu
cd source
[ -f configure ] || autoreconf --force --install
./configure
touch ../begun
make -j "$1" dist-gzip GZIP_ENV=--fast
find . -maxdepth 1 -name '*.tar.gz' -newer ../begun -printf 'crpm-archive %f\\n'
`;

/**
 * `make dist` of a tree: what its project publishes as a release, with the files that autotools and its own generators make. A tree that has a `configure` is taken as
 * an unpacked release. Without network, in the build root of the spec.
 */
export async function autotoolsDist(context: NodeContext, work: Work, { spec, names, tree }: ArchiveRecipe): Promise<MadeArchive> {
  await putTree(work, tree, 'source');
  context.report.status('configure, make dist');
  const { exit, output, answers } = await runStep(context, work, { argv: script(MAKE_DIST, [String(context.budget.jobs)]), answers: 'crpm-' });
  if (exit.code !== 0) {
    fail(await stepFailed(context, tree, output, { message: `make dist of ${tree.dir} failed`, next: 'Correct what the lines shown name; what autoreconf, configure or make misses belongs into the BuildRequires of the spec.' }));
  }
  const made = marked(answers, 'crpm-archive ');
  const wanted = `${names.top}.tar.gz`;
  const stem = names.archive.replace(/\.(tar(\.[a-z0-9]+)?|tgz)$/, '');
  if (!made.includes(wanted) || stem !== names.top) {
    fail({
      class: 'build',
      message: `make dist makes ${made.join(', ') || 'no archive'}, but ${spec.name} wants ${names.archive} with the top folder ${names.top}`,
      next: 'Make name and version of AC_INIT in configure.ac agree with Name, Version and Source0 of the spec.',
    });
  }
  const cannotPack = (seen: { telling(): readonly string[] }) => ({ class: 'build', message: 'the source archive can’t be packed', next: 'Look at the log.', lines: seen.telling() }) as const;
  await mustRun(context, work, { argv: script(RECOMPRESS, [`source/${wanted}`, `dist/${names.archive}`]) }, cannotPack);
  return { file: `dist/${names.archive}`, specText: spec.text };
}
