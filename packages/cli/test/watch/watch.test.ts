import type { Diagnostic, Graph, GraphNode, Json, NodeKind } from '@crpm/core';
import type { RunSummary } from '@crpm/runner';
import { beforeEach, expect, test } from 'vitest';
import { ComplaintsError } from '../../src/complaints.js';
import type { Project } from '../../src/project.js';
import { Changes } from '../../src/watch/changes.js';
import { watch, type Prepared, type Round } from '../../src/watch/watch.js';

/** The files of one task, whose node is all there is; a stand-in for the disk, the config, the system's watches and the clock. */
class World {
  files: Record<string, string> = { 'a.txt': '1' };
  params: Record<string, Json> = { outputs: [] };
  complaint: string | undefined;
  /** What the system throws when it is asked for watches. */
  refuses: string | undefined;
  readonly changes = new Changes(() => Promise.resolve());
  readonly stop = new AbortController();
  readonly rounds: Round[] = [];
  readonly told: string[] = [];
  /** How often it was told that it ended. */
  ends = 0;
  readonly watched: string[][] = [];
  /** What each run saw. */
  readonly built: string[] = [];
  /** Called while a run goes on. */
  during: (run: number) => void = () => undefined;
  /** Called after each round; by then nothing is pending. */
  after: (round: number) => void = () => this.stop.abort(new Error('stopped'));

