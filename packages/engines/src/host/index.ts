import { existsSync } from 'node:fs';
import { arch as nodeArch, release } from 'node:os';
import { basename, join } from 'node:path';
import { bytesOf, packPath, unpack } from '@crpm/archive';
import { fail, type Command, type DeriveStep, type Engine, type Exit, type Image, type Interaction, type OwnedFilter, type OwnedObject, type Work, type WorkOptions } from '@crpm/core';
import { addAbortSignal, type Readable } from 'node:stream';
import { Calls } from '../calls.js';
import { cancelled, checkSignal } from '../cancelled.js';
import { DEFAULT_PATH } from '../environment.js';
import { keptBy } from '../kept.js';
import { relativePath } from '../relative.js';
import { copyTree, isOurFolder, listFolders, makeWorkFolder, openKeptFolder, removeOurFolder, type WorkFolder } from './folder.js';
import { interactOnHost } from './interact.js';
import { findIsolation, standIn, type Isolation } from './isolation.js';
import { killPrograms } from './processes.js';
import { runOnHost, type HostRunContext, type Place } from './run.js';

export interface HostEngineOptions {
  /** Absolute folder that holds the work folders and build trees of this workspace, `<state>/work`. */
  readonly workDir: string;
  /** Absolute folder that holds what all workspaces share, `<cache>/shared`. */
  readonly sharedDir: string;
  readonly env: NodeJS.ProcessEnv;
  /** `Debian GNU/Linux 12 (bookworm)`, for the description. */
  readonly distribution: string;
}

/** The id of this machine as an image. */
export const HOST_IMAGE = 'host';

/**
 * Runs the same commands on this machine, in a private folder. It isolates little: programs see the machine's files, memory bounds are not
 * kept, and `network: none` is best effort ({@link findIsolation}). It never installs anything.
 */
export function openHostEngine(options: HostEngineOptions): Engine {
  const { workDir, sharedDir, env } = options;
  const path = env['PATH'] ?? DEFAULT_PATH;
  let isolation: Promise<Isolation> | undefined;
  const isolate = () => (isolation ??= findIsolation(path));
  const open = new Set<Work>();

  return {
    kind: 'host',
    description: `this machine, ${options.distribution} (Linux ${release()})`,
    arch: nodeArch() === 'arm64' ? 'aarch64' : nodeArch() === 'x64' ? 'x86_64' : nodeArch(),
    prepareImage: async (source): Promise<Image> => {
      if (source.kind !== 'host') fail({ class: 'environment', message: 'the host engine has no images: it builds only for the distribution of this machine', next: 'Set engine: docker, or basesystem: host.' });
      return { id: HOST_IMAGE };
    },
    deriveImage: async (_from: string, step: DeriveStep): Promise<Image> => {
      step.files?.destroy();
      fail({
        class: 'environment',
        message: `crpm installs nothing on this machine itself; it would have run: ${step.argv.join(' ')}`,
        next: 'Install what is missing with the package manager as root, or set engine: docker.',
      });
    },
    hasImage: async (id) => id === HOST_IMAGE,
    openWork: async (work: WorkOptions): Promise<Work> => {
      checkSignal(work.signal, 'opening a work folder');
      if (work.image !== HOST_IMAGE) throw new Error(`the host engine was given the image ${work.image}`);
      const { tree, copyOf, cache } = keptBy(work);
      let folder = makeWorkFolder(workDir, work.labels, tree && openKeptFolder(workDir, tree));
      try {
        if (copyOf) folder = await copyTree(folder, openKeptFolder(workDir, copyOf), work.signal);
      } catch (error) {
        removeOurFolder(folder.path);
        throw error;
      }
      const opened = new HostWork(folder, cache && openKeptFolder(sharedDir, cache), env, path, isolate, () => open.delete(opened));
      open.add(opened);
      return opened;
    },
    list: async (filter: OwnedFilter): Promise<readonly OwnedObject[]> => [...listFolders(workDir, filter), ...listFolders(sharedDir, filter)],
    remove: async (objects: readonly OwnedObject[]): Promise<void> => {
      for (const { type, id } of objects) {
        if (type !== 'folder' || ![workDir, sharedDir].some((parent) => isOurFolder(parent, id))) continue;
        killPrograms(id);
        removeOurFolder(id);
      }
    },
    close: async () => {
      for (const work of open) await work.close();
    },
  };
}

class HostWork implements Work {
  readonly root: string;
  readonly cache?: string;
  private readonly calls = new Calls();

  constructor(
    private readonly folder: WorkFolder,
    cache: string | undefined,
    private readonly env: NodeJS.ProcessEnv,
    private readonly path: string,
    private readonly isolation: () => Promise<Isolation>,
    private readonly onClose: () => void,
  ) {
    this.root = folder.at ?? folder.root;
    if (cache !== undefined) this.cache = cache;
  }

  async put(tar: Readable): Promise<void> {
    this.assertOpen();
    await unpack(tar, this.folder.root, { links: 'any' });
  }

  async run(command: Command): Promise<Exit> {
    this.assertOpen();
    try {
      return await this.calls.track(this.runProgram({ ...command, line: (text) => command.line(text), signal: AbortSignal.any([command.signal, this.calls.signal]) }));
    } finally {
      command.files?.destroy();
    }
  }

  interact(interaction: Interaction): Promise<Exit> {
    this.assertOpen();
    return this.calls.track(interactOnHost(this.context(), { ...interaction, signal: AbortSignal.any([interaction.signal, this.calls.signal]) }));
  }

  private context(): HostRunContext {
    return { folder: this.folder, env: this.env, path: this.path, isolation: (place) => this.isolate(place) };
  }

  private async isolate({ online, cwd }: Place): Promise<Isolation> {
    const { root, at } = this.folder;
    if (at !== undefined) return standIn(this.path, { copy: root, at, cwd: join(at, cwd), online });
    return online ? [] : this.isolation();
  }

  private async runProgram(command: Command): Promise<Exit> {
    if (command.files) await this.unpackUnless(command.signal, command.files, command.argv.join(' '));
    return runOnHost(this.context(), command);
  }

  private async unpackUnless(signal: AbortSignal, tar: Readable, what: string): Promise<void> {
    checkSignal(signal, what);
    try {
      await unpack(addAbortSignal(signal, tar), this.folder.root, { links: 'any' });
    } catch (error) {
      throw signal.aborted ? cancelled(what) : error;
    }
  }

  async get(path: string): Promise<Readable> {
    this.assertOpen();
    const relative = relativePath(path);
    const full = join(this.folder.root, relative);
    if (!existsSync(full)) fail({ class: 'build', message: `the build left nothing at ${relative}`, next: 'Look at the log of the node for what it did instead.' });
    return packPath(Buffer.from(full), relative === '.' ? '' : bytesOf(basename(relative)));
  }

  async close(): Promise<void> {
    await this.calls.end();
    killPrograms(this.folder.path);
    removeOurFolder(this.folder.path);
    this.onClose();
  }

  private assertOpen(): void {
    if (this.calls.signal.aborted) throw new Error('the work is closed');
  }
}

