import { makeGraph, type GraphNode } from '@crpm/core';
import type { Difference, NodeSummary, RunSummary } from '@crpm/runner';
import { expect, test } from 'vitest';
import { printProof } from '../src/print-proof.js';
import { staleRoots } from '../src/stale-roots.js';
import { recordedIo } from './io.js';

const node = (id: string, kind: string, ...needs: readonly string[]): GraphNode => ({ id, kind, title: id, needs, params: null });
const made = makeGraph([node('a.source', 'source'), node('a.buildroot', 'buildroot', 'a.source'), node('a.predict', 'predict', 'a.buildroot'), node('a.rpmbuild', 'rpmbuild', 'a.source', 'a.buildroot', 'a.predict'), node('createrepo', 'createrepo', 'a.rpmbuild'), node('rpm-deps', 'rpm-deps', 'createrepo'), node('verify', 'verify', 'rpm-deps')]);
if (!made.ok) throw new Error('it is a graph');
const graph = made.value;

const summary = (nodes: Readonly<Record<string, Partial<NodeSummary>>>) => ({ nodes: new Map(Object.entries(nodes).map(([id, one]) => [id, { outcome: 'fresh', ms: 0, ...one }])) }) as unknown as RunSummary;
const row = (verdict: string) => ({ name: 'qemu-img', evr: '17:10-1', arch: 'x86_64', rpmArch: 'x86_64', stream: 9, package: 'qemu', trees: [], verdict, message: 'another EVR was chosen' });
const fact = (holds: boolean, ...verdicts: readonly string[]) => ({ proof: { holds, proven: holds, standing: 'proof', resolver: 'bazeldnf', rows: verdicts.map(row), complaints: [], moved: [] }, stale: {}, absent: [], allowOfficial: [] });

async function printed(nodes: Parameters<typeof summary>[0]): Promise<string> {
  const { io, out } = recordedIo();
  await printProof(io, summary(nodes), { older: await staleRoots(summary(nodes), graph, () => Promise.resolve([])) });
  return out();
}

const changed = (need: string): readonly Difference[] => [{ what: 'need', need, before: '1', after: '2' }];
const standIn = (stale: string, staleBy: readonly Difference[]) => ({ stale, staleBy });
const OF_EARLIER = standIn('a.rpmbuild is of an earlier run', [{ what: 'input', name: 'a.rpmbuild of an earlier run', after: '2026' }]);

test('of a build that is older than its sources the last line says so, and why', async () => {
  const nodes = { 'a.rpmbuild': standIn('a.source changed', changed('a.source')), createrepo: OF_EARLIER, verify: { output: { data: fact(true, 'taken') } as unknown as NonNullable<NodeSummary['output']> } };
  expect(await staleRoots(summary(nodes), graph, () => Promise.resolve([]))).toEqual([{ node: 'a.rpmbuild', why: 'a.source changed' }]);
  expect((await printed(nodes)).split('\n').at(-2)).toBe('proven: KubeVirt takes the build, which is older than its sources: a.rpmbuild is stale (a.source changed); crpm run builds it anew');
});

test('of a source that was read since, the files that changed are named in place of the build, each once', async () => {
  const ran = (node: string, reason: string) => ({ node, run: '', reason });
  const nodes = { 'a.rpmbuild': standIn('a.source changed', changed('a.source')), createrepo: OF_EARLIER };
  const changes = [ran('a.source', 'tree: a.c changed'), ran('a.buildroot', 'its image is gone'), ran('a.source', 'tree: a.c changed'), ran('a.source', 'tree: b.c new')];
  expect(await staleRoots(summary(nodes), graph, () => Promise.resolve(changes))).toEqual([{ node: 'a.source', why: 'tree: a.c changed' }, { node: 'a.source', why: 'tree: b.c new' }]);
});

test('what a build that failed left makes nothing older once its tree is put back', async () => {
  // The build root and the foresight are those of the tree as it was edited; the RPMs are of another build root, and of this very source.
  const left = { 'a.buildroot': standIn('a.source changed', changed('a.source')), 'a.predict': standIn('a.buildroot changed', changed('a.buildroot')), 'a.rpmbuild': standIn('a.buildroot changed', changed('a.buildroot')), createrepo: OF_EARLIER };
  expect(await staleRoots(summary(left), graph, () => Promise.resolve([]))).toEqual([]);
  // Or of an equal build root.
  expect(await staleRoots(summary({ 'a.buildroot': standIn('a.source changed', changed('a.source')) }), graph, () => Promise.resolve([]))).toEqual([]);
  const used = { 'a.buildroot': standIn('build.with: [] → ["x"]', [{ what: 'input', name: 'param/with' }]) };
  expect(await staleRoots(summary(used), graph, () => Promise.resolve([]))).toEqual([{ node: 'a.buildroot', why: 'build.with: [] → ["x"]' }]);
});

test('RPMs that never came into the repository are named; not that some were left out of an earlier run', async () => {
  expect(await staleRoots(summary({ createrepo: OF_EARLIER }), graph, () => Promise.resolve([]))).toEqual([]);
  expect(await staleRoots(summary({ createrepo: standIn('a.rpmbuild changed', changed('a.rpmbuild')) }), graph, () => Promise.resolve([]))).toEqual([{ node: 'createrepo', why: 'a.rpmbuild changed' }]);
});

test('a KubeVirt tree that was edited makes no build older', async () => {
  const nodes = { 'rpm-deps': standIn('WORKSPACE is not what it was', [{ what: 'elsewhere', text: 'WORKSPACE is not what it was' }]), verify: { output: { data: fact(true, 'taken') } as unknown as NonNullable<NodeSummary['output']> } };
  expect((await printed(nodes)).split('\n').at(-2)).toBe('proven: KubeVirt takes the build');
});

test('a proof that failed has its table, and none where nothing was taken', async () => {
  const failed = (...verdicts: readonly string[]) => ({ verify: { outcome: 'failed' as const, failure: { class: 'proof' as const, message: 'no', data: fact(false, ...verdicts) } } });
  expect(await printed(failed('taken', 'not taken'))).toMatch(/^RPM .*\nqemu-img .*taken.*\nqemu-img .*not taken: another EVR was chosen.*\nresolver: bazeldnf\nNOT PROVEN\n$/);
  expect(await printed(failed('not taken', 'not taken'))).toBe('resolver: bazeldnf\nNOT PROVEN\n');
});
