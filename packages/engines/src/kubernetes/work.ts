import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fail, FailureError, type Command, type Exit, type Labels, type Work, type WorkOptions } from '@crpm/core';
import { Calls } from '../calls.js';
import { checkSignal } from '../cancelled.js';
import { baseVariables, DEFAULT_PATH } from '../environment.js';
import { goArchOf } from '../go-arch.js';
import { relativePath } from '../relative.js';
import { wrapperVariables, type Surroundings } from './cluster.js';
import type { ClusterRun } from './cluster-run.js';
import { derivedConfig, variablesOf, type Layer, type StoredImage } from './image-store.js';
import { pushInput } from './input-layer.js';
import { isPassing } from './kube-error.js';
import { metadataOf, shortHash, WORK } from './names.js';
import type { OwnerReference } from './objects.js';
import { CACHE_ROOT, WORK_ROOT } from './places.js';
import type { PushedBlob } from './report.js';
import { createOrGet, referenceTo } from './run-owner.js';
import { archiveIn, subtree } from './subtree.js';
import { untilAnswered, untilFetchable } from './until-answered.js';
import { runInWork } from './wrapper.js';

/** Claims that a work uses instead of an empty folder. */
export interface Claims {
  readonly tree?: string | undefined;
  readonly cache?: string | undefined;
}

/** What came of the work folder when a program had ended. */
interface Left {
  readonly blob: PushedBlob;
  /** The archive in it. */
  readonly name: string;
}

/** A Job has neither input nor a terminal. */
function noTalk(): FailureError {
  return new FailureError({ class: 'environment', message: 'nobody can talk to a program in a cluster', next: 'crpm shell works with a container engine and on this machine: --engine docker.' });
}

/** Opens a work: one object in the cluster that owns its Jobs. */
export async function openClusterWork(around: Surroundings, options: WorkOptions, claims: Claims): Promise<ClusterWork> {
  checkSignal(options.signal, 'opening a work folder');
  if (options.copyOf !== undefined) throw noTalk();
  const { labels } = options;
  const [image, run] = await Promise.all([around.images.require(options.image, { signal: options.signal }), around.run(labels)]);
  const ordinal = around.ordinal(labels);
  const name = `crpm-work-${shortHash(JSON.stringify([labels, ordinal, process.pid, Date.now(), Math.random()]), 20)}`;
  const map = await untilAnswered(() => createOrGet(around.api, { metadata: { name, ...metadataOf(labels, 'work'), ownerReferences: [run.owner.reference] } }));
  return new ClusterWork(around, image, run, referenceTo(map), options, claims, [labels.workspace, labels.node, String(ordinal)]);
}

/**
 * A work folder in a cluster, which has no place of its own: each program runs in a Job whose image is the build root with layers on top, archives that are unpacked into an empty folder before
 * the program starts; what it leaves there is pushed, and is a layer of the next one's. With a claim the folder stays where it is, and only what is taken out travels.
 */
export class ClusterWork implements Work {
  readonly root = WORK_ROOT;
  readonly cache?: string;
  private readonly calls = new Calls();
  private readonly labels: Labels;
  private readonly signal: AbortSignal;
  private closed: Promise<void> | undefined;
  /** What is unpacked before the next program, oldest first. */
  private layers: readonly Layer[] = [];
  /** What the last program left; nothing once more was put on top. */
  private left: Left | undefined;
  private archives = 0;
  private commands = 0;
  private readonly images = new Set<string>();
  /** Names of the Jobs that ran here; one that was taken up has another owner. */
  private readonly jobs = new Set<string>();
  /** Told once when the work is closed. */
  onClose: (() => void) | undefined;

  constructor(
    private readonly around: Surroundings,
    private readonly image: StoredImage,
    private readonly cluster: ClusterRun,
    private readonly owner: OwnerReference,
    private readonly options: WorkOptions,
    private readonly claims: Claims,
    private readonly place: readonly string[],
  ) {
    this.labels = options.labels;
    if (claims.cache !== undefined) this.cache = CACHE_ROOT;
    this.signal = AbortSignal.any([options.signal, this.calls.signal]);
  }

  put(tar: Readable): Promise<void> {
    return this.calls.track(this.add(tar, this.signal));
  }

  run(command: Command): Promise<Exit> {
    return this.calls.track(this.runProgram(command).finally(() => command.files?.destroy()));
  }

  interact(): Promise<Exit> {
    return Promise.reject(noTalk());
  }

  get(path: string): Promise<Readable> {
    return this.calls.track(this.take(relativePath(path)));
  }

  close(): Promise<void> {
    return (this.closed ??= this.release());
  }

  private async add(tar: Readable, signal: AbortSignal): Promise<void> {
    const number = this.archives++;
    const name = `${String(number).padStart(6, '0')}.tar`;
    mkdirSync(this.around.folder, { recursive: true });
    const layer = await pushInput(this.around.place.repository, tar, { file: join(this.around.folder, `${this.owner.name}-${name}`), name, signal });
    this.layers = [...this.layers, layer];
    this.left = undefined;
  }

