import { packFiles } from '@crpm/archive';
import { fail, type NodeContext, type Work } from '@crpm/core';

import type { ArchiveRecipe, MadeArchive } from './archive.js';
import { stepFailed } from './build-failed.js';
import { BUILD_TIME } from './reproducible.js';
import { COMMIT_ALL, FIND_SPEC, RECOMPRESS, script } from './scripts.js';
import { putTree, readTreeFile, type SnapshotTree } from './trees.js';
import { marked, mustRun } from './work.js';

/** git in the work folder: nobody's identity, no hook, no signature; and no compression, since nothing of it is kept. */
const GIT_SETTINGS = ['user.name=crpm', 'user.email=crpm@localhost', 'safe.directory=*', 'core.hooksPath=/dev/null', 'core.autocrlf=false', 'core.compression=0', 'core.bigFileThreshold=1', 'commit.gpgSign=false', 'gc.auto=0', 'maintenance.auto=false'];
const GIT_OPTIONS = GIT_SETTINGS.flatMap((setting) => ['-c', setting]);
/** For git as meson calls it: where the work folder travels between commands, inode and time of change are others, and mean nothing. */
const TRAVELS = { GIT_CONFIG_COUNT: '2', GIT_CONFIG_KEY_0: 'core.checkStat', GIT_CONFIG_VALUE_0: 'minimal', GIT_CONFIG_KEY_1: 'core.trustctime', GIT_CONFIG_VALUE_1: 'false' };
/** Above the tree's own .gitattributes: no filter, no line endings, no `$Id$`. The bytes of the tree are what is committed. */
const ATTRIBUTES = { path: 'source/.git/info/attributes', content: '* -text !eol !filter -ident\n' };
const COMMIT_TIME = `@${String(BUILD_TIME)} +0000`;

/**
 * `meson dist --no-tests` of a tree. It wants git, and archives what is committed; so the tree as it stands becomes the one commit of a repository
 * in the work folder, whatever it was before: a worktree, a plain folder, an unpacked tarball.
 */
export async function mesonDist(context: NodeContext, work: Work, { spec, names, tree }: ArchiveRecipe): Promise<MadeArchive> {
  await putTree(work, tree, 'source');
  await commitAll(context, work);
  context.report.status('meson setup');
  await mustRun(context, work, { argv: ['meson', 'setup', '--wrap-mode=nodownload', ...(await projectOptions(tree)), 'build', 'source'], env: TRAVELS }, (seen) =>
    stepFailed(context, tree, seen, { message: `meson setup of ${tree.dir} failed`, next: 'Correct what the lines shown name; a dependency that meson misses belongs into the BuildRequires of the spec.' }),
  );
  context.report.status('meson dist');
  // gzip, because meson packs xz on one core at its slowest; what the spec wants is made from it right after.
  await mustRun(context, work, { argv: ['meson', 'dist', '-C', 'build', '--no-tests', '--formats', 'gztar'], env: TRAVELS }, (seen) =>
    stepFailed(context, tree, seen, { message: `meson dist of ${tree.dir} failed`, next: 'Correct what the lines shown name: meson dist runs the scripts that meson.build gives to meson.add_dist_script().' }),
  );
  const made = await onlyArchive(context, work);
  checkNames(made, spec.name, names);
  const specText = await finishedSpec(context, work, made, spec);
  await mustRun(context, work, { argv: script(RECOMPRESS, [`build/meson-dist/${made}`, `dist/${names.archive}`]) }, cannotPack);
  return { file: `dist/${names.archive}`, specText };
}

async function commitAll(context: NodeContext, work: Work): Promise<void> {
  const env = { GIT_AUTHOR_DATE: COMMIT_TIME, GIT_COMMITTER_DATE: COMMIT_TIME };
  await mustRun(context, work, { argv: script(COMMIT_ALL, GIT_OPTIONS), cwd: 'source', env, files: packFiles([ATTRIBUTES]) }, (seen) => ({
    class: 'build',
    message: 'git can’t make a commit of the snapshot',
    next: 'Look at the log; the build root needs git.',
    lines: seen.telling(),
  }));
}

/** libvirt's configure step would have git fetch submodules, which are plain folders here. */
async function projectOptions(tree: SnapshotTree): Promise<readonly string[]> {
  const options = (await readTreeFile(tree, 'meson.options')) ?? (await readTreeFile(tree, 'meson_options.txt')) ?? '';
  return /\boption\(\s*'no_git'/.test(options) ? ['-Dno_git=true'] : [];
}

async function onlyArchive(context: NodeContext, work: Work): Promise<string> {
  const argv = ['find', 'build/meson-dist', '-name', '*.tar.gz', '-printf', 'crpm-archive %f\\n'];
  const [archive, ...more] = marked(await mustRun(context, work, { argv, answers: 'crpm-' }, cannotPack), 'crpm-archive ');
  if (archive !== undefined && more.length === 0) return archive;
  return fail({ class: 'build', message: `meson dist made ${more.length === 0 ? 'no archive' : `several archives: ${[archive, ...more].join(', ')}`}`, next: 'Look at the log.' });
}

/** meson names archive and top folder after project and version; the spec must mean the same. */
function checkNames(made: string, spec: string, { archive, top }: ArchiveRecipe['names']): void {
  const stem = made.replace(/\.tar\.gz$/, '');
  const wanted = archive.replace(/\.(tar(\.[a-z0-9]+)?|tgz)$/, '');
  if (stem === wanted && stem === top) return;
  fail({
    class: 'build',
    message: `meson dist makes ${stem}, but ${spec} wants ${archive} with the top folder ${top}`,
    next: 'Make name and version of project() in meson.build agree with Name, Version and Source0 of the spec.',
  });
}

/** The spec as `meson dist` filled it in; else our own filling, if that is complete. */
async function finishedSpec(context: NodeContext, work: Work, archive: string, spec: ArchiveRecipe['spec']): Promise<string> {
  if (!spec.isTemplate) return spec.text;
  const argv = script(FIND_SPEC, [`build/meson-dist/${archive}`, spec.name]);
  const lines = marked(await mustRun(context, work, { argv, answers: 'crpm-' }, cannotPack), 'crpm-spec ');
  if (lines.length > 0) return `${lines.join('\n')}\n`;
  if (spec.unknown.length === 0) return spec.text;
  return fail({
    class: 'build',
    message: `neither the archive nor the build folder holds ${spec.name}, and its template needs ${spec.unknown.map((name) => `@${name}@`).join(', ')}`,
    next: 'Have meson.build fill it in with configure_file() and add it with meson.add_dist_script().',
  });
}

function cannotPack(seen: { telling(): readonly string[] }) {
  return { class: 'build', message: 'the source archive can’t be packed', next: 'Look at the log.', lines: seen.telling() } as const;
}
