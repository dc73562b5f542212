import { join } from 'node:path';

import { fail, type NodeContext, type Work } from '@crpm/core';

import { quote } from '../quote.js';
import { ownNames } from './diagnosis/own-names.js';
import { putTree, readTreeFile, type SnapshotTree } from './trees.js';
import { mustRun } from './work.js';

export interface MesonProject {
  readonly name: string;
  readonly version: string;
}

/**
 * Name and version of a meson project, as `meson introspect` reads it: from the text of `meson.build`, running nothing of it. A version
 * that meson takes from a file (`version: files('VERSION')`) is read from there.
 */
export async function mesonProject(context: NodeContext, work: Work, tree: SnapshotTree): Promise<MesonProject> {
  await putTree(work, tree, 'project', (path) => path === 'meson.build');
  const argv = ['meson', 'introspect', '--projectinfo', 'meson.build'];
  const answers = await mustRun(context, work, { argv, cwd: 'project', answers: '{' }, async (seen) => ({
    class: 'build',
    message: `meson can't read ${tree.dir}/meson.build`,
    next: 'Correct it, then run again.',
    lines: seen.telling().map(ownNames(tree, context.workspace).line),
    // Elsewhere nobody knows whether this machine has meson.
    ...((await context.engine()).kind === 'host' ? { commands: [`meson introspect --projectinfo ${quote(join(tree.dir, 'meson.build'))}`] } : {}),
  }));
  const told = projectInfo(answers);
  if (told !== undefined && told.version !== 'undefined') return told;
  const version = (await readTreeFile(tree, 'VERSION'))?.trim();
  if (told !== undefined && version) return { ...told, version };
  return fail({
    class: 'build',
    message: `the version of the meson project ${tree.dir} can't be told without running it`,
    next: "Set version in project() of meson.build to plain text, or to files('VERSION').",
  });
}

/** Name and version in the one line of JSON among warnings. */
export function projectInfo(lines: readonly string[]): MesonProject | undefined {
  for (const line of lines) {
    if (!line.startsWith('{')) continue;
    const info = JSON.parse(line) as { readonly version?: unknown; readonly descriptive_name?: unknown };
    if (typeof info.version === 'string' && typeof info.descriptive_name === 'string') return { name: info.descriptive_name, version: info.version };
  }
  return undefined;
}
