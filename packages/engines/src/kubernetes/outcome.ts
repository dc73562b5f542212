import type { Condition, ContainerTerminated, Job, KubeEvent, Pod } from './objects.js';
import { CONTAINER } from './places.js';
import { parseReport, type PodReport } from './report.js';

/** Where a Job stands, told from what the cluster has on record and nothing else. */
export type Outcome =
  /** Not started yet. `trouble`: why it will not by itself, in the cluster's words. */
  | { readonly state: 'waiting'; readonly trouble?: Trouble }
  | { readonly state: 'running'; readonly pod: string }
  /** The wrapper came to its end. `pod`: the one that the Job counts. */
  | { readonly state: 'reported'; readonly pod: string; readonly report: PodReport }
  /** The kernel ended the container for lack of memory, the wrapper with it. */
  | { readonly state: 'oom'; readonly pod: string }
  | { readonly state: 'deadline' }
  /** The kubelet ended the pod because it wrote more than its limit: on another node it would too. */
  | { readonly state: 'storage'; readonly said: string }
  /** Ended by no doing of the program; the same may well succeed on another node or another day. */
  | { readonly state: 'lost'; readonly why: Loss; readonly said: string }
  /** The Job itself is not there any more. */
  | { readonly state: 'gone' };

export interface Trouble {
  readonly what: 'image' | 'schedule' | 'quota' | 'container';
  readonly said: string;
}

export type Loss = 'evicted' | 'node-lost' | 'preempted' | 'deleted' | 'killed' | 'unreported';

/** Waiting reasons after which Kubernetes goes on trying for ever. */
const IMAGE_TROUBLE = new Set(['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull', 'RegistryUnavailable', 'ImageInspectError', 'SignatureValidationFailed']);
const CONTAINER_TROUBLE = new Set(['CreateContainerConfigError', 'CreateContainerError', 'RunContainerError', 'CrashLoopBackOff']);

/** What the kubelet says of a pod that itself is the reason, and not the others on its node. */
const OWN_LIMIT = /ephemeral local storage usage exceeds|exceeded its local ephemeral storage limit|EmptyDir volume .* exceeds the limit/;

/** Judges a Job by its record, that of its pods, and the events about both. */
export function judge(job: Job | undefined, pods: readonly Pod[], events: readonly KubeEvent[]): Outcome {
  if (!job) return { state: 'gone' };
  const own = pods.filter((pod) => isOf(pod, job));
  const condition = (type: string): Condition | undefined => job.status?.conditions?.find((one) => one.type === type && one.status === 'True');
  // The criteria decide; `Complete` may wait for a pod on a lost node.
  if (condition('SuccessCriteriaMet') ?? condition('Complete')) return succeeded(own);
  const failed = condition('FailureTarget') ?? condition('Failed');
  if (failed?.reason === 'DeadlineExceeded') return { state: 'deadline' };
  // A container that ended is on record before the Job's controller looks at it. One of a pod that is being removed may have ended by that.
  const ended = own.find((pod) => pod.metadata.deletionTimestamp === undefined && pod.status?.phase === 'Succeeded');
  if (ended) return succeeded([ended]);
  if (failed) return lost(own, failed);
  const running = own.find((pod) => pod.metadata.deletionTimestamp === undefined && stateOf(pod)?.running);
  if (running) return { state: 'running', pod: running.metadata.name };
  return { state: 'waiting', ...troubleOf(job, own, events) };
}

function isOf(pod: Pod, job: Job): boolean {
  return pod.metadata.ownerReferences?.some(({ uid }) => uid === job.metadata.uid) ?? false;
}

function stateOf(pod: Pod) {
  return pod.status?.containerStatuses?.find(({ name }) => name === CONTAINER)?.state;
}

