import { ClusterRun } from '@crpm/engines/kubernetes/cluster-run';
import { Jobs } from '@crpm/engines/kubernetes/jobs';
import type { JobDefaults } from '@crpm/engines/kubernetes/job';
import { connectionFailure } from '@crpm/engines/kubernetes/kube-error';
import { metadataOf } from '@crpm/engines/kubernetes/names';
import type { Condition, Job } from '@crpm/engines/kubernetes/objects';
import { CONTAINER } from '@crpm/engines/kubernetes/places';
import { describe, expect, it, onTestFinished } from 'vitest';
import { failureOf } from '../../../../test/support/failure.js';
import { FakeApi } from './fake-api.js';
import { condition, event, REPORT } from './objects.js';

const labels = { workspace: 'w', run: 'r', node: 'n' };
const defaults: JobDefaults = { nodeSelector: {}, tolerations: [], imagePullSecrets: [], resources: {}, deadline: 60 };
const never = new AbortController().signal;

async function rig(patience = { image: 60_000, container: 60_000, quota: 60_000, schedule: 60_000 }) {
  const api = new FakeApi();
  const run = await ClusterRun.open(api, labels);
  onTestFinished(async () => {
    api.close();
    await run.close();
  });
  const jobs = new Jobs({ api, defaults, patience });
  const lines: string[] = [];
  const start = (signal: AbortSignal = never, image = 'r/x@sha256:0') =>
    jobs.run({
      run, what: 'rpmbuild', place: ['w', 'n', '0', '0'], signal, line: (text) => lines.push(text),
      plan: { ...(metadataOf(labels, 'job') as { labels: Record<string, string>; annotations: Record<string, string> }), owner: { apiVersion: 'v1', kind: 'ConfigMap', name: 'o', uid: 'o' }, image, goArch: 'amd64', command: ['true'], env: {} },
    });
  const current = async (): Promise<readonly Job[]> => (await api.list('jobs')).items;
  const ended = new Set<string>();
  /** The pod of the Job that has not ended yet, and then the Job, end so. */
  const end = async (phase: string, terminated: object, ...conditions: Condition[]) => {
    const runs = async () => (await current()).filter(({ metadata }) => !ended.has(metadata.name));
    await expect.poll(async () => (await runs()).length).toBe(1);
    const [job] = await runs();
    ended.add(job!.metadata.name);
    const { name, uid = '' } = job!.metadata;
    api.set('pods', { metadata: { name: `${name}-p`, labels: { 'dev.crpm/job': name }, ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name, uid }] }, status: { phase, containerStatuses: [{ name: CONTAINER, state: { terminated } }] } } as never);
    api.set('jobs', { ...job!, status: { conditions } } as never);
    return job!;
  };
  return { api, start, end, current, lines };
}
const ok = { exitCode: 0, message: REPORT };

