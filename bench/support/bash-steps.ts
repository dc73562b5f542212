import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Labels } from '@crpm/core';
import type { BenchEngine } from './engine.js';
import { runAll, type Command } from './measure.js';
import { startRsyncDaemon, type RsyncDaemon } from './rsync-daemon.js';

/**
 * In the builder's volume. The archive is found by a glob, and `ninja dist` compiles and tests what it packed. It takes a tree for changed whose files are others than git's index remembers, as
 * after any copy, and git does not speak of one of another owner.
 */
const BUILD = `
cd /volume/libvirt
git config --global --add safe.directory /volume/libvirt
git update-index -q --refresh
meson setup build
ninja -C build dist
rpmbuild -ta --define '_topdir /volume/rpmbuild' build/meson-dist/libvirt-*.tar.xz
`;
const INDEX = 'createrepo_c --general-compress-type gz /volume/rpmbuild/RPMS/x86_64';

/** What the bash script does for libvirt once its image is there, step by step; written afresh, and without its web server. */
export class BashSteps {
  readonly #given: BenchEngine;
  readonly #daemon: RsyncDaemon;

  private constructor(given: BenchEngine, daemon: RsyncDaemon) {
    this.#given = given;
    this.#daemon = daemon;
  }

  static async start(given: BenchEngine, labels: Labels): Promise<BashSteps> {
    return new BashSteps(given, await startRsyncDaemon(given, labels));
  }

  /** Tree in, RPMs and their index out. The tree must be a git repository with nothing uncommitted: `ninja dist` packs what is committed. */
  run(tree: string, out: string): void {
    const { url } = this.#daemon;
    runAll([
      { argv: ['rsync', '--archive', '--delete', '--exclude=/build', `${tree}/`, `${url}/libvirt/`] },
      this.#inContainer(BUILD),
      this.#inContainer(INDEX),
      { argv: ['rsync', '--archive', '--delete', `${url}/rpmbuild/RPMS/`, `${out}/`] },
    ]);
    if (!readdirSync(join(out, 'x86_64')).some((name) => name.startsWith('libvirt-libs-'))) throw new Error('the bash steps made no libvirt-libs');
  }

  stop(): Promise<void> {
    return this.#daemon.stop();
  }

  #inContainer(script: string): Command {
    const { dockerHost, image } = this.#given;
    return { argv: ['docker', '--host', dockerHost, 'run', '--rm', '--network', 'none', '--volumes-from', this.#daemon.container, image, 'sh', '-euc', script] };
  }
}
