import { createHash } from 'node:crypto';
import { chmodSync, existsSync, linkSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fail, type CacheRoom } from '@crpm/core';
import { expect, onTestFinished, test } from 'vitest';
import {
  acquireLock, keepBound, listWorkspaces, lockFileOf, lookInto, publishGeneration, ResultCache, Store, storeRoom, verifyCache, workspaceRooms, type BoundReport,
} from '../src/index.js';
import { temporaryFolder } from './tools.js';

const signal = new AbortController().signal;
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const DAY = 86_400_000;

/** A user's folders, with results made in workspaces. A result is one file of 1000 bytes. */
class User {
  readonly home = temporaryFolder();
  readonly cache = join(this.home, 'cache');
  readonly stateHome = join(this.home, 'state');
  readonly store = new Store(this.cache);
  readonly results = new ResultCache(this.cache);
  readonly #current = new Map<string, Set<string>>();

  state(workspace: string): string {
    return join(this.stateHome, `${workspace}-00000000`);
  }

  repo(workspace: string): string {
    return join(this.state(workspace), 'repo');
  }

  /** The run that used a workspace last. */
  ran(workspace: string, daysAgo: number): void {
    const logs = join(this.state(workspace), 'logs', `run-${String(daysAgo)}`);
    mkdirSync(logs, { recursive: true });
    writeFileSync(join(logs, 'a.log'), 'log');
    age(logs, daysAgo);
  }

  /** Builds a node: its file is in the result's folder and, by a link, in the store. */
  async build(workspace: string, node: string, content: string, daysAgo: number): Promise<string> {
    const text = content.padEnd(1000, '.');
    const dir = join(this.state(workspace), 'results', node, sha256(content).slice(0, 8));
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, 'a.rpm'), text);
    await this.store.add(join(dir, 'a.rpm'), sha256(text));
    const fingerprint = `sha256:${sha256(`inputs of ${content}`)}`;
    const files = [{ path: 'a.rpm', size: 1000, digest: `sha256:${sha256(text)}` }];
    this.results.keep({ fingerprint, node, kind: 'rpmbuild', at: content, ms: 1, inputs: [], files, data: null, digest: fingerprint });
    const hex = fingerprint.slice('sha256:'.length);
    age(join(this.cache, 'store', 'results', hex.slice(0, 2), hex), daysAgo);
    const current = this.#current.get(workspace) ?? new Set();
    for (const other of current) if (dirname(other) === dirname(dir)) current.delete(other);
    this.#current.set(workspace, current.add(dir));
    age(dir, daysAgo);
    return fingerprint;
  }

  entry(content: string): string {
    const digest = sha256(content.padEnd(1000, '.'));
    return join(this.cache, 'store', digest.slice(0, 2), digest);
  }

  async publish(workspace: string, content: string): Promise<void> {
    const digest = sha256(content.padEnd(1000, '.'));
    await publishGeneration(this.repo(workspace), [{ path: `cs9/x86_64/by-sha256/${digest}/a.rpm`, source: this.entry(content) }]);
  }

  rooms(published: readonly string[] = []): readonly CacheRoom[] {
    const workspaces = listWorkspaces(this);
    return [
      storeRoom({ cache: this.cache, workspaces, published: new Map(published.map((content) => [sha256(content.padEnd(1000, '.')), 'a-00000000'])) }),
      ...workspaceRooms({
        workspaces,
        repoDir: ({ paths }) => join(paths.state, 'repo'),
        currentResults: ({ paths }) => this.#current.get(paths.id.replace(/-0+$/, '')) ?? new Set(),
      }),
    ];
  }

  bound(maxSize: number, options: { readonly published?: readonly string[]; readonly dryRun?: boolean } = {}): Promise<BoundReport> {
    return keepBound({ rooms: this.rooms(options.published), cache: this.cache, maxSize, signal, dryRun: options.dryRun === true });
  }
}

function age(path: string, days: number): void {
  const then = new Date(Date.now() - days * DAY);
  utimesSync(path, then, then);
}

const titles = (report: BoundReport) => report.removed.map(({ title }) => title);

