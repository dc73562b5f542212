import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { FailureError, toFailure, type Engine, type Graph, type Event, type FailureClass, type NodeContext, type NodeKind, type OwnedObject, type Work, type WorkspacePaths } from '@crpm/core';
import { acquireLock, lockFileOf, ownIdentity, sweepWorkspace, writeAll, type Fs, type Lock } from '@crpm/state';
import { MemoryFs, withFaults, type CrashOptions, type Faults } from '../../../state/test/memory-fs.js';
import { run, type RunSummary } from '../../src/index.js';
import { graphOf, node } from '../rig.js';

/*
 * A whole world in memory: disk, engine, and a small graph that uses both as the real kinds do. A run in it may fail at any call, or the
 * world may end there; what is left goes into the next one.
 *
 *   source ──▶ root (an image) ──▶ build (work in the engine) ──▶ repo
 *      └───────────────────────────▲
 */

export const GRAPH = graphOf(
  node('source', [], { kind: 'tree' }),
  node('root', ['source'], { kind: 'image' }),
  node('build', ['source', 'root'], { kind: 'work' }),
  node('repo', ['build'], { kind: 'join' }),
);

/** Two nodes without an engine, where thousands of runs are made. */
export const PAIR = graphOf(node('source', [], { kind: 'tree' }), node('repo', ['source'], { kind: 'join' }));

export const workspace: WorkspacePaths = { state: '/home/state/work-00000000', id: 'work-00000000', cache: '/home/cache' };
const ROOT = '/home/project';

/** What one run in a world came to. */
export interface Outcome {
  readonly summary?: RunSummary;
  /** Class of what stopped it, `bug` included; nothing when it ended with 0. */
  readonly failed?: FailureClass;
  readonly events: readonly Event[];
  /** Calls of the file system and of the engine that were made. */
  readonly calls: { readonly fs: number; readonly engine: number };
}

export interface Trouble {
  readonly fs?: Faults;
  /** The engine call that fails, counted from 1. */
  readonly engineFailsAt?: number;
  /** With the engine's failing call everything ends: nothing more reaches the disk. */
  readonly engineKills?: boolean;
}

export class World {
  readonly disk: MemoryFs;
  readonly graph: Graph;
  /** What exists in the engine, by id. */
  readonly objects = new Map<string, OwnedObject>();
  /** The source tree, in small. */
  tree = 'a tree';
  #runs = 0;
  #made = 0;

  constructor(graph: Graph = GRAPH, disk = new MemoryFs()) {
    this.disk = disk;
    this.graph = graph;
    disk.mkdir(workspace.state, 0o700);
    disk.mkdir(workspace.cache, 0o700);
    disk.mkdir(ROOT, 0o755);
    for (const folder of ['/', '/home', '/home/state', '/home/cache', '/home/project', workspace.state]) syncFolders(disk, folder);
  }

  /** This world as it was, for an experiment that leaves the original alone. */
  copy(): World {
    return this.#next(this.disk.crashed({ content: 'kept', names: 'all' }));
  }

  /** The world after the death of the process that worked in it; with `power`, of the machine. */
  afterDeath(power?: CrashOptions): World {
    const next = this.#next(this.disk.crashed(power ?? { content: 'kept', names: 'all' }));
    bury(next.disk);
    return next;
  }

