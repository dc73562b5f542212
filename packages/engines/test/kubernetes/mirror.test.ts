import { apiFailure, connectionFailure } from '@crpm/engines/kubernetes/kube-error';
import { Mirror } from '@crpm/engines/kubernetes/mirror';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FakeApi } from './fake-api.js';

function open(api: FakeApi, relist = 60_000, outage = 60_000): Mirror<'jobs'> {
  const mirror = new Mirror(api, 'jobs', 'x=y', () => undefined, relist, outage);
  onTestFinished(async () => {
    api.close();
    await mirror.stop();
  });
  return mirror;
}
const job = (name: string) => ({ metadata: { name } });
const lists = (api: FakeApi) => api.calls.filter((call) => call === 'list jobs').length;

describe('a mirror of the cluster', () => {
  it('has what was there, what came, and not what went', async () => {
    const api = new FakeApi();
    api.set('jobs', job('old'));
    const mirror = open(api);
    await expect.poll(() => api.calls.includes('watch jobs')).toBe(true);
    api.set('jobs', job('new'));
    await api.delete('jobs', 'old');
    await expect.poll(() => [...mirror.values()].map(({ metadata }) => metadata.name)).toEqual(['new']);
    expect(lists(api)).toBe(1);
  });

  it.each([
    ['ends', undefined],
    ['breaks', connectionFailure('ECONNRESET', 'watching', 'reset', 'https://fake')],
    ['is told that its version is forgotten', apiFailure(410, 'Expired', 'watching', 'too old', 'https://fake')],
  ])('lists anew when the watch %s', async (_what, error) => {
    const api = new FakeApi();
    const mirror = open(api);
    await expect.poll(() => api.calls.includes('watch jobs')).toBe(true);
    api.cut(error);
    // No event tells of it.
    api.set('jobs', job('meanwhile'));
    await expect.poll(() => mirror.get('meanwhile')).toBeDefined();
    expect(lists(api)).toBe(2);
    expect(mirror.failure).toBeUndefined();
  });

  it('lists anew from time to time, whatever the watch says', async () => {
    const api = new FakeApi();
    open(api, 20);
    await expect.poll(() => lists(api)).toBeGreaterThan(2);
  });

  it('waits for a cluster that is away, and gives it up in the end', async () => {
    const api = new FakeApi();
    api.failures.set('list jobs', Array.from({ length: 3 }, () => connectionFailure('ECONNREFUSED', 'listing', 'nothing listens there', 'https://fake')));
    const mirror = open(api);
    api.set('jobs', job('a'));
    await expect.poll(() => mirror.get('a'), { timeout: 10_000 }).toBeDefined();
    expect(mirror.failure).toBeUndefined();
    const gone = new FakeApi();
    gone.failures.set('list jobs', Array.from({ length: 100 }, () => connectionFailure('ECONNREFUSED', 'listing', 'nothing listens there', 'https://fake')));
    const lost = open(gone, 60_000, 0);
    await expect.poll(() => lost.failure, { timeout: 10_000 }).toMatchObject({ failure: { class: 'environment', transient: true } });
  });

  it('says at once that it is refused, and takes it back', async () => {
    const api = new FakeApi();
    api.failures.set('list jobs', [apiFailure(403, 'Forbidden', 'listing jobs', 'jobs is forbidden', 'https://fake')]);
    const mirror = open(api);
    await expect.poll(() => mirror.failure).toMatchObject({ failure: { next: expect.stringContaining('crpm doctor --engine kubernetes') } });
    await expect.poll(() => mirror.failure).toBeUndefined();
  });
});
