import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Event, Graph, GraphNode, WorkspacePaths } from '@crpm/core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { formatProofStatus, proofStatus } from '../src/proof-status.js';
import { formatStatus } from '../src/read-status.js';
import { newRunId, runLogs } from '../src/run-folder.js';

let workspace: WorkspacePaths;
beforeEach(() => {
  const state = mkdtempSync(join(tmpdir(), 'crpm-proofs-'));
  workspace = { state, id: 'w', cache: state };
});
afterEach(() => {
  rmSync(workspace.state, { recursive: true });
});

const node = (id: string, ...needs: readonly string[]): [string, GraphNode] => [id, { id, kind: id, title: id, needs, params: null }];
const graph: Graph = { nodes: new Map([node('a.rpmbuild'), node('createrepo', 'a.rpmbuild'), node('verify', 'createrepo'), node('other')]) };

function record(minute: number, ...events: readonly Partial<Extract<Event, { type: 'node-finished' }>>[]): string {
  const id = newRunId(new Date(Date.UTC(2026, 0, 2, 3, minute)));
  mkdirSync(runLogs(workspace, id), { recursive: true });
  writeFileSync(join(runLogs(workspace, id), 'events.ndjson'), events.map((event) => `${JSON.stringify({ type: 'node-finished', at: 1000 * minute, outcome: 'ran', ms: 5, ...event })}\n`).join(''));
  return id;
}
const proven = { node: 'verify', data: { proof: { holds: true, standing: 'proof' } } };

test('a proof holds as the last run found that came to one, however it did', async () => {
  record(1, { node: 'a.rpmbuild' }, proven);
  const run = record(2, { ...proven, outcome: 'fresh' });
  expect(await proofStatus(workspace, graph)).toEqual({ run, at: 2000, holds: true, verdict: 'proven: KubeVirt takes the build', since: [] });
});

test('of a run that left it out it says nothing; what ran since is told', async () => {
  const run = record(1, proven);
  record(2, { ...proven, outcome: 'fresh', role: 'as-is' }, { node: 'other' });
  record(3, { node: 'a.rpmbuild', outcome: 'failed', failure: { class: 'build', message: 'no' } });
  const status = await proofStatus(workspace, graph);
  expect(status).toMatchObject({ run, since: ['a.rpmbuild'] });
  expect(status && formatProofStatus(status, 61_000)).toBe(`proven: KubeVirt takes the build (1 minute ago, run ${run}); later runs have been at a.rpmbuild, so this is of an older build`);
});

test('a proof that failed is the last word', async () => {
  record(1, proven);
  record(2, { node: 'verify', outcome: 'failed', failure: { class: 'proof', message: 'it holds none of the 11 RPMs' } });
  expect(await proofStatus(workspace, graph)).toMatchObject({ holds: false, verdict: 'NOT PROVEN; crpm verify says why' });
});

test('one that holds no more for the tree as it stands is none', () => {
  const status = { run: 'r', at: 0, holds: true, verdict: 'proven', since: [] };
  expect(formatProofStatus({ ...status, tree: 'reverted' }, 0)).toBe('none any more: the KubeVirt tree was reverted since run r proved that it held the build; crpm run puts the build back');
  expect(formatProofStatus({ ...status, tree: 'changed' }, 0)).toContain('was changed since run r');
});

test('where there is none yet, or none is made, status says so', async () => {
  expect(await proofStatus(workspace, graph)).toBeUndefined();
  expect(formatStatus({ workspace: '/w', nodes: [{ node: 'verify' }] }, 0)).toContain('\nproof       no run on record came as far\n');
  expect(formatStatus({ workspace: '/w', nodes: [{ node: 'createrepo' }], rpms: 3, server: { running: true, baseUrl: 'http://127.0.0.1:1/' } }, 0)).toMatch(/\nproof +none is made: kubevirt: false\nrepository +3 RPMs, served at http:\/\/127\.0\.0\.1:1\/\n/);
});
