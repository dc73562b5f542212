import { describe, expect, test } from 'vitest';
import type { Turn } from '../src/scheduler.js';
import { graphOf, node } from './rig.js';
import { diamond, settled, stage } from './stage.js';

describe('reopening', () => {
  test('a need is visited again, then all that rests on it', async () => {
    const it = await stage(diamond);
    await it.end('top');
    await it.end('left');
    await it.end('right', { reopen: ['top'] });
    expect(it.active).toEqual(['top']);
    await it.end('top');
    expect(it.active).toEqual(['left', 'right']);
    await it.end('left');
    await it.end('right');
    await it.end('bottom');
    expect(await it.states()).toEqual({ top: 'done', left: 'done', right: 'done', bottom: 'done' });
  });

  test('one that was active while its need was reopened is visited again', async () => {
    const it = await stage(diamond);
    await it.end('top');
    await it.end('right', { reopen: ['top'] });
    await it.end('left');
    expect(it.active).toEqual(['top']);
    await it.end('top');
    expect(it.active).toEqual(['left', 'right']);
    await it.end('left');
    await it.end('right');
    expect(it.active).toEqual(['bottom']);
    await it.end('bottom');
    await it.result;
  });

  test('one that was active while its need was reopened, and done again, is visited again all the same', async () => {
    const it = await stage(diamond);
    await it.end('top');
    await it.end('right', { reopen: ['top'] });
    await it.end('top');
    expect(it.active).toEqual(['left', 'right']);
    await it.end('left');
    expect(it.active).toEqual(['left', 'right']);
    await it.end('left');
    await it.end('right');
    await it.end('bottom');
    expect(it.log.filter((line) => line === 'start left')).toHaveLength(2);
    await it.result;
  });

  test('two that reopen the same need have it visited once', async () => {
    const it = await stage(diamond);
    await it.end('top');
    await it.end('left', { reopen: ['top'] });
    await it.end('right', { reopen: ['top'] });
    await it.end('top');
    await it.end('left');
    await it.end('right');
    await it.end('bottom');
    await it.result;
    expect(it.log.filter((line) => line === 'start top')).toHaveLength(2);
  });

  test('one in the queue waits for its need again', async () => {
    const it = await stage(diamond, { concurrency: 1 });
    await it.end('top');
    await it.end('left', { reopen: ['top'] });
    expect(it.active).toEqual(['top']);
    await it.end('top');
    await it.end('left');
    await it.end('right');
    await it.end('bottom');
    expect(await it.states()).toMatchObject({ bottom: 'done' });
  });

  test('with nothing to reopen, the node itself is visited again', async () => {
    const it = await stage(diamond);
    await it.end('top', { reopen: [] });
    expect(it.active).toEqual(['top']);
    it.abort();
    await it.end('top');
    expect(await it.states()).toMatchObject({ top: 'done', left: 'not-run' });
  });

  test('a reopened need that fails takes what rests on it along', async () => {
    const it = await stage(diamond, { keepGoing: true });
    await it.end('top');
    await it.end('left');
    await it.end('right', { reopen: ['top'] });
    await it.end('top', 'failed');
    expect(await it.states()).toEqual({ top: 'failed', left: 'not-run', right: 'not-run', bottom: 'not-run' });
  });
});

describe('a line for something scarcer than slots', () => {
  class Place implements Turn {
    left = false;
    #arrive = () => {};
    readonly come = new Promise<void>((resolve) => { this.#arrive = resolve; });
    async arrive(): Promise<void> {
      this.#arrive();
      await settled();
    }
    leave(): void {
      this.left = true;
    }
  }

  test('holds no slot; when its turn has come the node is visited again', async () => {
    const it = await stage(graphOf(node('heavy'), node('light')), { concurrency: 1 });
    const place = new Place();
    await it.end('heavy', { wait: place });
    expect(it.active).toEqual(['light']);
    await it.end('light');
    expect(it.active).toEqual([]);
    await place.arrive();
    expect(it.active).toEqual(['heavy']);
    await it.end('heavy');
    expect(await it.states()).toEqual({ heavy: 'done', light: 'done' });
    expect(place.left).toBe(false);
  });

  test('is left at a failure, and at a cancel', async () => {
    for (const stop of ['failure', 'cancel']) {
      const it = await stage(graphOf(node('heavy'), node('light')));
      const place = new Place();
      await it.end('heavy', { wait: place });
      if (stop === 'cancel') it.abort();
      expect(place.left).toBe(stop === 'cancel');
      await it.end('light', stop === 'failure' ? 'failed' : 'done');
      expect(place.left).toBe(true);
      expect(await it.states()).toMatchObject({ heavy: 'not-run' });
    }
  });

  test('is left when a need is reopened meanwhile; the node gets in line anew', async () => {
    const it = await stage(diamond);
    const place = new Place();
    await it.end('top');
    await it.end('left', { wait: place });
    await it.end('right', { reopen: ['top'] });
    expect(place.left).toBe(true);
    // Its turn comes too late.
    await place.arrive();
    expect(it.active).toEqual(['top']);
    await it.end('top');
    await it.end('left');
    await it.end('right');
    await it.end('bottom');
    expect(await it.states()).toMatchObject({ bottom: 'done' });
  });

  test('whose turn came just before the run stops is left too', async () => {
    const it = await stage(graphOf(node('heavy'), node('light')), { concurrency: 1 });
    const place = new Place();
    await it.end('heavy', { wait: place });
    await place.arrive();
    await it.end('light', 'failed');
    expect(place.left).toBe(true);
    expect(await it.states()).toEqual({ heavy: 'not-run', light: 'failed' });
  });
});
