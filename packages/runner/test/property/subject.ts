import { join } from 'node:path';
import { fail, select, type Event, type GraphNode, type NodeContext, type NodeKind, type Role, type Selection, type WorkspacePaths } from '@crpm/core';
import { acquireLock, lockFileOf, writeAll, type Fs } from '@crpm/state';
import { MemoryFs, withFaults } from '../../../state/test/memory-fs.js';
import { bury } from '../faults/world.js';
import { plan, readHistory, run, type PlanEntry, type RunSummary } from '../../src/index.js';
import { graphOf } from '../rig.js';

/** The random part of a world that stays: for each node, which of the earlier ones it needs; and whether its output tells what it read. */
export interface Shape {
  readonly needs: readonly (readonly number[])[];
  readonly constant: readonly boolean[];
}

/** What nodes read beside their needs; the rest of a world that a history changes. */
export interface Source {
  input: string;
  param: string;
  version: number;
  failing: boolean;
}

export const idOf = (index: number) => `n${String(index)}`;

/** What a node makes from its own source and what its needs hold. */
export function make(id: string, constant: boolean, { input, param, version }: Source, needs: readonly string[]): string {
  return constant ? `${id}()` : `${id}(${[input, param, String(version), ...needs].join(',')})`;
}

const workspace: WorkspacePaths = { state: '/state/work-00000000', id: 'work-00000000', cache: '/cache' };
const PLAIN: Selection = { targets: [], only: [], skip: [], from: [], force: false };

/** The real runner on a random graph, on a disk in memory. */
export class Subject {
  readonly shape: Shape;
  readonly sources: Source[];
  disk = new MemoryFs();
  #runs = 0;
  #events: Event[] = [];

  constructor(shape: Shape, sources: readonly Source[] = shape.needs.map(() => ({ input: '0', param: '0', version: 1, failing: false }))) {
    this.shape = shape;
    this.sources = sources.map((source) => ({ ...source }));
    this.disk.mkdir(workspace.state, 0o700);
    this.disk.mkdir(workspace.cache, 0o700);
  }

  async run(selection: Partial<Selection> = {}, fs: Fs = this.disk): Promise<RunSummary> {
    const runId = `run-${String(++this.#runs)}`;
    const lock = await acquireLock(lockFileOf(workspace), { command: 'test', fs });
    try {
      return await run({
        ...this.#options(selection, fs), lock, runId,
        openEngine: () => Promise.reject(new Error('no node of this world needs an engine')),
        events: (event) => this.#events.push(event),
        jobs: 2, keepGoing: true, budget: { jobs: 2 },
        logsDir: join(workspace.state, 'logs', runId),
      });
    } finally {
      lock.release();
    }
  }

  plan(selection: Partial<Selection> = {}): Promise<readonly PlanEntry[]> {
    return plan(this.#options(selection, this.disk));
  }

  /** A run that is killed at a call of the file system; what it told of having done before. */
  async killed(at: number): Promise<readonly string[]> {
    this.#events = [];
    await this.run({}, withFaults(this.disk, { failAt: at, dead: true, torn: true }).fs).catch((error: unknown) => {
      if (!(error instanceof Error && error.message.startsWith('EIO'))) throw error;
    });
    this.disk = this.disk.crashed({ content: 'kept', names: 'all' });
    bury(this.disk);
    return this.#events.flatMap((event) => (event.type === 'node-finished' && ['ran', 'fresh', 'restored'].includes(event.outcome) ? [event.node] : []));
  }

  /** Whether there was a result to lose. */
  lose(id: string): boolean {
    const output = readHistory(workspace, this.disk).get(id)?.output;
    if (!output || !this.disk.lstat(join(output.dir, 'made'))) return false;
    this.disk.remove(join(output.dir, 'made'));
    return true;
  }

  /** All that the store held makes room. */
  evict(): void {
    this.disk.remove(join(workspace.cache, 'store'));
  }

  /** What a node's result holds. */
  held(summary: RunSummary, id: string): string {
    return this.disk.readFile(join(summary.nodes.get(id)?.output?.dir ?? '', 'made')).toString();
  }

  #options(selection: Partial<Selection>, fs: Fs) {
    const nodes = this.shape.needs.map((needs, index): GraphNode => ({ id: idOf(index), kind: idOf(index), title: '', group: idOf(index), needs: needs.map(idOf), params: { option: this.sources[index]?.param ?? '' } }));
    const selected = select(graphOf(...nodes), { ...PLAIN, ...selection });
    if (!selected.ok) throw new Error(selected.error);
    const kinds = new Map(nodes.map((node, index) => [node.kind, this.#kind(index, fs)]));
    const roles: ReadonlyMap<string, Role> = selected.value.roles;
    return { graph: selected.value.graph, roles, kinds, workspace, signal: new AbortController().signal, fs };
  }

  /** A kind for each node, so that each has a version of its own. */
  #kind(index: number, fs: Fs): NodeKind {
    const source = this.sources[index];
    if (!source) throw new Error(`no node ${String(index)}`);
    return {
      name: idOf(index), version: source.version, weight: index % 2 === 0 ? 'light' : 'heavy',
      inputs: () => Promise.resolve([{ name: 'input', value: source.input }]),
      run: (_params, context) => {
        if (source.failing) fail({ class: 'build', message: 'as the test wants it' });
        const needs = [...context.needs].map(([, { dir }]) => fs.readFile(join(dir, 'made')).toString());
        write(fs, context, make(idOf(index), this.shape.constant[index] ?? false, source, needs));
        return Promise.resolve(null);
      },
    };
  }
}

function write(fs: Fs, { out }: NodeContext, text: string): void {
  const fd = fs.open(join(out, 'made'), 'wx', 0o644);
  try {
    writeAll(fs, fd, Buffer.from(text));
  } finally {
    fs.close(fd);
  }
}
