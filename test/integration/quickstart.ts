import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import type { CliRig } from './cli-rig.js';

const REPOSITORY = join(import.meta.dirname, '..', '..');

/** Programs that builds of the quickstart call and this machine lacks. */
export const missing = ['rpmbuild', 'createrepo_c', 'meson', 'ninja', 'gcc', 'make', 'git'].filter((program) => !(process.env['PATH'] ?? '').split(':').some((folder) => existsSync(join(folder, program))));

/** The example as a fresh clone has it: files, an index, one commit, and nobody's git identity. */
export async function cloneQuickstart(rig: CliRig): Promise<void> {
  for (const name of ['examples', 'custom-rpms.config.yaml']) cpSync(join(REPOSITORY, name), join(rig.work, name), { recursive: true, filter: (path) => !path.endsWith('/.crpm') });
  await git(rig, 'init', '--quiet');
  await git(rig, 'checkout', '--quiet', '-b', 'main');
  await git(rig, 'add', '--all');
  await git(rig, '-c', 'user.name=t', '-c', 'user.email=t@example.org', 'commit', '--quiet', '--message', 'as cloned');
}

export async function git(rig: CliRig, ...argv: readonly string[]): Promise<string> {
  return (await execa('git', argv, { cwd: rig.work, env: rig.env, extendEnv: false })).stdout;
}
