import type { Engine, Labels, OwnedFilter, OwnedObject } from '@crpm/core';
import { ownWorkspaces } from '@crpm/engines/kubernetes/own-workspaces';
import { expect, it } from 'vitest';

const signal = new AbortController().signal;

it('a workspace is one of this machine in the cluster, and by its own id here; what is others’ stays theirs', async () => {
  const made: Labels[] = [];
  const asked: OwnedFilter[] = [];
  const owned = (workspace: string): OwnedObject => ({ type: 'container', id: workspace, labels: { workspace, run: 'r', node: 'n' }, created: 0 });
  const engine = {
    kind: 'kubernetes',
    openWork: ({ labels }: { labels: Labels }) => Promise.resolve(made.push(labels)),
    deriveImage: (_from: string, { labels }: { labels: Labels }) => Promise.resolve(made.push(labels)),
    prepareImage: (_source: unknown, { labels }: { labels: Labels }) => Promise.resolve(made.push(labels)),
    list: (filter: OwnedFilter) => Promise.resolve([owned('w-1.a1'), owned('w-1.b2'), owned('')].filter(({ labels }) => filter.workspace === undefined || labels.workspace === filter.workspace).map((one) => (asked.push(filter), one))),
  } as unknown as Engine;
  const mine = ownWorkspaces(engine, 'a1');
  const labels = { workspace: 'w-1', run: 'r', node: 'n' };
  await mine.openWork({ image: 'i', arch: 'x86_64', labels, signal });
  await mine.deriveImage('i', { argv: [], env: {}, network: 'bridge', labels, arch: 'x86_64', signal, line: () => {} });
  await mine.prepareImage({ kind: 'host' }, { labels, arch: 'x86_64', signal, line: () => {} });
  expect(made).toEqual(Array.from({ length: 3 }, () => ({ ...labels, workspace: 'w-1.a1' })));
  expect((await mine.list({ workspace: 'w-1', sizes: true })).map((one) => [one.id, one.labels.workspace])).toEqual([['w-1.a1', 'w-1']]);
  expect(asked).toEqual([{ workspace: 'w-1.a1', sizes: true }]);
  expect((await mine.list({})).map((one) => one.labels.workspace)).toEqual(['w-1', 'w-1.b2', '']);
});