describe('Jobs', () => {
  it('end as the report of their pod says', async () => {
    const { start, end } = await rig();
    const running = start();
    await end('Succeeded', ok, condition('Complete'));
    expect((await running).report).toMatchObject({ kind: 'ran', exit: 3 });
  });

  it('are run again where the cluster lost them, three times in all, each under a name of its own', async () => {
    const { start, end, lines } = await rig();
    const running = failureOf(start());
    const names: string[] = [];
    for (let i = 0; i < 3; i++) names.push((await end('Failed', { exitCode: 137, reason: 'Error' }, condition('Failed', 'BackoffLimitExceeded'))).metadata.name);
    expect(await running).toMatchObject({ class: 'environment', transient: true, message: expect.stringContaining('the cluster lost rpmbuild (killed)') });
    expect(new Set(names).size).toBe(3);
    expect(names.map((name) => name.at(-1))).toEqual(['0', '1', '2']);
    expect(lines.length).toBe(2);
  });

  it('are not run again for lack of memory', async () => {
    const { start, end, api } = await rig();
    const running = start();
    await end('Failed', { exitCode: 137, reason: 'OOMKilled' }, condition('Failed', 'BackoffLimitExceeded'));
    expect((await running).report).toEqual({ kind: 'oom' });
    expect(api.calls.filter((call) => call === 'create jobs').length).toBe(1);
  });

  it('are taken up where one does the very same; one that failed is not', async () => {
    const { start, end, current, api } = await rig();
    const first = start();
    const job = await end('Succeeded', ok, condition('Complete'));
    await first;
    expect((await start()).job).toBe(job.metadata.name);
    expect((await current()).length).toBe(1);
    await api.delete('pods', `${job.metadata.name}-p`);
    api.set('jobs', { ...job, status: { conditions: [condition('Failed', 'BackoffLimitExceeded')] } } as never);
    const controller = new AbortController();
    const third = failureOf(start(controller.signal));
    await expect.poll(async () => (await current()).map(({ metadata }) => metadata.name.at(-1))).toEqual(['0', '1']);
    controller.abort();
    expect((await third).class).toBe('cancelled');
    expect((await current()).length).toBe(1);
  });

  it('are not made twice by an answer that was lost', async () => {
    const { start, end, api, current } = await rig();
    const create = api.create.bind(api);
    let lost = false;
    api.create = async (resource, object) => {
      const made = await create(resource, object);
      if (resource === 'jobs' && !lost) {
        lost = true;
        throw connectionFailure('ECONNRESET', 'creating a Job', 'reset', 'https://fake');
      }
      return made;
    };
    const running = start();
    await end('Succeeded', ok, condition('Complete'));
    await running;
    expect((await current()).length).toBe(1);
  });

  it('that somebody removes are no success', async () => {
    const { start, current, api } = await rig();
    const running = failureOf(start());
    await expect.poll(async () => (await current()).length).toBe(1);
    await api.delete('jobs', (await current())[0]!.metadata.name);
    expect(await running).toMatchObject({ class: 'environment', message: 'somebody removed the Job in which rpmbuild ran' });
  });

  it('that say nothing sensible are lost, however often', async () => {
    const { start, end } = await rig();
    const running = failureOf(start());
    for (let i = 0; i < 3; i++) await end('Succeeded', { exitCode: 0, message: '' }, condition('Complete'));
    expect(await running).toMatchObject({ class: 'environment', message: expect.stringContaining('without a report') });
  });

  it.each([
    ['not found', 'Failed to pull image "r/x": not found', 'run again, and it is sent anew'],
    ['of another digest', 'Failed to pull image "r/x": failed commit on ref "layer": unexpected commit digest sha256:1, expected sha256:2', 'must mend its storage'],
    ['not to be had', 'Failed to pull image "r/x": dial tcp: connection refused', 'engine.imagePullSecrets'],
  ])('whose image is %s are given up, with the words of the cluster and what to do', async (_what, said, next) => {
    const { start, current, api } = await rig({ image: 0, container: 0, quota: 0, schedule: 0 });
    const running = failureOf(start());
    await expect.poll(async () => (await current()).length).toBe(1);
    const { name, uid = '' } = (await current())[0]!.metadata;
    const pod = (n: number) => ({ metadata: { name: `${name}-p`, uid: 'pod', labels: { 'dev.crpm/job': name, n: String(n) }, ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name, uid }] }, status: { phase: 'Pending', containerStatuses: [{ name: CONTAINER, state: { waiting: { reason: 'ImagePullBackOff', message: 'Back-off' } } }] } }) as never;
    api.set('events', event('pod', 'Failed', said));
    let n = 0;
    const timer = setInterval(() => api.set('pods', pod(n++)), 20);
    onTestFinished(() => clearInterval(timer));
    expect(await running).toMatchObject({ class: 'environment', message: `rpmbuild can’t start in the cluster for 0 s: ${said}`, next: expect.stringContaining(next) });
  });

  it('that the namespace’s quota keeps from beginning are given up too, however much else happens in the run', async () => {
    const { start, current, api } = await rig({ image: 60_000, container: 60_000, quota: 300, schedule: 60_000 });
    const running = failureOf(start());
    await expect.poll(async () => (await current()).length).toBe(1);
    const said = 'Error creating: pods "x" is forbidden: exceeded quota: none';
    api.set('events', event((await current())[0]!.metadata.uid!, 'FailedCreate', said));
    let n = 0;
    const timer = setInterval(() => api.set('pods', { metadata: { name: 'of-another', labels: { n: String(n++) } }, status: { phase: 'Running' } } as never), 20);
    onTestFinished(() => clearInterval(timer));
    expect(await running).toMatchObject({ class: 'environment', message: `rpmbuild can’t start in the cluster for 0 s: ${said}` });
  });
});
