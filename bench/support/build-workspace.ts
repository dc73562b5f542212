import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Engine } from '@crpm/core';
import { crpm, ownEnvironment } from './crpm.js';
import type { BenchEngine } from './engine.js';
import { runAll, type Command } from './measure.js';

const QEMU_SPEC = join(import.meta.dirname, '../../test/real/qemu-kvm');

export interface BuildTrees {
  readonly libvirt: string;
  readonly qemu?: string;
}

export interface BuildOptions {
  /** Default: as crpm itself would. */
  readonly ccache?: boolean;
}

/** A workspace of its own, with its own cache, that builds the real trees in containers, up to the served repository. */
export class BuildWorkspace {
  readonly #folder = mkdtempSync(join(tmpdir(), 'crpm-bench-build-'));
  readonly #work = join(this.#folder, 'work');

  readonly #engine: Engine;

  constructor({ dockerHost, engine, reference }: BenchEngine, trees: BuildTrees, options: BuildOptions = {}) {
    this.#engine = engine;
    mkdirSync(this.#work);
    writeFileSync(
      join(this.#work, 'custom-rpms.config.json'),
      JSON.stringify({
        basesystem: 'debian-as-el9',
        kubevirt: false,
        engine: { kind: 'docker', host: dockerHost },
        basesystems: { 'debian-as-el9': { image: reference, dist: '.el9', stream: 9, kubevirtBasesystem: 'centos-stream-release' } },
        // Not the environment's CI=true, but what a developer has.
        build: { profile: 'dev', ...options },
        sources: { libvirt: { dir: trees.libvirt }, ...(trees.qemu === undefined ? {} : { qemu: { dir: trees.qemu, spec: { dir: QEMU_SPEC } } }) },
      }),
    );
  }

  /** `crpm` with these arguments, in the workspace. */
  crpm(...argv: readonly string[]): Command {
    return crpm(argv, { cwd: this.#work, env: ownEnvironment(this.#folder) });
  }

  /** The volume of a package's build tree. */
  async volumeOf(name: string): Promise<string> {
    const workspace = basename(realpathSync(join(this.#work, '.crpm')));
    const owned = await this.#engine.list({ workspace });
    const tree = owned.find(({ keeps }) => keeps?.what === 'tree' && keeps.name.startsWith(`${name}-`));
    if (!tree) throw new Error(`the workspace ${workspace} has no build tree of ${name}`);
    return tree.id;
  }

  /** Stops the server and removes everything, in the engine too. */
  close(): void {
    runAll([this.crpm('serve', '--stop'), this.crpm('clean', '--all')]);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