  #next(disk: MemoryFs): World {
    const next = new World(this.graph, disk);
    for (const [id, object] of this.objects) next.objects.set(id, object);
    next.tree = this.tree;
    next.#runs = this.#runs;
    next.#made = this.#made;
    return next;
  }

  /** What the command line does for `crpm run`: takes the lock, runs, gives the lock back. */
  async run(trouble: Trouble = {}): Promise<Outcome> {
    const faulty = withFaults(this.disk, trouble.fs ?? { failAt: 0 });
    const calls = { fs: 0, engine: 0 };
    const kill = { done: false };
    const fs = trouble.engineKills ? deadAfter(faulty.fs, kill) : faulty.fs;
    const engineCall = (what: string) => {
      calls.engine++;
      if (kill.done || calls.engine === trouble.engineFailsAt) {
        kill.done = trouble.engineKills ?? false;
        throw new FailureError({ class: 'environment', message: `the engine does not answer: call ${String(calls.engine)}, ${what}` });
      }
    };
    const events: Event[] = [];
    const runId = `run-${String(++this.#runs)}`;
    try {
      const summary = await this.#locked(fs, (lock) =>
        run({
          graph: this.graph, roles: new Map(), kinds: this.#kinds(fs), workspace, lock, runId, fs,
          openEngine: () => {
            engineCall('open');
            const engine = this.#engine(engineCall);
            return this.#withoutOrphans(engine);
          },
          events: (event) => events.push(event),
          signal: new AbortController().signal,
          jobs: 2, keepGoing: false, budget: { jobs: 2 },
          logsDir: join(workspace.state, 'logs', runId),
        }),
      );
      const failure = [...summary.nodes.values()].find((entry) => entry.failure)?.failure;
      return { summary, events, calls: { ...calls, fs: faulty.calls() }, ...(summary.exitCode === 0 ? {} : { failed: failure?.class ?? 'bug' }) };
    } catch (error) {
      return { events, failed: toFailure(error).class, calls: { ...calls, fs: faulty.calls() } };
    }
  }

  async #locked<T>(fs: Fs, body: (lock: Lock) => Promise<T>): Promise<T> {
    const lock = await acquireLock(lockFileOf(workspace), { command: 'test', fs });
    try {
      return await body(lock);
    } finally {
      lock.release();
    }
  }

  /** What `crpm clean --orphans` removes. */
  async sweep(): Promise<void> {
    sweepWorkspace(workspace, ROOT, this.disk);
    await this.#withoutOrphans(this.#engine(() => {}));
  }

  /** As the command line opens it: without what dead runs left. */
  async #withoutOrphans(engine: Engine): Promise<Engine> {
    await engine.remove((await engine.list({ workspace: workspace.id })).filter(({ type }) => type !== 'image'));
    return engine;
  }

  /** What every node must hold, from the tree alone. */
  expected(): Readonly<Record<string, string>> {
    const source = `source(${this.tree})`;
    const build = `build(${source})`;
    return this.graph === PAIR ? { source, repo: `repo(${source})` } : { source, build, repo: `repo(${build})` };
  }

  #kinds(fs: Fs): ReadonlyMap<string, NodeKind> {
    const read = (context: NodeContext, need: string) => {
      const output = context.needs.get(need);
      return fs.readFile(join(output?.dir ?? '', `${need}.txt`)).toString();
    };
    const kinds: readonly NodeKind[] = [
      {
        name: 'tree', version: 1, weight: 'light',
        inputs: () => Promise.resolve([{ name: 'tree', value: this.tree }]),
        run: (_params, context) => {
          write(fs, context, `source(${this.tree})`);
          return Promise.resolve(null);
        },
      },
      {
        name: 'image', version: 1, weight: 'light',
        inputs: () => Promise.resolve([]),
        run: async (_params, context) => {
          const engine = await context.engine();
          const { id } = await engine.deriveImage('base', { argv: ['set-up'], env: {}, network: 'bridge', labels: labelsOf(context), arch: 'x86_64', signal: context.signal, line: (text) => { context.report.line(text); } });
          return { here: { image: id } };
        },
        missing: async (_params, output, engine) => {
          const { image } = (output.data as { here: { image: string } }).here;
          return (await engine.hasImage(image)) ? undefined : `the image ${image} is gone`;
        },
      },
      {
        name: 'work', version: 1, weight: 'heavy',
        inputs: () => Promise.resolve([]),
        run: async (_params, context) => {
          const engine = await context.engine();
          const { image } = (context.needs.get('root')?.data as { here: { image: string } }).here;
          const work = await engine.openWork({ image, arch: 'x86_64', labels: labelsOf(context), signal: context.signal });
          try {
            await work.put(undefined as unknown as Readable);
            await work.run({ argv: ['make'], signal: context.signal, line: (text) => { context.report.line(text); } });
            await work.get('result');
            write(fs, context, `build(${read(context, 'source')})`);
          } finally {
            await work.close();
          }
          return { built: true };
        },
      },
      {
        name: 'join', version: 1, weight: 'light',
        inputs: () => Promise.resolve([]),
        run: (_params, context) => {
          write(fs, context, `repo(${[...context.needs.keys()].map((need) => read(context, need)).join()})`);
          return Promise.resolve(null);
        },
      },
    ];
    return new Map(kinds.map((kind) => [kind.name, kind]));
  }

  /** Every call counts; what is made stays until it is removed. */
  #engine(call: (what: string) => void): Engine {
    const make = (type: OwnedObject['type'], labels: OwnedObject['labels']) => {
      const id = `${type}-${String(++this.#made)}`;
      this.objects.set(id, { type, id, labels, created: 0 });
      return id;
    };
    const counted = <T>(what: string, answer: () => T): Promise<T> => new Promise((resolve) => {
      call(what);
      resolve(answer());
    });
    return {
      kind: 'docker', description: 'an engine in memory', arch: 'x86_64',
      prepareImage: () => Promise.reject(new Error('no kind of this world does this')),
      deriveImage: (_from, step) => counted('deriveImage', () => {
        step.line('setting up');
        return { id: make('image', step.labels) };
      }),
      hasImage: (id) => counted('hasImage', () => this.objects.has(id)),
      openWork: ({ labels }) => counted('openWork', () => this.#work(make('volume', labels), () => make('container', labels), counted)),
      list: () => counted('list', () => [...this.objects.values()]),
      remove: (objects) => counted('remove', () => { for (const { id } of objects) this.objects.delete(id); }),
      close: () => counted('close', () => {}),
    };
  }

  #work(volume: string, startContainer: () => string, counted: <T>(what: string, answer: () => T) => Promise<T>): Work {
    return {
      root: '/work',
      put: () => counted('put', () => {}),
      run: async ({ line }) => {
        const container = await counted('start', startContainer);
        await counted('wait', () => { line('making'); });
        await counted('remove container', () => this.objects.delete(container));
        return { code: 0, oom: false };
      },
      interact: () => Promise.reject(new Error('no kind of this world talks to anybody')),
      get: () => counted('get', () => undefined as unknown as Readable),
      close: () => counted('close work', () => { this.objects.delete(volume); }),
    };
  }
}

