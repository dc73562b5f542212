import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FailureError, makeGraph, select, type Engine, type Event, type Graph, type GraphNode, type Json, type NodeContext, type NodeKind, type Role, type Selection, type WorkspacePaths } from '@crpm/core';
import { acquireLock, lockFileOf, realFs, type Fs } from '@crpm/state';
import { onTestFinished } from 'vitest';
import { explain, plan, run, type Explanation, type PlanEntry, type PlanOptions, type RunOptions, type RunSummary } from '../src/index.js';

/** The disk without waiting for it: what a test is about is never whether a sync reached the platter. */
export const quickFs: Fs = { ...realFs, fsync: () => {} };

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'crpm-test-'));
  onTestFinished(() => { rmSync(folder, { recursive: true, force: true }); });
  return folder;
}

export function node(id: string, needs: readonly string[] = [], more: Partial<GraphNode> = {}): GraphNode {
  return { id, kind: 'make', title: id, needs, params: null, ...more };
}

export function graphOf(...nodes: readonly GraphNode[]): Graph {
  const graph = makeGraph(nodes);
  if (!graph.ok) throw new Error(graph.error.map(({ message }) => message).join('\n'));
  return graph.value;
}

/** A workspace of its own, and what its fake kinds read and do. Everything a test may want to change is a public field. */
export class Rig {
  readonly workspace: WorkspacePaths;
  /** What each node reads beside its needs: a source tree, in small. */
  readonly inputs = new Map<string, string>();
  /** Nodes whose output does not tell what they read. */
  readonly constant = new Set<string>();
  /** Nodes whose inputs nobody can read. */
  readonly unreadable = new Set<string>();
  /** Nodes that fail, and with what. */
  readonly failing = new Map<string, Error>();
  /** What nodes report of this machine. */
  readonly here = new Map<string, string>();
  /** The part of a node's result that a `reader` of it reads. */
  readonly parts = new Map<string, string>();
  /** Why results that live elsewhere no longer hold. */
  readonly stale = new Map<string, string>();
  /** Why images are gone. */
  readonly missing = new Map<string, string>();
  /** Called while a node runs. */
  during: (context: NodeContext) => Promise<void> | void = () => {};
  readonly events: Event[] = [];
  /** Of the last run, in the order in which they started. */
  ran: string[] = [];
  enginesOpened = 0;
  enginesClosed = 0;
  /** Nodes whose image the engine was asked for, of the last run. */
  asked: string[] = [];
  #runs = 0;

  constructor(folder: string = temporaryFolder()) {
    this.workspace = { state: join(folder, 'state'), id: 'test-00000000', cache: join(folder, 'cache') };
    mkdirSync(this.workspace.state, { recursive: true });
    mkdirSync(this.workspace.cache, { recursive: true });
  }

