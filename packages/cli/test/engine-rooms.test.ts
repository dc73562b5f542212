import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OwnedObject } from '@crpm/core';
import { acquireLock, usageLog, type KnownWorkspace } from '@crpm/state';
import { expect, onTestFinished, test } from 'vitest';
import { engineRooms, type Keeper } from '../src/cache/engine-rooms.js';

const signal = new AbortController().signal;

/** An engine with a build tree, a compiler cache and two images of the workspace `mine`, and one tree of somebody else. */
function scene() {
  const cache = mkdtempSync(join(tmpdir(), 'crpm-test-'));
  onTestFinished(() => { rmSync(cache, { recursive: true }); });
  const labels = (workspace: string, node: string) => ({ workspace, run: 'r', node });
  let objects: OwnedObject[] = [
    { type: 'volume', id: 'tree', labels: labels('mine', 'libvirt.rpmbuild'), created: 10, keeps: { what: 'tree', name: 'libvirt-x86_64' }, bytes: 100 },
    { type: 'volume', id: 'theirs', labels: labels('other', 'libvirt.rpmbuild'), created: 1, keeps: { what: 'tree', name: 'libvirt-x86_64' }, bytes: 100 },
    { type: 'volume', id: 'ccache', labels: labels('', ''), created: 10, keeps: { what: 'cache', name: 'cc' }, bytes: 50 },
    { type: 'image', id: 'sha256:current', labels: labels('mine', 'libvirt.buildroot'), created: 10, bytes: 30 },
    { type: 'image', id: 'sha256:old', labels: labels('mine', 'libvirt.buildroot'), created: 20, bytes: 30 },
    { type: 'container', id: 'dead', labels: labels('mine', 'libvirt.rpmbuild'), created: 10 },
  ];
  const keeper: Keeper = {
    list: () => Promise.resolve(objects),
    remove: (going) => {
      objects = objects.filter((object) => !going.includes(object));
      return Promise.resolve();
    },
  };
  const mine: KnownWorkspace = { paths: { id: 'mine', state: join(cache, 'state'), cache }, lastRun: 90_000 };
  const rooms = (workspace: KnownWorkspace = mine) => {
    const made = engineRooms({ keeper: () => Promise.resolve(keeper), prefix: '', workspaces: [workspace], currentImages: () => new Set(['sha256:current']), cache });
    return { 'build-trees': made[0], ccache: made[1], buildroots: made[2] };
  };
  return { cache, mine, rooms, left: () => objects.map(({ id }) => id) };
}

test('what is kept on purpose is in three rooms, and what a dead run left is in none', async () => {
  const { rooms } = scene();
  const { 'build-trees': trees, ccache, buildroots } = rooms();
  expect((await trees?.list(signal))?.map(({ id, title, bytes }) => [id, title, bytes])).toEqual([['tree', 'build tree libvirt-x86_64', 100], ['theirs', 'build tree libvirt-x86_64', 100]]);
  expect((await ccache?.list(signal))?.map(({ id }) => id)).toEqual(['ccache']);
  expect((await buildroots?.list(signal))?.map(({ id, lastUsed }) => [id, lastUsed])).toEqual([['sha256:current', 90_000], ['sha256:old', 20_000]]);
});

test('of a workspace that has no state here, and of a cache that was never used from here, nobody here can tell: they stay', async () => {
  const { rooms, cache } = scene();
  const pins = async () => [...((await rooms()['build-trees']?.list(signal)) ?? []), ...((await rooms().ccache?.list(signal)) ?? [])].map(({ id, pinned }) => [id, pinned]);
  expect(await pins()).toEqual([['tree', undefined], ['theirs', 'its workspace has no state here'], ['ccache', 'nobody has used it from here']]);
  await usageLog(cache).note(['ccache/cc', 'build-trees/mine/libvirt-x86_64'], 99_000);
  expect(await pins()).toEqual([['tree', undefined], ['theirs', 'its workspace has no state here'], ['ccache', undefined]]);
  expect((await rooms()['build-trees']?.list(signal))?.map(({ lastUsed }) => lastUsed)).toEqual([99_000, 1000]);
});

test('while somebody works in the workspace nothing of it goes, and it is said who', async () => {
  const { rooms, mine, left } = scene();
  const lock = await acquireLock(join(mine.paths.state, 'lock'), { command: 'crpm run' });
  const busy = rooms({ ...mine, holder: lock.holder });
  const items = (await busy['build-trees']?.list(signal)) ?? [];
  expect(items[0]?.pinned).toBe(`in use by pid ${String(process.pid)}: crpm run`);
  // Even if it began only after the look.
  expect(await busy['build-trees']?.remove(items.slice(0, 1), signal)).toEqual([]);
  lock.release();
  expect(await busy['build-trees']?.remove(items.slice(0, 1), signal)).toEqual(['tree']);
  expect(left()).not.toContain('tree');
});