function labelsOf(context: NodeContext): OwnedObject['labels'] {
  return { workspace: workspace.id, run: context.runId, node: context.node.id };
}

function write(fs: Fs, context: NodeContext, text: string): void {
  const fd = fs.open(join(context.out, `${context.node.id}.txt`), 'wx', 0o644);
  try {
    writeAll(fs, fd, Buffer.from(text));
  } finally {
    fs.close(fd);
  }
}

/** Folders that were there before crpm came are on the disk. */
function syncFolders(disk: MemoryFs, folder: string): void {
  const fd = disk.open(folder, 'r');
  disk.fsync(fd);
  disk.close(fd);
}

/** A file system whose process ends when `kill` says so. */
function deadAfter(fs: Fs, kill: { readonly done: boolean }): Fs {
  return new Proxy(fs, {
    get: (target, name: keyof Fs) => {
      const method = target[name].bind(target) as (...args: unknown[]) => unknown;
      return (...args: unknown[]) => {
        if (kill.done) throw Object.assign(new Error('EIO: the process is gone'), { code: 'EIO' });
        return method(...args);
      };
    },
  });
}

/** Lets everything that this process left on a disk be of a process that is gone: same pid, another start. */
export function bury(disk: MemoryFs): void {
  const { pid, start } = ownIdentity();
  const dead = String(Number(start) + 1);
  for (const [path, text] of Object.entries(disk.listing())) {
    if (text.includes(`"start":"${start}"`)) {
      const fd = disk.open(path, 'w');
      disk.write(fd, Buffer.from(text.replaceAll(`"start":"${start}"`, `"start":"${dead}"`)), 0);
      disk.close(fd);
    }
  }
  const living = `-${String(pid)}-${start}-`;
  for (;;) {
    const path = Object.keys(disk.listing()).find((name) => name.includes(living));
    if (path === undefined) return;
    const end = path.indexOf(living) + living.length;
    const top = path.slice(0, path.indexOf('/', end) < 0 ? undefined : path.indexOf('/', end));
    disk.rename(top, join(dirname(top), top.slice(dirname(top).length + 1).replace(living, `-${String(pid)}-${dead}-`)));
  }
}
