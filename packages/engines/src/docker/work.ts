import type { Readable } from 'node:stream';
import { packFiles } from '@crpm/archive';
import { fail, type Command, type Exit, type Interaction, type Labels, type Work, type WorkOptions } from '@crpm/core';
import { Calls } from '../calls.js';
import { checkSignal } from '../cancelled.js';
import { baseVariables, DEFAULT_PATH, PROXY_NAMES, proxyVariables } from '../environment.js';
import { keptBy } from '../kept.js';
import { relativePath } from '../relative.js';
import { certificates } from './certificates.js';
import type { Client } from './client.js';
import { CACHE_ROOT, createContainer, removeContainer, WORK_ROOT, type Mount } from './container.js';
import { converse, inTerminalOf, isTerminal } from './converse.js';
import { execute } from './execute.js';
import { requireImage, type ImageFacts } from './image.js';
import { getArchive, putArchive } from './transfer.js';
import { createVolume, openKeptVolume, removeVolume, type Volume } from './volume.js';

/** Opens a work: a volume of its own or that of a build tree. Containers come with what is done in it. */
export async function openDockerWork(client: Client, env: NodeJS.ProcessEnv, options: WorkOptions): Promise<DockerWork> {
  checkSignal(options.signal, 'opening a work folder');
  const kept = keptBy(options);
  const [image, tree, original, cache] = await Promise.all([
    requireImage(client, options.image),
    kept.tree && openKeptVolume(client, kept.tree),
    kept.copyOf && openKeptVolume(client, kept.copyOf),
    kept.cache && openKeptVolume(client, kept.cache),
  ]);
  const volume = tree ?? (await createVolume(client, options.labels));
  if (original) await copyVolume(client, image, options, { from: original, to: volume });
  const mounts: Mount[] = [{ volume, path: WORK_ROOT }, ...(cache ? [{ volume: cache, path: CACHE_ROOT }] : [])];
  return new DockerWork(client, env, image, options, mounts);
}

/** By a container of its own, which has both. When this fails, the copy is gone. */
async function copyVolume(client: Client, image: ImageFacts, { labels, signal }: WorkOptions, { from, to }: { readonly from: Volume; readonly to: Volume }): Promise<void> {
  const argv = ['cp', '-a', '--reflink=auto', '/crpm-tree/.', WORK_ROOT];
  const said: string[] = [];
  let id: string | undefined;
  try {
    const mounts: Mount[] = [{ volume: to, path: WORK_ROOT }, { volume: from, path: '/crpm-tree', readOnly: true }];
    id = await createContainer(client, { image: image.id, argv, env: baseVariables(image.env['PATH'] ?? DEFAULT_PATH, '/root', '/tmp'), cwd: '/', network: 'none', labels, mounts });
    const { code } = await execute(client, id, { argv, image: image.id, signal, line: (text) => said.push(text) });
    await removeContainer(client, id);
    if (code !== 0) fail({ class: 'environment', message: 'the build tree can’t be copied', next: 'Free space where the engine keeps volumes (docker system df), then try again.', lines: said.slice(-5) });
  } catch (error) {
    if (id !== undefined) await removeContainer(client, id);
    await removeVolume(client, to.name);
    throw error;
  }
}

/** Each run is a container of its own on the work's volume: what a program leaves outside the volume is gone with it. */
export class DockerWork implements Work {
  readonly root = WORK_ROOT;
  readonly cache?: string;
  private readonly calls = new Calls();
  /** Of containers whose program has ended; {@link close} waits for them. */
  private readonly removals: Promise<void>[] = [];
  private readonly labels: Labels;
  private readonly signal: AbortSignal;
  private closed: Promise<void> | undefined;
  private carrier: Promise<string> | undefined;
  /** Told once when the work is closed. */
  onClose: (() => void) | undefined;

  constructor(
    private readonly client: Client,
    private readonly env: NodeJS.ProcessEnv,
    private readonly image: ImageFacts,
    private readonly options: WorkOptions,
    /** The work's own folder is the first. */
    private readonly mounts: readonly Mount[],
  ) {
    this.labels = options.labels;
    if (options.cache !== undefined) this.cache = CACHE_ROOT;
    this.signal = AbortSignal.any([options.signal, this.calls.signal]);
  }

  put(tar: Readable): Promise<void> {
    return this.calls.track(this.unpack(tar));
  }

