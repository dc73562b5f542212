import { makeGraph, type GraphNode } from '@crpm/core';
import type { NodeSummary, RunSummary } from '@crpm/runner';
import { expect, test } from 'vitest';
import { printProof, staleRoots } from '../src/print-proof.js';
import { recordedIo } from './io.js';

const node = (id: string, kind: string, ...needs: readonly string[]): GraphNode => ({ id, kind, title: id, needs, params: null });
const made = makeGraph([node('a.source', 'source'), node('a.rpmbuild', 'rpmbuild', 'a.source'), node('createrepo', 'createrepo', 'a.rpmbuild'), node('rpm-deps', 'rpm-deps', 'createrepo'), node('verify', 'verify', 'rpm-deps')]);
if (!made.ok) throw new Error('it is a graph');
const graph = made.value;

const summary = (nodes: Readonly<Record<string, Partial<NodeSummary>>>) => ({ nodes: new Map(Object.entries(nodes).map(([id, one]) => [id, { outcome: 'fresh', ms: 0, ...one }])) }) as unknown as RunSummary;
const row = (verdict: string) => ({ name: 'qemu-img', evr: '17:10-1', arch: 'x86_64', rpmArch: 'x86_64', stream: 9, package: 'qemu', trees: [], verdict, message: 'another EVR was chosen' });
const fact = (holds: boolean, ...verdicts: readonly string[]) => ({ proof: { holds, proven: holds, standing: 'proof', resolver: 'bazeldnf', rows: verdicts.map(row), complaints: [], moved: [] }, stale: {}, absent: [], allowOfficial: [] });

async function printed(nodes: Parameters<typeof summary>[0]): Promise<string> {
  const { io, out } = recordedIo();
  await printProof(io, summary(nodes), { graph });
  return out();
}

test('of a build that is older than its sources the last line says so, and why', async () => {
  const nodes = { 'a.source': {}, 'a.rpmbuild': { stale: 'a.source changed' }, createrepo: { stale: 'a.rpmbuild is of an earlier run' }, verify: { output: { data: fact(true, 'taken') } as unknown as NonNullable<NodeSummary['output']> } };
  expect(staleRoots(summary(nodes), graph)).toEqual([{ node: 'a.rpmbuild', why: 'a.source changed' }]);
  expect((await printed(nodes)).split('\n').at(-2)).toBe('proven: KubeVirt takes the build, which is older than its sources: a.rpmbuild is stale (a.source changed); crpm run builds it anew');
});

test('a KubeVirt tree that was edited makes no build older', async () => {
  const nodes = { 'rpm-deps': { stale: 'WORKSPACE is not what it was' }, verify: { output: { data: fact(true, 'taken') } as unknown as NonNullable<NodeSummary['output']> } };
  expect((await printed(nodes)).split('\n').at(-2)).toBe('proven: KubeVirt takes the build');
});

test('a proof that failed has its table, and none where nothing was taken', async () => {
  const failed = (...verdicts: readonly string[]) => ({ verify: { outcome: 'failed' as const, failure: { class: 'proof' as const, message: 'no', data: fact(false, ...verdicts) } } });
  expect(await printed(failed('taken', 'not taken'))).toMatch(/^RPM .*\nqemu-img .*taken.*\nqemu-img .*not taken: another EVR was chosen.*\nresolver: bazeldnf\nNOT PROVEN\n$/);
  expect(await printed(failed('not taken', 'not taken'))).toBe('resolver: bazeldnf\nNOT PROVEN\n');
});