  /**
   * `make`: a file that tells what it was made from. `image`: a result in the engine. `service`: one that lives elsewhere. `reader`: reads of a need only what
   * {@link parts} says of it, and all of one of which it says nothing.
   */
  readonly kinds: ReadonlyMap<string, NodeKind> = new Map(
    [
      this.#kind('make', {}),
      this.#kind('heavy', { weight: 'heavy' }),
      this.#kind('image', {
        missing: (_params, output) => {
          const id = String((output.data as { id: string }).id);
          this.asked.push(id);
          return Promise.resolve(this.missing.get(id));
        },
      }),
      this.#kind('reader', { reads: (_params, _need, { data }) => partOf(data) }),
      this.#kind('service', { stale: (_params, _output, { node: { id } }) => Promise.resolve(this.stale.get(id)) }),
    ].map((kind) => [kind.name, kind]),
  );

  #kind(name: string, more: Partial<NodeKind>): NodeKind {
    return {
      name,
      version: 1,
      weight: 'light',
      inputs: (_params, { node: { id } }) => this.unreadable.has(id) ? Promise.reject(new FailureError({ class: 'source', message: `there is no tree/${id}` })) : Promise.resolve([{ name: `tree/${id}`, value: this.inputs.get(id) ?? '' }]),
      run: async (_params, context): Promise<Json> => {
        const { id } = context.node;
        this.ran.push(id);
        this.missing.delete(id);
        this.stale.delete(id);
        const read = this.inputs.get(id) ?? '';
        await this.during(context);
        const error = this.failing.get(id);
        if (error) throw error;
        const needs = [...context.needs.values()].map(({ dir, files }) => files.map(({ path }) => readFileSync(join(dir, path), 'utf8')).join(''));
        const text = this.constant.has(id) ? `${id}()` : `${id}(${[read, ...needs].join(',')})`;
        writeFileSync(join(context.out, 'made.txt'), text);
        const here = this.here.get(id);
        const part = this.parts.get(id);
        return { ...(name === 'image' ? { id } : { text }), ...(here === undefined ? {} : { here: { place: here } }), ...(part === undefined ? {} : { part }) };
      },
      ...more,
    };
  }

  async run(graph: Graph, options: { readonly selection?: Partial<Selection> } & Partial<RunOptions> = {}): Promise<RunSummary> {
    const { selection, ...more } = options;
    this.ran = [];
    this.asked = [];
    this.events.length = 0;
    const runId = `run-${String(++this.#runs)}`;
    const lock = await acquireLock(lockFileOf(this.workspace), { command: 'test', fs: quickFs });
    try {
      return await run({
        ...this.#selected(graph, selection),
        lock, runId,
        openEngine: () => {
          this.enginesOpened++;
          return Promise.resolve(this.#engine());
        },
        events: (event) => this.events.push(event),
        jobs: 4,
        keepGoing: false,
        budget: { jobs: 4 },
        logsDir: join(this.workspace.state, 'logs', runId),
        ...more,
      });
    } finally {
      lock.release();
    }
  }

  /** The nodes that a run executes, sorted. */
  async runs(graph: Graph, selection: Partial<Selection> = {}, more: Partial<RunOptions> = {}): Promise<readonly string[]> {
    await this.run(graph, { selection, ...more });
    return [...this.ran].sort();
  }

  plan(graph: Graph, selection: Partial<Selection> = {}, more: Partial<PlanOptions> = {}): Promise<readonly PlanEntry[]> {
    return plan({ ...this.#selected(graph, selection), ...more });
  }

  explain(graph: Graph, id: string, selection: Partial<Selection> = {}, more: Partial<PlanOptions> = {}): Promise<Explanation> {
    return explain({ ...this.#selected(graph, selection), ...more }, id);
  }

  /** `id: reason` of each node that the last run started. */
  reasons(): readonly string[] {
    return this.events.flatMap((event) => (event.type === 'node-started' ? [`${event.node}: ${event.reason}`] : []));
  }

  warnings(): readonly string[] {
    return this.events.flatMap((event) => (event.type === 'warning' ? [event.text] : event.type === 'node-warning' ? [`${event.node}: ${event.text}`] : []));
  }

  /** How a node ended in the last run. */
  ended(node: string): Event | undefined {
    return this.events.findLast((event) => event.type === 'node-finished' && event.node === node);
  }

  /** The file that a node made. */
  file(summary: RunSummary, id: string): string {
    const output = summary.nodes.get(id)?.output;
    if (!output) throw new Error(`${id} has no result`);
    return join(output.dir, 'made.txt');
  }

  #selected(graph: Graph, selection: Partial<Selection> = {}): { graph: Graph; roles: ReadonlyMap<string, Role>; kinds: ReadonlyMap<string, NodeKind>; workspace: WorkspacePaths; signal: AbortSignal; fs: Fs } {
    const selected = select(graph, { targets: [], only: [], skip: [], from: [], force: false, ...selection });
    if (!selected.ok) throw new Error(selected.error);
    return { ...selected.value, kinds: this.kinds, workspace: this.workspace, signal: new AbortController().signal, fs: quickFs };
  }

  /** No fake kind runs anything in it; that it was opened and closed is what tests look at. */
  #engine(): Engine {
    const unused = () => Promise.reject(new Error('a fake kind does not do this'));
    return {
      kind: 'host', description: 'fake', arch: 'x86_64',
      prepareImage: unused, deriveImage: unused, hasImage: unused, openWork: unused, list: unused, remove: unused,
      close: () => {
        this.enginesClosed++;
        return Promise.resolve();
      },
    };
  }
}

function partOf(data: Json): string | undefined {
  const { part } = data as { readonly part?: string };
  return part;
}

/** outcome by node */
export function outcomes(summary: RunSummary): Readonly<Record<string, string>> {
  return Object.fromEntries([...summary.nodes].map(([id, { outcome }]) => [id, outcome]));
}
