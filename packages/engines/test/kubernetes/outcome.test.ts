import { judge } from '@crpm/engines/kubernetes/outcome';
import { parseReport } from '@crpm/engines/kubernetes/report';
import { describe, expect, it } from 'vitest';
import { condition, DIGEST, event, job, pod, REPORT, succeededPod } from './objects.js';

const reported = { state: 'reported', report: { kind: 'ran', exit: 3, oom: false, log: { digest: DIGEST, size: 7 } } };

describe('how a Job ended', () => {
  it('nothing is decided as long as it waits or runs', () => {
    expect(judge(job(), [], [])).toEqual({ state: 'waiting' });
    expect(judge(job(), [pod({ phase: 'Pending' })], [])).toEqual({ state: 'waiting' });
    expect(judge(job(), [pod({ running: true })], [])).toEqual({ state: 'running', pod: 'p1' });
  });

  it('a Job that is not there is gone', () => {
    expect(judge(undefined, [succeededPod()], [])).toEqual({ state: 'gone' });
  });

  it.each(['SuccessCriteriaMet', 'Complete'])('%s decides, and the exit code is the report’s', (type) => {
    expect(judge(job(condition(type)), [succeededPod()], [])).toMatchObject({ ...reported, pod: 'p1' });
  });

  it('a pod on a lost node, still running, does not hold up what another has finished', () => {
    expect(judge(job(condition('SuccessCriteriaMet')), [pod({ name: 'lost', running: true, deleted: true }), succeededPod('p2')], [])).toMatchObject({ ...reported, pod: 'p2' });
  });

  it('of two copies that succeeded the one that ended first is taken', () => {
    expect(judge(job(condition('Complete')), [succeededPod('late', '2026-08-01T00:00:09Z'), succeededPod('early', '2026-08-01T00:00:02Z')], [])).toMatchObject({ pod: 'early' });
  });

  it('a pod of another Job counts for nothing', () => {
    expect(judge(job(), [pod({ phase: 'Succeeded', owner: 'another', terminated: { exitCode: 0, message: REPORT } })], [])).toEqual({ state: 'waiting' });
    expect(judge(job(condition('Complete')), [pod({ phase: 'Succeeded', owner: 'another', terminated: { exitCode: 0, message: REPORT } })], [])).toMatchObject({ state: 'lost', why: 'unreported' });
  });

  it.each([
    ['no message', ''],
    ['half a message', REPORT.slice(0, 20)],
    ['another message', 'done'],
    ['a digest that is none', JSON.stringify({ crpm: 1, exit: 0, oom: false, log: ['sha256:abc', 1] })],
    ['an exit code that is none', JSON.stringify({ crpm: 1, exit: '0', oom: false, log: [DIGEST, 1] })],
  ])('success with %s is no success', (_what, message) => {
    expect(judge(job(condition('Complete')), [succeededPod('p1', '2026-08-01T00:00:01Z', message)], [])).toMatchObject({ state: 'lost', why: 'unreported' });
  });

  const failed = job(condition('Failed', 'BackoffLimitExceeded', 'Job has reached the specified backoff limit'));
  it('the deadline is told as that', () => {
    expect(judge(job(condition('Failed', 'DeadlineExceeded')), [pod({ deleted: true, running: true })], [])).toEqual({ state: 'deadline' });
    expect(judge(job(condition('FailureTarget', 'DeadlineExceeded')), [], [])).toEqual({ state: 'deadline' });
  });

  it('lack of memory is told as that, and is not run again', () => {
    expect(judge(failed, [pod({ phase: 'Failed', terminated: { exitCode: 137, reason: 'OOMKilled' } })], [])).toEqual({ state: 'oom', pod: 'p1' });
  });

  it.each([
    ['evicted', pod({ phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: ephemeral-storage.', terminated: { exitCode: 137 } })],
    ['evicted', pod({ phase: 'Failed', conditions: [condition('DisruptionTarget', 'EvictionByEvictionAPI')] })],
    ['node-lost', pod({ phase: 'Failed', reason: 'NodeLost' })],
    ['node-lost', pod({ phase: 'Failed', deleted: true, conditions: [condition('DisruptionTarget', 'DeletionByTaintManager')] })],
    ['preempted', pod({ phase: 'Failed', conditions: [condition('DisruptionTarget', 'PreemptionByScheduler')] })],
    ['deleted', pod({ phase: 'Failed', deleted: true })],
    ['killed', pod({ phase: 'Failed', terminated: { exitCode: 137, reason: 'Error' } })],
  ])('%s is no doing of the program', (why, one) => {
    expect(judge(failed, [one], [])).toMatchObject({ state: 'lost', why });
  });

  it.each([
    'Pod ephemeral local storage usage exceeds the total limit of containers 1Gi. ',
    'Container crpm exceeded its local ephemeral storage limit "1Gi". ',
    'Usage of EmptyDir volume "work" exceeds the limit "1Gi". ',
  ])('a pod that wrote more than it may would on any node: %s', (message) => {
    expect(judge(failed, [pod({ phase: 'Failed', reason: 'Evicted', message, terminated: { exitCode: 137 } })], [])).toEqual({ state: 'storage', said: message.trim() });
  });

  it('a failed Job without pods lost them', () => {
    expect(judge(failed, [], [])).toMatchObject({ state: 'lost', why: 'deleted' });
  });

  it('a pod that ended well while it was being deleted counts only if the Job counts it', () => {
    const one = pod({ phase: 'Succeeded', deleted: true, terminated: { exitCode: 0, message: REPORT } });
    expect(judge(job(), [one], [])).toEqual({ state: 'waiting' });
    expect(judge(job(condition('Complete')), [one], [])).toMatchObject(reported);
  });

  it('what will not begin by itself is told in the words of the event', () => {
    const waiting = pod({ phase: 'Pending', waiting: { reason: 'ImagePullBackOff', message: 'Back-off pulling image' } });
    const said = 'Failed to pull image "r/x@sha256:…": not found';
    expect(judge(job(), [waiting], [event('uid-p1', 'Failed', said), event('uid-p1', 'BackOff', 'Back-off'), event('other', 'Failed', `${said} and much longer`)])).toEqual({ state: 'waiting', trouble: { what: 'image', said } });
    expect(judge(job(), [pod({ phase: 'Pending', waiting: { reason: 'CreateContainerConfigError', message: 'secret "x" not found' } })], [])).toMatchObject({ trouble: { what: 'container', said: 'secret "x" not found' } });
    expect(judge(job(), [pod({ phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/1 nodes are available' }] })], [])).toMatchObject({ trouble: { what: 'schedule' } });
    expect(judge(job(), [], [event('job-uid', 'FailedCreate', 'pods "x" is forbidden: exceeded quota: q')])).toMatchObject({ trouble: { what: 'quota', said: expect.stringContaining('exceeded quota') } });
  });
});

describe('a pod’s report', () => {
  it('may say that the program is not there, or that something besides it failed', () => {
    expect(parseReport('{"crpm":1,"absent":true}')).toEqual({ kind: 'absent' });
    expect(parseReport('{"crpm":1,"trouble":"unpack","said":"tar: short read"}')).toEqual({ kind: 'trouble', what: 'unpack', said: 'tar: short read' });
    expect(parseReport('{"crpm":2,"absent":true}')).toBeUndefined();
  });
});
