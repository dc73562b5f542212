import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { debianTarball } from '../../test/support/debian-source.js';
import { kept } from './cache.js';
import { runAll } from './measure.js';

export interface Trees {
  /** libvirt 9.0.0: 12,000 files. */
  readonly libvirt: string;
  /** QEMU 7.2: 19,000 files. */
  readonly qemu: string;
}

/** The real trees, as Debian ships their sources, each a git repository with one commit and nothing else to say. */
export async function sourceTrees(): Promise<Trees> {
  return { libvirt: await tree('libvirt'), qemu: await tree('qemu') };
}

/** Made by `meson dist` and not to be found in a checkout. */
const GENERATED = ['libvirt.spec', 'AUTHORS.rst'];

async function tree(name: 'libvirt' | 'qemu'): Promise<string> {
  const tarball = await debianTarball(name);
  return kept(`trees/${name}`, async (folder) => {
    await execa('tar', ['-xf', tarball, '--strip-components=1', '-C', folder]);
    if (name === 'libvirt') {
      for (const file of GENERATED) rmSync(join(folder, file));
      // The tarball has it not; a developer's tree does.
      writeFileSync(join(folder, '.gitignore'), '/build/\n*.pyc\n');
    }
    await commitAll(folder, `${name}, as Debian ships it`);
  });
}

/** Makes a folder a git repository with one commit that leaves nothing to be looked at again. */
export async function commitAll(folder: string, message: string, { keepIgnored = false } = {}): Promise<void> {
  const git = (...args: string[]) => execa('git', ['-c', 'user.name=bench', '-c', 'user.email=bench@localhost', '-c', 'commit.gpgsign=false', '-c', 'gc.auto=0', ...args], { cwd: folder });
  await git('init', '--quiet', '--initial-branch=main');
  await git('add', '--all');
  await git('commit', '--quiet', '--message', message);
  // What git ignores would only be in the way of comparing: no developer has it.
  if (!keepIgnored) await git('clean', '-fdX', '--quiet');
  await git('gc', '--quiet');
}

export function copyOf(tree: string, to: string): string {
  runAll([{ argv: ['cp', '--archive', '--reflink=auto', tree, to] }]);
  return to;
}