test('the oldest results go, with the files that only they have; a miss then says that they were evicted, and when', async () => {
  const user = new User();
  user.ran('a', 1);
  const fingerprints = [await user.build('a', 'n', 'first', 9), await user.build('a', 'n', 'second', 5), await user.build('a', 'n', 'third', 1)];
  const everything = await user.bound(Number.MAX_SAFE_INTEGER);
  expect(everything).toMatchObject({ removed: [], before: everything.after });
  const report = await user.bound(everything.before - 1100);
  // The first result and the folder that held it as well: one file, given back once.
  expect(titles(report).sort()).toEqual(['an earlier result of n', 'n of first']);
  expect(report.after).toBeLessThanOrEqual(everything.before - 1000);
  expect(existsSync(user.entry('first'))).toBe(false);
  expect(user.results.find(fingerprints[0] ?? '')).toMatchObject({ state: 'evicted' });
  expect(user.store.evictedAt(sha256('first'.padEnd(1000, '.')))).toBeGreaterThan(Date.now() - DAY);
  for (const fingerprint of fingerprints.slice(1)) expect(user.results.find(fingerprint)).toMatchObject({ state: 'found' });
});

test('a dry run says the same and removes nothing', async () => {
  const user = new User();
  user.ran('a', 1);
  await user.build('a', 'n', 'first', 9);
  await user.build('a', 'n', 'second', 1);
  const dry = await user.bound(0, { dryRun: true });
  expect(existsSync(user.entry('first'))).toBe(true);
  expect(titles(await user.bound(0))).toEqual(titles(dry));
});

test('a result that was used is younger than one that was only made later', async () => {
  const user = new User();
  user.ran('a', 0);
  const first = await user.build('a', 'n', 'first', 9);
  await user.build('a', 'n', 'second', 5);
  rmSync(join(user.state('a'), 'results'), { recursive: true });
  await user.results.noteUse([first]);
  expect(titles(await user.bound(1700)).slice(0, 1)).toEqual(['n of second']);
});

test('what is published, current, or the last of its kind stays, and the report says why', async () => {
  const user = new User();
  user.ran('a', 1);
  await user.build('a', 'n', 'old', 9);
  await user.publish('a', 'old');
  await user.build('a', 'n', 'new', 1);
  await user.publish('a', 'new');
  const report = await user.bound(0, { published: ['old', 'new'] });
  expect(existsSync(user.entry('old'))).toBe(true);
  expect(existsSync(user.entry('new'))).toBe(true);
  expect(readdirSync(join(user.repo('a'), 'generations'))).toHaveLength(1);
  const why = Object.fromEntries(report.kept.map(({ title, why: reason }) => [title, reason]));
  expect(why).toMatchObject({
    'n of old': 'published by a-00000000',
    'the last result of n': 'what its workspace stands on',
    'published RPMs of a-00000000': expect.stringContaining('crpm clean --published') as string,
    'logs of the run run-1': 'the last run',
  });
});

test('the last results of a workspace that nobody has used for a month may go too', async () => {
  const user = new User();
  user.ran('left', 40);
  await user.build('left', 'n', 'x', 40);
  expect(titles(await user.bound(100))).toEqual(expect.arrayContaining(['n of x', 'the last result of n']));
});

test('nothing goes from a workspace that somebody works in, nor what its run may have come across', async () => {
  const user = new User();
  user.ran('a', 40);
  await user.build('a', 'n', 'x', 40);
  const lock = await acquireLock(lockFileOf({ id: '', state: user.state('a'), cache: user.cache }), { command: 'crpm run' });
  onTestFinished(() => { lock.release(); });
  const used = await user.build('b', 'm', 'y', 0);
  const hex = used.slice('sha256:'.length);
  age(join(user.cache, 'store', 'results', hex.slice(0, 2), hex), -0.001);
  const report = await user.bound(0);
  expect(existsSync(join(user.state('a'), 'results', 'n'))).toBe(true);
  expect(report.kept.map(({ why }) => why)).toContain(`in use by pid ${String(process.pid)}: crpm run`);
  expect(user.results.find(used)).toMatchObject({ state: 'found' });
});

