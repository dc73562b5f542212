import { expect, test } from 'vitest';
import { Changes, type Sleep } from '../../src/watch/changes.js';

/** Time that passes when the test says so. */
function clock() {
  const wakes: (() => void)[] = [];
  const sleep: Sleep = (_ms, signal) =>
    new Promise((resolve, reject) => {
      const stopped = () => reject(signal.reason as Error);
      signal.addEventListener('abort', stopped);
      wakes.push(() => {
        signal.removeEventListener('abort', stopped);
        resolve();
      });
    });
  return {
    sleep,
    get asleep() {
      return wakes.length > 0;
    },
    /** One quiet span goes by. */
    async pass() {
      wakes.shift()?.();
      await turn();
    },
  };
}

/** Lets everything that is ready run. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

function waiting(changes: Changes, signal = new AbortController().signal) {
  const state = { settled: false, error: undefined as unknown };
  changes.settled(signal).then(
    () => (state.settled = true),
    (error: unknown) => (state.error = error),
  );
  return state;
}

test('several saves in a row are one change, told when it is quiet', async () => {
  const time = clock();
  const changes = new Changes(time.sleep);
  const state = waiting(changes);
  await turn();
  expect(time.asleep).toBe(false);
  changes.note();
  await turn();
  changes.note();
  await time.pass();
  expect(state.settled).toBe(false);
  await time.pass();
  expect(state.settled).toBe(true);

  const next = waiting(changes);
  await turn();
  expect(time.asleep).toBe(false);
  expect(next.settled).toBe(false);
});

test('what changed while nobody waited is told at once, and once', async () => {
  const time = clock();
  const changes = new Changes(time.sleep);
  changes.note();
  changes.note();
  changes.note();
  const state = waiting(changes);
  await turn();
  await time.pass();
  expect(state.settled).toBe(true);
  waiting(changes);
  await turn();
  expect(time.asleep).toBe(false);
});

test('a stream of changes without a pause does not put it off for ever', async () => {
  const time = clock();
  const changes = new Changes(time.sleep);
  changes.note();
  const state = waiting(changes);
  await turn();
  for (let span = 0; span < 25; span++) {
    expect(state.settled).toBe(false);
    changes.note();
    await time.pass();
  }
  expect(state.settled).toBe(true);
});

test.each(['before anything changed', 'while it is not quiet'])('a stop %s ends the waiting', async (when) => {
  const stop = new AbortController();
  const reason = new Error('stopped');
  const time = clock();
  const changes = new Changes(time.sleep);
  const state = waiting(changes, stop.signal);
  await turn();
  if (when.startsWith('while')) changes.note();
  await turn();
  stop.abort(reason);
  await turn();
  expect(state).toEqual({ settled: false, error: reason });
});
