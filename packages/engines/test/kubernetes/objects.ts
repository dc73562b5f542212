import { CONTAINER } from '@crpm/engines/kubernetes/places';
import type { Condition, ContainerTerminated, Job, KubeEvent, Pod } from '@crpm/engines/kubernetes/objects';

export const DIGEST = `sha256:${'a'.repeat(64)}`;
export const REPORT = JSON.stringify({ crpm: 1, exit: 3, oom: false, log: [DIGEST, 7] });

export const condition = (type: string, reason?: string, message?: string): Condition => ({ type, status: 'True', ...(reason === undefined ? {} : { reason }), ...(message === undefined ? {} : { message }) });

export function job(...conditions: Condition[]): Job {
  return { metadata: { name: 'crpm-f-0', uid: 'job-uid' }, status: { conditions } };
}

interface PodFacts {
  readonly name?: string;
  readonly phase?: string;
  readonly terminated?: ContainerTerminated;
  readonly waiting?: { reason: string; message?: string };
  readonly running?: true;
  readonly reason?: string;
  readonly message?: string;
  readonly conditions?: Condition[];
  readonly deleted?: true;
  readonly owner?: string;
}

export function pod({ name = 'p1', phase = 'Running', terminated, waiting, running, reason, message, conditions = [], deleted, owner = 'job-uid' }: PodFacts = {}): Pod {
  const state = { ...(terminated ? { terminated } : {}), ...(waiting ? { waiting } : {}), ...(running ? { running: {} } : {}) };
  return {
    metadata: { name, uid: `uid-${name}`, ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: 'crpm-f-0', uid: owner }], ...(deleted ? { deletionTimestamp: '2026-08-01T00:00:00Z' } : {}) },
    status: { phase, conditions, containerStatuses: [{ name: CONTAINER, state }], ...(reason ? { reason } : {}), ...(message ? { message } : {}) },
  };
}

export const succeededPod = (name = 'p1', finishedAt = '2026-08-01T00:00:01Z', message = REPORT): Pod => pod({ name, phase: 'Succeeded', terminated: { exitCode: 0, finishedAt, message } });

export function event(uid: string, reason: string, message: string): KubeEvent {
  return { metadata: { name: 'e' }, involvedObject: { uid }, reason, message };
}