test('a file that two results have in common stays while one of them does', async () => {
  const user = new User();
  const first = await user.build('a', 'n', 'same', 9);
  const twin = `sha256:${sha256('other inputs')}`;
  const found = user.results.find(first);
  if (found.state !== 'found') throw new Error('the result is not there');
  user.results.keep({ ...found.result, fingerprint: twin });
  rmSync(user.state('a'), { recursive: true });
  const all = await user.bound(Number.MAX_SAFE_INTEGER);
  const report = await user.bound(all.before - 1);
  expect(report.removed).toHaveLength(1);
  expect(user.results.find(twin)).toMatchObject({ state: 'found' });
  expect(existsSync(user.entry('same'))).toBe(true);
});

test('a room that can\'t be looked into is named, and the others are kept in bounds all the same', async () => {
  const user = new User();
  await user.build('a', 'n', 'x', 40);
  const dark: CacheRoom = {
    name: 'build-trees',
    list: () => Promise.resolve().then(() => fail({ class: 'environment', message: 'no container engine answers' })),
    remove: () => Promise.resolve([]),
  };
  const rooms = [dark, ...user.rooms()];
  expect((await lookInto(rooms, signal)).unseen).toEqual([{ room: 'build-trees', why: 'no container engine answers' }]);
  const report = await keepBound({ rooms, cache: user.cache, maxSize: 0, signal });
  expect(report.unseen).toHaveLength(1);
  expect(existsSync(user.entry('x'))).toBe(false);
});

test('two who keep the bound at once do not get into each other\'s way: the second is told', async () => {
  const user = new User();
  mkdirSync(user.cache);
  const lock = await acquireLock(join(user.cache, 'gc.lock'), { command: 'crpm cache gc' });
  await expect(user.bound(0)).rejects.toThrow('is in use by pid');
  lock.release();
  expect(await user.bound(0)).toMatchObject({ before: 0, after: 0 });
});

test('verify names what is damaged, sets it aside, and reads what is linked once', async () => {
  const user = new User();
  user.ran('a', 1);
  await user.build('a', 'n', 'x', 1);
  await user.publish('a', 'x');
  await user.build('a', 'm', 'y', 1);
  const options = {
    cache: user.cache, signal,
    workspaces: listWorkspaces(user).map(({ paths }) => ({ paths, repoDir: join(paths.state, 'repo'), results: [] })),
  };
  const whole = await verifyCache(options);
  expect(whole).toEqual({ files: 4, bytes: 2000, damaged: [] });

  // One byte of the RPM, in place: every link of it is wrong now.
  const bytes = readFileSync(user.entry('x'));
  bytes[500] = 0;
  chmodSync(user.entry('x'), 0o644);
  writeFileSync(user.entry('x'), bytes);
  const { damaged } = await verifyCache(options);
  expect(damaged.map(({ what }) => what).sort()).toEqual(['generation', 'published', 'store']);
  for (const { file, setAside } of damaged) {
    expect(existsSync(file)).toBe(false);
    expect(readdirSync(setAside ?? '').length).toBeGreaterThan(0);
  }
  // What a manifest names and is not there stays named, until it is published again.
  expect((await verifyCache(options)).damaged.map(({ what, setAside }) => [what, setAside])).toEqual([['generation', undefined]]);
});

test('verify finds links and folders in the place of entries, and damaged records', async () => {
  const user = new User();
  const fingerprint = await user.build('a', 'n', 'x', 1);
  await user.build('a', 'm', 'y', 1);
  linkSync(user.entry('x'), `${user.home}/elsewhere`);
  rmSync(user.entry('x'));
  symlinkSync(`${user.home}/elsewhere`, user.entry('x'));
  rmSync(user.entry('y'));
  mkdirSync(user.entry('y'));
  const hex = fingerprint.slice('sha256:'.length);
  writeFileSync(join(user.cache, 'store', 'results', hex.slice(0, 2), hex), 'garbage\n');
  expect((await verifyCache({ cache: user.cache, workspaces: [], signal })).damaged).toHaveLength(3);
  expect((await verifyCache({ cache: user.cache, workspaces: [], signal })).damaged).toEqual([]);
});
