import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeKind } from '@crpm/core';
import { acquireLock, Journal, lockFileOf, type CachedResult, type RemoteResult, type RemoteVoice } from '@crpm/state';
import { beforeEach, describe, expect, test } from 'vitest';
import { pullShared, shareable } from '../../src/index.js';
import { graphOf, node, outcomes, quickFs, Rig, temporaryFolder } from '../rig.js';

/** A place where a team keeps results, in a folder; what is asked and offered is noted. */
class Team {
  readonly results = new Map<string, CachedResult>();
  readonly asked: string[] = [];
  readonly refused: string[] = [];
  opened = 0;
  finished = 0;
  /** Whether files come when they are wanted. */
  gives = true;
  /** Spoils what comes. */
  spoil: (folder: string) => void = () => undefined;
  readonly #folder = temporaryFolder();

  readonly open = (_voice: RemoteVoice) => {
    this.opened++;
    return Promise.resolve({
      find: (id: string, fingerprint: string): Promise<RemoteResult | undefined> => {
        this.asked.push(id);
        const result = this.results.get(fingerprint);
        return Promise.resolve(result && {
          result, from: `oci://team@${id}`,
          fill: (folder: string) => {
            if (this.gives) cpSync(this.#place(fingerprint), folder, { recursive: true });
            this.spoil(folder);
            return Promise.resolve(this.gives);
          },
          refuse: (why: string) => { this.refused.push(`${id}: ${why}`); },
        });
      },
      offer: (result: CachedResult, folder: string) => {
        this.results.set(result.fingerprint, result);
        cpSync(folder, this.#place(result.fingerprint), { recursive: true });
      },
      finish: () => {
        this.finished++;
        return Promise.resolve();
      },
    });
  };

  /** Changes what is there of a node. */
  change(id: string, change: (result: CachedResult) => CachedResult): void {
    for (const [fingerprint, result] of this.results) if (result.node === id) this.results.set(fingerprint, change(result));
  }

  #place(fingerprint: string): string {
    const place = join(this.#folder, fingerprint.replace(':', '-'));
    mkdirSync(place, { recursive: true });
    return place;
  }
}

const graph = graphOf(
  node('base', [], { kind: 'image' }),
  node('a.source', [], { kind: 'service' }),
  node('a.build', ['base', 'a.source'], { params: 'full' }),
  node('b.build', ['base'], { params: 'dev' }),
  node('repo', ['a.build', 'b.build'], { params: 'full' }),
);

let team: Team;
let first: Rig;
/** Why what came can't be a result. */
let objection: string | undefined;

/** Results of `make` are for others where the node's param says `full`. */
function kindsOf(rig: Rig): ReadonlyMap<string, NodeKind> {
  const shared: NodeKind['shared'] = { when: (params) => params === 'full', check: () => Promise.resolve(objection) };
  return new Map([...rig.kinds].map(([name, kind]) => [name, name === 'make' ? { ...kind, shared } : kind]));
}

const run = (rig: Rig, options: Parameters<Rig['run']>[1] = {}) => rig.run(graph, { kinds: kindsOf(rig), openRemote: team.open, ...options });

beforeEach(async () => {
  team = new Team();
  objection = undefined;
  first = new Rig();
  first.here.set('a.build', '/of/the/first');
  await run(first);
});

test('what was made is offered once it is whole, without what is true of this machine; what is of no use to others is not', () => {
  expect([...team.results.values()].map((result) => result.node)).toEqual(['a.build', 'repo']);
  expect([...team.results.values()][0]?.data).toEqual({ text: 'a.build(,base(),a.source())' });
  expect([team.opened, team.finished]).toEqual([1, 1]);
});

test('another machine takes it instead of making it, says so, and remembers where it came from', async () => {
  const second = new Rig();
  const summary = await run(second);
  expect(outcomes(summary)).toEqual({ base: 'ran', 'a.source': 'ran', 'a.build': 'restored', 'b.build': 'ran', repo: 'restored' });
  expect(second.ran).not.toContain('a.build');
  expect(readFileSync(second.file(summary, 'repo'), 'utf8')).toBe(readFileSync(first.file(await run(first), 'repo'), 'utf8'));
  expect(second.ended('a.build')).toMatchObject({ outcome: 'restored', shared: { from: 'oci://team@a.build', savedMs: expect.any(Number) as number } });
  const records = Journal.read(join(second.workspace.state, 'journal'), quickFs) as unknown as { node?: string; from?: string }[];
  expect(records.find((record) => record.node === 'a.build')?.from).toBe('oci://team@a.build');
  // What came from there is not given back.
  const offered = new Team();
  await run(second, { openRemote: offered.open, selection: { force: true, targets: ['b.build'] } });
  expect([...offered.results.values()]).toEqual([]);
});

test('a run in which all is fresh does not open it', async () => {
  await run(first);
  expect(team.opened).toBe(1);
});

test('what the local store has is not asked for, and is given to who does not have it yet', async () => {
  const neighbour = new Rig();
  Object.assign(neighbour, { workspace: { ...neighbour.workspace, cache: first.workspace.cache } });
  const empty = new Team();
  await run(neighbour, { openRemote: empty.open });
  expect(empty.asked).toEqual([]);
  expect([...empty.results.values()].map((result) => result.node)).toEqual(['a.build', 'repo']);
});

test('who forces a build, or leaves it out, asks nobody', async () => {
  const second = new Rig();
  await run(second, { selection: { force: true } });
  expect(second.ran).toContain('a.build');
  first.inputs.set('a.source', 'edited');
  team.asked.length = 0;
  await run(first, { selection: { only: ['repo'] } });
  expect(team.asked).not.toContain('a.build');
});

describe('what is there is refused, and the node runs, when', () => {
  const cases: readonly [string, () => void, RegExp | undefined][] = [
    ['it was made from other inputs', () => { team.change('a.build', (result) => ({ ...result, inputs: [...result.inputs, { name: 'more', value: '1' }] })); }, /^a\.build: it was made from other inputs than it is filed under$/],
    ['it is filed under another fingerprint', () => { team.change('a.build', (result) => ({ ...result, fingerprint: `sha256:${'0'.repeat(64)}` })); }, /filed under$/],
    ['it is of another kind', () => { team.change('a.build', (result) => ({ ...result, kind: 'heavy' })); }, /of the kind heavy$/],
    ['it has no files', () => { team.change('a.build', (result) => ({ ...result, files: [] })); }, /it has no files$/],
    ['its facts are others', () => { team.change('a.build', (result) => ({ ...result, data: { text: 'forged' } })); }, /not what its digest says$/],
    ['a file that came is another', () => { team.spoil = (folder) => { writeFileSync(join(folder, 'made.txt'), 'forged'); }; }, /its files are not those that it names$/],
    ['a file came besides', () => { team.spoil = (folder) => { writeFileSync(join(folder, 'more.txt'), ''); }; }, /its files are not those that it names$/],
    ['its kind looks into it and says no', () => { objection = 'it is a forgery'; }, /^a\.build: it is a forgery$/],
    ['its files do not come', () => { team.gives = false; }, undefined],
  ];
  test.each(cases)('%s', async (_, spoil, why) => {
    spoil();
    const second = new Rig();
    const summary = await run(second);
    expect(outcomes(summary)).toMatchObject({ 'a.build': 'ran' });
    expect(readFileSync(second.file(summary, 'a.build'), 'utf8')).toBe('a.build(,base(),a.source())');
    expect(team.refused.filter((text) => text.startsWith('a.build'))).toEqual(why ? [expect.stringMatching(why)] : []);
    // Nothing of what came is left.
    expect(readdirSync(join(second.workspace.state, 'tmp'))).toEqual([]);
  });
});

test('what it says of the other machine is not believed', async () => {
  team.change('a.build', (result) => ({ ...result, data: { ...(result.data as object), here: { place: '/etc' } } }));
  const summary = await run(new Rig());
  expect(summary.nodes.get('a.build')).toMatchObject({ outcome: 'restored', output: { data: { text: 'a.build(,base(),a.source())' } } });
});

describe('a plan', () => {
  test('says what would come from there, and what rests on it too', async () => {
    const second = new Rig();
    await run(second, { selection: { targets: ['base', 'a.source', 'b.build'] } });
    const entries = await second.plan(graph, {}, { kinds: kindsOf(second), openRemote: team.open });
    expect(entries.map(({ node: id, action, from }) => [id, action, from])).toEqual([
      ['base', 'fresh', undefined], ['a.source', 'fresh', undefined], ['b.build', 'fresh', undefined], ['a.build', 'restore', 'oci://team@a.build'], ['repo', 'restore', 'oci://team@repo'],
    ]);
    expect(team.finished).toBe(team.opened);
  });

  test('asks for nothing that it can’t know', async () => {
    team.asked.length = 0;
    const second = new Rig();
    await second.plan(graph, {}, { kinds: kindsOf(second), openRemote: team.open });
    expect(team.asked).toEqual([]);
  });
});

describe('without a run', () => {
  const options = (rig: Rig) => ({ graph, roles: new Map(), kinds: kindsOf(rig), workspace: rig.workspace, signal: new AbortController().signal, fs: quickFs, openRemote: team.open });

  test('what others may use can be told, where it is whole', async () => {
    expect((await shareable(options(first))).map(({ result }) => result.node)).toEqual(['a.build', 'repo']);
    const second = new Rig();
    await run(second);
    expect(await shareable(options(second))).toEqual([]);
  });

  test('what others made is brought, and is fresh from then on', async () => {
    const second = new Rig();
    await run(second, { selection: { targets: ['base', 'a.source', 'b.build'] }, openRemote: new Team().open });
    const lock = await acquireLock(lockFileOf(second.workspace), { command: 'test', fs: quickFs });
    const pulled = await pullShared({ ...options(second), lock, onWarning: () => undefined });
    lock.release();
    expect(pulled).toMatchObject([{ node: 'a.build', state: 'pulled', from: 'oci://team@a.build' }, { node: 'repo', state: 'pulled' }]);
    expect(outcomes(await run(second))).toMatchObject({ 'a.build': 'fresh', repo: 'fresh' });
  });

  test('what can’t be known before something runs is said to be so', async () => {
    const second = new Rig();
    const lock = await acquireLock(lockFileOf(second.workspace), { command: 'test', fs: quickFs });
    const pulled = await pullShared({ ...options(second), lock, onWarning: () => undefined });
    lock.release();
    expect(pulled.map(({ state }) => state)).toEqual(['unknown', 'unknown']);
  });
});