  async watch(): Promise<void> {
    await watch({
      prepare: () => this.#prepare(),
      kinds: () => new Map([['task', this.#kind()]]),
      workspace: () => ({ state: '/state', id: 'w', cache: '/cache' }),
      run: async () => {
        this.built.push(JSON.stringify(this.files));
        this.during(this.built.length);
        return { runId: 'r', exitCode: 0, ms: 1, counts: { ran: 1, fresh: 0, restored: 0, failed: 0, 'not-run': 0, cancelled: 0 }, nodes: new Map(), warnings: [] } satisfies RunSummary;
      },
      face: {
        round: async (round) => {
          this.rounds.push(round);
          setImmediate(() => this.after(round.number));
        },
        refused: (error) => {
          this.told.push(error.message);
          setImmediate(() => this.after(-this.told.length));
        },
        mended: () => void this.told.push('mended'),
        polling: (code) => void this.told.push(code),
        ended: async () => void this.ends++,
      },
      signal: this.stop.signal,
      changes: this.changes,
      folders: { sync: (folders) => this.#sync(folders), close: () => void this.watched.push([]) },
    }).catch((error: Error) => {
      if (error.message !== 'stopped') throw error;
    });
  }

  edit(files: Record<string, string>): void {
    this.files = { ...this.files, ...files };
    this.changes.note();
  }

  async #prepare(): Promise<Prepared> {
    if (this.complaint !== undefined) throw new ComplaintsError([{ severity: 'error', message: this.complaint } satisfies Diagnostic]);
    const node: GraphNode = { id: 'greet', kind: 'task', title: 'greet', needs: [], params: this.params };
    const graph: Graph = { nodes: new Map([[node.id, node]]) };
    const config = { root: '/', file: '/custom-rpms.config.yaml', packages: [], engine: { kind: 'auto', network: 'bridge' } } as unknown as Project['config'];
    return { project: { config, graph, variables: [], warnings: [], complete: async (all) => all }, selected: { graph, roles: new Map() } };
  }

  #kind(): NodeKind {
    return {
      name: 'task',
      version: 1,
      weight: 'light',
      inputs: async () => Object.entries(this.files).map(([path, value]) => ({ name: `file/${path}`, value })),
      run: async () => null,
    };
  }

  #sync(folders: ReadonlySet<string>): boolean {
    if (this.refuses !== undefined) throw Object.assign(new Error(this.refuses), { code: this.refuses });
    const known = JSON.stringify(this.watched.at(-1));
    this.watched.push([...folders].sort());
    return known !== JSON.stringify(this.watched.at(-1));
  }
}

let world: World;
beforeEach(() => {
  world = new World();
});

test('the first round starts at once, a further one when a file that a node reads is another', async () => {
  world.after = (round) => {
    if (round === 2) world.stop.abort(new Error('stopped'));
    else world.edit({ 'a.txt': '2' });
  };
  await world.watch();
  expect(world.rounds.map(({ number, changed }) => [number, changed])).toEqual([
    [1, []],
    [2, ['greet: a.txt']],
  ]);
});

test('however many edits there are during a round, one more follows, made from the newest', async () => {
  world.during = (run) => {
    if (run > 1) return;
    world.edit({ 'a.txt': '2' });
    world.edit({ 'a.txt': '3' });
    world.edit({ 'a.txt': '4' });
  };
  world.after = (round) => {
    if (round === 2) world.stop.abort(new Error('stopped'));
  };
  await world.watch();
  expect(world.built).toEqual(['{"a.txt":"1"}', '{"a.txt":"4"}']);
});

test('a round that is stopped is told, then it ends', async () => {
  world.during = () => world.stop.abort(new Error('stopped'));
  world.after = () => undefined;
  await world.watch();
  expect(world.rounds.map(({ number }) => number)).toEqual([1]);
});

test('a change that leaves all inputs as they were is no reason for a round', async () => {
  world.after = (round) => {
    if (round === 2) return world.stop.abort(new Error('stopped'));
    world.changes.note();
    // What follows comes when that was looked at: a file that git ignores, a save of the same text.
    setImmediate(() => setImmediate(() => world.edit({ 'b.txt': 'new' })));
  };
  await world.watch();
  expect(world.rounds.map(({ changed }) => changed)).toEqual([[], ['greet: b.txt']]);
});

test('what a task makes, for another or itself to read, starts no round', async () => {
  world.params = { outputs: ['./made.txt', 'folder'] };
  world.during = (run) => world.edit({ 'made.txt': String(run), 'folder/a': String(run), 'folder.txt': '1' });
  world.after = (round) => {
    if (round === 3) world.stop.abort(new Error('stopped'));
    else if (round === 2) world.edit({ 'a.txt': '2' });
  };
  await world.watch();
  expect(world.rounds.map(({ changed }) => changed)).toEqual([[], ['greet: folder.txt'], ['greet: a.txt']]);
});

test('a config that changes is taken for the next round, and one that is wrong is told once and waited for until it is mended', async () => {
  world.after = (what) => {
    if (what === 1) {
      world.complaint = 'no such key';
      world.changes.note();
    } else if (what === -1) {
      world.changes.note();
      setImmediate(() =>
        setImmediate(() => {
          world.complaint = undefined;
          world.params = { outputs: [], word: 'other' };
          world.changes.note();
        }),
      );
    } else world.stop.abort(new Error('stopped'));
  };
  await world.watch();
  expect(world.told).toEqual(['no such key', 'mended']);
  expect(world.rounds.map(({ number, changed }) => [number, changed])).toEqual([
    [1, []],
    [2, []],
  ]);
});

test('a config that is wrong from the start ends it', async () => {
  world.complaint = 'no such key';
  await expect(world.watch()).rejects.toThrow('no such key');
  expect(world.built).toEqual([]);
});

test('folders are watched before the first run, the new ones of each round before it, none when it has ended', async () => {
  world.files = { 'src/deep/a.txt': '1' };
  world.during = (run) => expect(world.watched.at(-1)).toEqual(['/', '/src', '/src/deep', ...(run === 2 ? ['/src/other'] : [])]);
  world.after = (round) => {
    if (round === 2) world.stop.abort(new Error('stopped'));
    else world.edit({ 'src/other/b.txt': '1' });
  };
  await world.watch();
  expect(world.built).toHaveLength(2);
  expect(world.watched.at(-1)).toEqual([]);
});

test.each(['ENOSPC', 'EMFILE'])('where the system has no watches left (%s) it goes on by looking', async (code) => {
  world.refuses = code;
  world.after = (round) => {
    if (round === 2) world.stop.abort(new Error('stopped'));
    else world.edit({ 'a.txt': '2' });
  };
  await world.watch();
  expect(world.told).toEqual([code]);
  expect(world.rounds).toHaveLength(2);
});

test('stopped between two rounds it says once that it ended; stopped in one, the round says so', async () => {
  await world.watch();
  expect([world.rounds.length, world.ends]).toEqual([1, 1]);
  world = new World();
  world.during = () => { world.stop.abort(new Error('stopped')); };
  await world.watch();
  expect([world.rounds.length, world.ends]).toEqual([1, 0]);
});
