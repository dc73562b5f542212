import type { NodeOutcome } from '@crpm/core';
import type { NodeSummary } from '@crpm/runner';
import { expect, test } from 'vitest';
import { whatItLeft } from '../src/what-it-left.js';

const run = (outcome: NodeOutcome) => ({ nodes: new Map(['serve', 'rpm-deps'].map((id) => [id, { outcome, ms: 1 } as unknown as NodeSummary])) });
const NOTHING = { changed: [] };
const ALL = { served: 'http://127.0.0.1:8123/', changed: ['/kv/WORKSPACE', '/kv/rpm/BUILD.bazel'] };
const LEFT = ['left running, until crpm serve --stop: the repository server at http://127.0.0.1:8123/', 'changed, until crpm revert: /kv/WORKSPACE, /kv/rpm/BUILD.bazel'];

test('a run that started the server and changed the tree says so, and how to undo each', () => {
  expect(whatItLeft(run('ran'), NOTHING, ALL)).toEqual(LEFT);
});

test('what stood when the run began is not told again, however much of it ran', () => {
  expect(whatItLeft(run('ran'), ALL, ALL)).toEqual([]);
  expect(whatItLeft(run('ran'), { ...ALL, changed: [] }, ALL)).toEqual([LEFT[1]]);
  expect(whatItLeft(run('ran'), { changed: ALL.changed }, ALL)).toEqual([LEFT[0]]);
  expect(whatItLeft(run('ran'), ALL, { ...ALL, changed: [...ALL.changed, '/kv/rpm/repo.yaml'] })).toEqual(['changed, until crpm revert: /kv/rpm/repo.yaml']);
});

test('what others brought about meanwhile is not this run’s', () => {
  expect(whatItLeft(run('fresh'), NOTHING, ALL)).toEqual([]);
  expect(whatItLeft(run('failed'), NOTHING, ALL)).toEqual([]);
});