  get(path: string): Promise<Readable> {
    const relative = relativePath(path);
    // With a dot the engine names entries from the folder's content on.
    return this.calls.track(this.carry().then((id) => getArchive(this.client, id, relative === '.' ? `${WORK_ROOT}/.` : `${WORK_ROOT}/${relative}`, this.signal)));
  }

  run(command: Command): Promise<Exit> {
    return this.calls.track(this.runContainer(command).finally(() => command.files?.destroy()));
  }

  interact(interaction: Interaction): Promise<Exit> {
    const { argv, streams } = interaction;
    const terminal = isTerminal(streams);
    const sized = terminal ? { ...interaction, argv: inTerminalOf(streams, argv) } : interaction;
    return this.calls.track(this.inContainer(sized, (id, signal) => converse(this.client, id, { argv, image: this.options.image, streams, signal }), { terminal }));
  }

  close(): Promise<void> {
    return (this.closed ??= this.release());
  }

  private async unpack(tar: Readable): Promise<void> {
    try {
      await putArchive(this.client, await this.carry(), WORK_ROOT, tar, this.signal);
    } finally {
      tar.destroy();
    }
  }

  /** A container that does not run, through which files go in and out: one whose program has ended, else one that is never started. */
  private carry(): Promise<string> {
    return (this.carrier ??= this.makeCarrier());
  }

  private async makeCarrier(): Promise<string> {
    try {
      return await createContainer(this.client, { image: this.image.id, argv: ['/crpm-carrier'], env: {}, cwd: '/', network: 'none', labels: this.labels, mounts: this.mounts });
    } catch (error) {
      this.carrier = undefined;
      throw error;
    }
  }

  private async runContainer(command: Command): Promise<Exit> {
    return this.inContainer(command, (id, signal) => execute(this.client, id, { argv: command.argv, image: this.options.image, signal, line: (text) => command.line(text) }));
  }

  /** Creates a container for a program, with the files that it is to find, and has it run there. */
  private async inContainer(command: Omit<Command, 'line'>, use: (id: string, signal: AbortSignal) => Promise<Exit>, interactive?: { readonly terminal: boolean }): Promise<Exit> {
    const signal = AbortSignal.any([command.signal, this.signal]);
    checkSignal(signal, command.argv.join(' '));
    const network = command.network ?? 'none';
    const online = network === 'none' ? { files: [], env: {} } : certificates(this.env);
    const cwd = relativePath(command.cwd ?? '.');
    const id = await createContainer(this.client, {
      image: this.image.id,
      argv: command.argv,
      env: {
        ...baseVariables(this.image.env['PATH'] ?? DEFAULT_PATH, '/root', '/tmp'),
        ...(network === 'none' ? noProxies(this.image.env) : proxyVariables(this.env)),
        ...online.env,
        ...command.env,
      },
      cwd: cwd === '.' ? WORK_ROOT : `${WORK_ROOT}/${cwd}`,
      network,
      labels: this.labels,
      mounts: this.mounts,
      ...(this.options.memory === undefined ? {} : { memory: this.options.memory }),
      ...(interactive ? { interactive } : {}),
    });
    let exit: Exit;
    try {
      if (online.files.length > 0) await putArchive(this.client, id, '/', packFiles(online.files), signal);
      if (command.files) await putArchive(this.client, id, WORK_ROOT, command.files, signal);
      exit = await use(id, signal);
    } catch (error) {
      // The program may still run, and must not when this has failed.
      await removeContainer(this.client, id);
      throw error;
    }
    if (this.carrier) this.removeLater(id);
    else this.carrier = Promise.resolve(id);
    return exit;
  }

  /** Nothing depends on when an ended container goes, and an engine takes its time. */
  private removeLater(id: string): void {
    const removal = removeContainer(this.client, id);
    removal.catch(() => undefined); // Told by close.
    this.removals.push(removal);
  }

  private async release(): Promise<void> {
    await this.calls.end();
    if (this.carrier) this.removeLater(await this.carrier);
    await Promise.all(this.removals);
    if (this.options.tree === undefined) await removeVolume(this.client, this.mounts[0]!.volume.name);
    this.onClose?.();
  }
}

/** A proxy that the image names is no way out of a container without network, only a delay. Emptied, for Podman takes a name without `=` from its own environment. */
function noProxies(imageEnv: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(PROXY_NAMES.filter((name) => name in imageEnv).map((name) => [name, '']));
}
