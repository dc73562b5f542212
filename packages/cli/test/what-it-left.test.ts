import type { Config, NodeOutcome } from '@crpm/core';
import type { HistoryEntry, NodeSummary } from '@crpm/runner';
import { expect, test } from 'vitest';
import { whatItLeft } from '../src/what-it-left.js';

const workspace = { id: 'w', state: '/nonexistent', cache: '/nonexistent' };
const config = { kubevirt: { dir: '/kv' }, serve: { mode: 'container', image: 'nginx' } } as unknown as Config;
const node = (outcome: NodeOutcome, data: object) => ({ outcome, ms: 1, output: { dir: '', files: [], data, digest: '' } }) as unknown as NodeSummary;
const run = (outcome: NodeOutcome, further = {}) => ({
  nodes: new Map([['serve', node(outcome, { mode: 'container', baseUrl: 'http://127.0.0.1:8123/' })], ['rpm-deps', node(outcome, { resolver: {}, ...further })]]),
});
const LEFT = ['left running, until crpm serve --stop: the repository server at http://127.0.0.1:8123/', 'changed, until crpm revert: /kv/WORKSPACE, /kv/rpm/BUILD.bazel'];

test('a first run says what it left running and what it changed, and how to undo each', async () => {
  expect(await whatItLeft(run('ran'), new Map(), config, workspace)).toEqual(LEFT);
  expect(await whatItLeft(run('ran', { further: { 'rpm/repo.yaml': 'absent' } }), new Map(), config, workspace)).toEqual([LEFT[0], `${LEFT[1] ?? ''}, /kv/rpm/repo.yaml`]);
});

test('a later run says nothing of it, nor one that did not come as far', async () => {
  const before = new Map(['serve', 'rpm-deps'].map((id) => [id, {} as HistoryEntry]));
  expect(await whatItLeft(run('ran'), before, config, workspace)).toEqual([]);
  expect(await whatItLeft(run('failed'), new Map(), config, workspace)).toEqual([]);
});

test('what somebody else serves is not left running by crpm', async () => {
  const published = { ...config, serve: { mode: 'none' } } as unknown as Config;
  const { nodes } = run('ran');
  expect(await whatItLeft({ nodes: new Map([...nodes, ['serve', node('ran', { mode: 'none', baseUrl: 'http://h/' })]]) }, new Map(), published, workspace)).toEqual([LEFT[1]]);
});
