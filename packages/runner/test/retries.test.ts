import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FailureError, type Failure } from '@crpm/core';
import { beforeEach, expect, test } from 'vitest';
import { graphOf, node, outcomes, Rig } from './rig.js';

const graph = graphOf(node('a'), node('b', ['a']));
const reset: Failure = { class: 'environment', message: 'the connection was reset', transient: true };

let rig: Rig;
beforeEach(() => {
  rig = new Rig();
});

/** The first tries of `a` fail; each leaves half of a result. */
function failingAtFirst(times: number, failure: Failure): void {
  let left = times;
  rig.during = ({ node: { id }, out }) => {
    if (id !== 'a' || left-- <= 0) return;
    writeFileSync(join(out, 'half'), 'half');
    throw new FailureError(failure);
  };
}

test('what failed for a passing reason is tried again, from nothing, and the user hears of it', async () => {
  failingAtFirst(2, reset);
  const summary = await rig.run(graph, { retryDelays: [0, 0] });
  expect(rig.ran).toEqual(['a', 'a', 'a', 'b']);
  expect(outcomes(summary)).toEqual({ a: 'ran', b: 'ran' });
  expect(summary.nodes.get('a')?.output?.files.map(({ path }) => path)).toEqual(['made.txt']);
  expect(rig.warnings()).toEqual(Array.from({ length: 2 }, () => 'a: the connection was reset; trying again in 0 s'));
  expect(rig.events.filter(({ type }) => type === 'node-started')).toHaveLength(2);
});

test('a third failure is the last', async () => {
  failingAtFirst(9, reset);
  const summary = await rig.run(graph, { retryDelays: [0, 0] });
  expect(rig.ran).toEqual(['a', 'a', 'a']);
  expect(summary.nodes.get('a')?.failure).toMatchObject({ class: 'environment', message: 'the connection was reset' });
  expect(summary.exitCode).toBe(3);
});

test.each<Failure>([
  { class: 'build', message: 'rpmbuild ended with exit code 1' },
  { class: 'oom', message: 'the kernel ended rpmbuild' },
  { class: 'environment', message: 'no engine was found' },
])('$class without that mark is not tried again', async (failure) => {
  failingAtFirst(1, failure);
  await rig.run(graph, { retryDelays: [0, 0] });
  expect(rig.ran).toEqual(['a']);
  expect(rig.warnings()).toEqual([]);
});

test('a cancel ends the wait for the next try', async () => {
  failingAtFirst(9, reset);
  const abort = new AbortController();
  const events: string[] = [];
  const summary = await rig.run(graph, {
    signal: abort.signal,
    retryDelays: [3_600_000],
    events: (event) => {
      events.push(event.type);
      if (event.type === 'node-warning') abort.abort();
    },
  });
  expect(events).toContain('node-warning');
  expect(outcomes(summary)).toEqual({ a: 'cancelled', b: 'not-run' });
  expect(summary.exitCode).toBe(130);
});