/** Two copies may have succeeded; what they pushed goes by digest, so the one that ended first will do. */
function succeeded(pods: readonly Pod[]): Outcome {
  const ended = pods
    .flatMap((pod) => {
      const terminated = stateOf(pod)?.terminated;
      return pod.status?.phase === 'Succeeded' && terminated?.exitCode === 0 ? [{ pod, terminated }] : [];
    })
    .sort((a, b) => (a.terminated.finishedAt ?? '').localeCompare(b.terminated.finishedAt ?? '') || a.pod.metadata.name.localeCompare(b.pod.metadata.name));
  const [first] = ended;
  if (!first) return { state: 'lost', why: 'unreported', said: 'the Job succeeded, and none of its pods says how' };
  const report = parseReport(first.terminated.message);
  if (!report) return { state: 'lost', why: 'unreported', said: `the pod ${first.pod.metadata.name} ended without a report` };
  return { state: 'reported', pod: first.pod.metadata.name, report };
}

/** Why a Job failed whose program never fails it: the wrapper ends with 0 whatever the program's code. */
function lost(pods: readonly Pod[], failed: Condition): Outcome {
  for (const pod of pods) {
    const { name } = pod.metadata;
    const terminated = stateOf(pod)?.terminated;
    if (terminated?.reason === 'OOMKilled') return { state: 'oom', pod: name };
    const { reason, message = '' } = pod.status ?? {};
    if (reason === 'Evicted' && OWN_LIMIT.test(message)) return { state: 'storage', said: message.trim() };
    const why = lossOf(pod, terminated);
    if (why) return { state: 'lost', ...why };
  }
  // Pods that somebody deletes are counted as failed once they are gone.
  return { state: 'lost', why: 'deleted', said: failed.message ?? failed.reason ?? 'its pod is gone' };
}

function lossOf(pod: Pod, terminated: ContainerTerminated | undefined): { readonly why: Loss; readonly said: string } | undefined {
  const { status } = pod;
  const disruption = status?.conditions?.find(({ type, status: is }) => type === 'DisruptionTarget' && is === 'True');
  const said = status?.message ?? disruption?.message ?? '';
  if (status?.reason === 'Evicted') return { why: 'evicted', said };
  if (status?.reason === 'NodeLost' || disruption?.reason === 'DeletionByTaintManager' || disruption?.reason === 'DeletionByPodGC') return { why: 'node-lost', said };
  if (disruption?.reason === 'PreemptionByScheduler') return { why: 'preempted', said };
  if (disruption?.reason === 'EvictionByEvictionAPI' || disruption?.reason === 'TerminationByKubelet' || status?.reason === 'Preempting') return { why: 'evicted', said };
  if (pod.metadata.deletionTimestamp !== undefined) return { why: 'deleted', said: `the pod ${pod.metadata.name} was deleted` };
  if (terminated) return { why: 'killed', said: `the container ended with ${terminated.exitCode}${terminated.reason === undefined ? '' : ` (${terminated.reason})`}${terminated.message ? `: ${terminated.message}` : ''}` };
  if (status?.phase === 'Failed') return { why: 'killed', said: said || (status.reason ?? 'the pod failed') };
  return undefined;
}

function troubleOf(job: Job, pods: readonly Pod[], events: readonly KubeEvent[]): { readonly trouble?: Trouble } {
  for (const pod of pods) {
    const waiting = stateOf(pod)?.waiting;
    if (waiting?.reason !== undefined && IMAGE_TROUBLE.has(waiting.reason)) return { trouble: { what: 'image', said: told(pod, events, /Failed|BackOff|InspectFailed/) ?? waiting.message ?? waiting.reason } };
    if (waiting?.reason !== undefined && CONTAINER_TROUBLE.has(waiting.reason)) return { trouble: { what: 'container', said: waiting.message ?? waiting.reason } };
    const scheduled = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled');
    if (scheduled?.status === 'False') return { trouble: { what: 'schedule', said: scheduled.message ?? scheduled.reason ?? 'no node takes it' } };
  }
  if (pods.length > 0) return {};
  const refused = told(job, events, /^FailedCreate$/);
  return refused === undefined ? {} : { trouble: { what: 'quota', said: refused } };
}

/** The longest of the last words about an object: `Back-off pulling image` says less than what came before it. */
function told(object: Job | Pod, events: readonly KubeEvent[], reason: RegExp): string | undefined {
  const about = events.filter(({ involvedObject, reason: why }) => involvedObject.uid === object.metadata.uid && reason.test(why ?? ''));
  return about.map(({ message }) => message ?? '').sort((a, b) => b.length - a.length)[0] || undefined;
}