  private async runProgram(command: Command): Promise<Exit> {
    const signal = AbortSignal.any([command.signal, this.signal]);
    const what = command.argv.join(' ');
    checkSignal(signal, what);
    const before = { layers: this.layers, left: this.left };
    try {
      if (command.files) await this.add(command.files, signal);
      return await this.execute(command, what, signal, (command.keep ?? (this.claims.tree === undefined ? ['.'] : [])).map(relativePath));
    } catch (error) {
      // What came with a program that did not run is not there either.
      Object.assign(this, before);
      throw error;
    }
  }

  private async execute(command: Pick<Command, 'argv' | 'cwd' | 'env'> & { readonly line: (text: string) => void }, what: string, signal: AbortSignal, keep: readonly string[]): Promise<Exit> {
    const { around, labels, options, claims } = this;
    const path = variablesOf(this.image.config)['PATH'] ?? DEFAULT_PATH;
    const archive = `${String(this.archives++).padStart(6, '0')}.tar`;
    const cwd = relativePath(command.cwd ?? '.');
    const program = { cwd: cwd === '.' ? WORK_ROOT : `${WORK_ROOT}/${cwd}`, argv: command.argv, env: { ...baseVariables(path, '/root', '/tmp'), ...command.env } };
    const image = await this.imageWithLayers(signal);
    const { labels: own, annotations = {} } = metadataOf(labels, 'job');
    const plan = {
      labels: { ...own, [WORK]: this.owner.name },
      annotations,
      owner: this.owner,
      image: `${around.place.name}@${image}`,
      goArch: goArchOf(options.arch),
      command: runInWork(program, keep),
      env: wrapperVariables(around, path, archive),
      memory: options.memory,
      claim: claims.tree,
      cacheClaim: claims.cache,
      secret: await around.secret(labels),
      authorities: await around.authorities(labels),
    };
    const end = await around.jobs.run({ run: this.cluster, plan, place: [...this.place, String(this.commands++)], what, signal, line: command.line });
    const { report, told, job } = end;
    this.jobs.add(job);
    if (report.kind === 'oom') return { code: 137, oom: true };
    await untilFetchable(around.place.repository, report.log, signal);
    await told.complete(around.place.repository.pullBlob(report.log, { signal }));
    this.note(report.out, archive);
    return { code: report.exit, oom: report.exit !== 0 && report.oom };
  }

  private note(out: PushedBlob | undefined, archive: string): void {
    // A folder with a claim has been unpacked into, and keeps it. Elsewhere what was not kept is gone.
    this.layers = out === undefined || this.claims.tree !== undefined ? [] : [{ descriptor: { mediaType: 'application/vnd.oci.image.layer.v1.tar', ...out }, diffId: out.digest }];
    this.left = out && { blob: out, name: archive };
  }

  /** Digest of the build root with what is to be unpacked on top. It is of this work alone, for it goes with it. */
  private async imageWithLayers(signal: AbortSignal): Promise<string> {
    if (this.layers.length === 0) return this.image.digest;
    const config = derivedConfig(this.image.config, { ...this.labels, run: 'shared' });
    const mine = { ...config, config: { ...config.config, Labels: { ...config.config?.Labels, 'dev.crpm.place': shortHash(JSON.stringify(this.place)) } } };
    const { digest } = await this.around.images.put([...this.image.layers, ...this.layers], mine, { signal });
    this.images.add(digest);
    return digest;
  }

  private async take(path: string): Promise<Readable> {
    if (!this.left) {
      // What was put after the last program, or lies in a claim, is packed by one that does nothing else.
      const { code } = await this.execute({ argv: ['true'], line: () => undefined }, `packing ${path}`, this.signal, [this.claims.tree === undefined ? '.' : path]);
      if (code !== 0) fail({ class: 'environment', message: `packing ${path} in the cluster ended with exit code ${code}`, next: 'Look at the pod’s log (kubectl logs).' });
    }
    const { left } = this;
    if (!left) throw new Error('a program that was to keep something left nothing');
    await untilFetchable(this.around.place.repository, left.blob, this.signal);
    const layer = this.around.place.repository.pullBlob(left.blob, { signal: this.signal });
    const chunks = subtree(archiveIn(layer, left.name), path);
    // Asked once here, so that what is not there is a failure of this call.
    const first = await chunks.next();
    return Readable.from(
      (async function* () {
        if (!first.done) yield first.value;
        yield* chunks;
      })(),
      { objectMode: false },
    );
  }

  private async release(): Promise<void> {
    await this.calls.end();
    try {
      await untilAnswered(async () => {
        // Those that are known first, so that only what is not has to be looked for and removed.
        for (const job of this.jobs) await this.around.jobs.remove(job);
        await removeWork(this.around, this.owner.name, this.owner.uid);
      });
    } catch (error) {
      // What a program made is not thrown away for that: the run's owner takes all with it, or cleaning does.
      if (!isPassing(error)) throw error;
    }
    await Promise.allSettled([...this.images].map((digest) => this.around.images.remove(digest)));
    this.onClose?.();
  }
}

/** A work's Jobs, then what owns them. */
export async function removeWork({ api }: Pick<Surroundings, 'api'>, name: string, uid?: string): Promise<void> {
  const { items } = await api.list('jobs', { labels: `${WORK}=${name}` });
  await Promise.all(items.map(({ metadata }) => api.delete('jobs', metadata.name, metadata.uid === undefined ? {} : { uid: metadata.uid })));
  await api.delete('configmaps', name, uid === undefined ? {} : { uid });
}
