import { describe, expect, test } from 'vitest';
import { checkAfter, checkNextRun } from './invariants.js';
import { World, type Outcome, type Trouble } from './world.js';

/*
 * As SQLite does: let call 1 fail, then call 2, and so on until a run meets no trouble any more, and after each look at the invariants. Everything is in memory:
 * thousands of runs take seconds.
 */

/** Worlds in which a run has different things to do. */
const SITUATIONS: Readonly<Record<string, () => Promise<World>>> = {
  'a first run': () => Promise.resolve(new World()),
  'a run after an edit': async () => {
    const world = new World();
    expect((await world.run()).failed).toBeUndefined();
    world.tree = 'an edited tree';
    return world;
  },
  'a run that restores an earlier state': async () => {
    const world = new World();
    expect((await world.run()).failed).toBeUndefined();
    world.tree = 'an edited tree';
    expect((await world.run()).failed).toBeUndefined();
    world.tree = 'a tree';
    return world;
  },
};

/** Tries each call in turn, on a copy of the world each time; returns how many calls a run without trouble makes. */
async function forEveryCall(situation: () => Promise<World>, kind: 'fs' | 'engine', trouble: (call: number) => Trouble, check: (world: World, outcome: Outcome, where: string) => Promise<void>): Promise<number> {
  const start = await situation();
  for (let call = 1; ; call++) {
    const world = start.copy();
    const outcome = await world.run(trouble(call));
    await check(world, outcome, `${kind} call ${String(call)}`);
    if (outcome.calls[kind] < call) return call - 1;
  }
}

describe.each(Object.entries(SITUATIONS))('%s', (name, situation) => {
  test.each(name === 'a first run' ? ['ENOSPC', 'EIO', 'EACCES', 'EMFILE'] : ['EIO'])('of which any one file-system call fails with %s: no bug, nothing broken, and the next run goes on', { timeout: 120_000 }, async (code) => {
    const calls = await forEveryCall(situation, 'fs', (failAt) => ({ fs: { failAt, code, torn: code === 'ENOSPC' } }), async (world, outcome, where) => {
      checkAfter(where, world, outcome);
      await checkNextRun(where, world.afterDeath(), outcome);
    });
    expect(calls).toBeGreaterThan(100);
  });

  test('on a disk that is full from any call on', { timeout: 120_000 }, async () => {
    await forEveryCall(situation, 'fs', (failAt) => ({ fs: { failAt, code: 'ENOSPC', dead: true, torn: true } }), async (world, outcome, where) => {
      checkAfter(where, world, outcome);
      await checkNextRun(where, world.afterDeath(), outcome);
    });
  });

  test('that is killed after any file-system call', { timeout: 120_000 }, async () => {
    await forEveryCall(situation, 'fs', (failAt) => ({ fs: { failAt, dead: true, torn: true } }), async (world, outcome, where) => {
      await checkNextRun(where, world.afterDeath(), outcome);
    });
  });

  test.each([
    { content: 'lost', names: 'synced' },
    { content: 'cut', names: 'all' },
    { content: 'lost', names: 'all' },
  ] as const)('whose machine loses its power after any file-system call, content $content, names $names', { timeout: 120_000 }, async (power) => {
    await forEveryCall(situation, 'fs', (failAt) => ({ fs: { failAt, dead: true, torn: true } }), async (world, outcome, where) => {
      await checkNextRun(where, world.afterDeath(power), outcome);
    });
  });

  test('of which any one engine call fails', { timeout: 120_000 }, async () => {
    await forEveryCall(situation, 'engine', (call) => ({ engineFailsAt: call }), async (world, outcome, where) => {
      checkAfter(where, world, outcome);
      await checkNextRun(where, world.afterDeath(), outcome);
    });
  });

  test('that is killed at any engine call', { timeout: 120_000 }, async () => {
    await forEveryCall(situation, 'engine', (call) => ({ engineFailsAt: call, engineKills: true }), async (world, outcome, where) => {
      await checkNextRun(where, world.afterDeath(), outcome);
    });
  });
});
