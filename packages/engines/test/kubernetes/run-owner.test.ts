import { RunOwner } from '@crpm/engines/kubernetes/run-owner';
import { describe, expect, it } from 'vitest';
import { FakeApi } from './fake-api.js';

const labels = { workspace: 'w', run: 'r', node: 'n' };

describe('what owns a run', () => {
  it('goes, and the Lease with it: what has lost its owner may be collected much later', async () => {
    const api = new FakeApi();
    const owner = await RunOwner.open(api, labels);
    expect([(await api.list('leases')).items.length, (await api.list('configmaps')).items.length]).toEqual([1, 1]);
    await owner.close();
    expect([(await api.list('leases')).items.length, (await api.list('configmaps')).items.length]).toEqual([0, 0]);
  });

  it('owns a Lease that was left of one of its name', async () => {
    const api = new FakeApi();
    const name = (await RunOwner.open(api, labels)).name;
    await api.delete('configmaps', name);
    api.set('configmaps', { metadata: { name, uid: 'another' } });
    const owner = await RunOwner.open(api, labels);
    expect((await api.get('leases', name))?.metadata.ownerReferences?.map(({ uid }) => uid)).toEqual(['another']);
    await owner.close();
  });
});
