import { setTimeout as delay } from 'node:timers/promises';
import { fail, FailureError } from '@crpm/core';
import { cancelled } from '../cancelled.js';
import type { KubeApi } from './api.js';
import type { ClusterRun } from './cluster-run.js';
import { isPassing } from './kube-error.js';
import { LiveLog } from './live-log.js';
import { OUTAGE } from './mirror.js';
import { judge, type Outcome, type Trouble } from './outcome.js';
import type { KubeEvent } from './objects.js';
import { ToldLines } from './told-lines.js';

/** Label of a Job's pods with the Job's name. */
export const JOB = 'dev.crpm/job';

/** How long each trouble may last, in milliseconds, before it is a failure: nothing in Kubernetes ends it. */
export type Patience = Readonly<Record<Trouble['what'], number>>;
export const PATIENCE: Patience = { image: 120_000, container: 60_000, quota: 120_000, schedule: 600_000 };

/** How often a waiting Job's events are asked for, in milliseconds. */
const GLANCE = 10_000;
/** For the last lines of a container whose whole log nobody pushed, in milliseconds. */
const LAST_WORDS = 2_000;

export interface Following {
  readonly api: KubeApi;
  readonly run: ClusterRun;
  readonly job: string;
  readonly uid: string;
  /** For messages. */
  readonly what: string;
  readonly signal: AbortSignal;
  readonly line: (text: string) => void;
  readonly patience?: Patience;
}

/** How a Job ended, and what was told of its output until then. */
export interface Followed {
  readonly outcome: Exclude<Outcome, { readonly state: 'waiting' | 'running' }>;
  readonly told: ToldLines;
}

/**
 * Sees a Job to its end. Its record in the cluster decides, read anew once it seems to have ended; what a stream says or leaves unsaid does not.
 * @throws FailureError `cancelled`; `environment` when the cluster is away for too long or refuses, or when the Job can't begin.
 */
export async function follow({ api, run, job, uid, what, signal, line, patience = PATIENCE }: Following): Promise<Followed> {
  let sinkFailure: unknown;
  const told = new ToldLines((text) => {
    try {
      line(text);
    } catch (error) {
      sinkFailure ??= error;
      throw error;
    }
  });
  const log = new LiveLog((bytes) => told.writeLive(bytes));
  const logging = new AbortController();
  let reading: Promise<void> | undefined;
  const waits = new Waits(what, patience, line);
  let looked = Date.now();
  try {
    for (;;) {
      if (signal.aborted) throw cancelled(what);
      if (sinkFailure !== undefined) throw sinkFailure;
      if (run.failure !== undefined) throw run.failure;
      let outcome = judge(run.jobs.get(job), run.look(job, JOB).pods, []);
      // Events say why it waits, and have the words for what is given up; watches do not bring them.
      const asks = outcome.state === 'waiting' ? Date.now() - looked > GLANCE || waits.left() === 0 : outcome.state !== 'running';
      if (asks) {
        outcome = await recorded(api, job, uid, signal);
        looked = Date.now();
      }
      switch (outcome.state) {
        case 'waiting':
          // Without events a quota is not seen; that it was is no less true for that.
          if (asks || outcome.trouble) waits.see(outcome.trouble, asks);
          break;
        case 'running':
          waits.see(undefined, true);
          reading ??= log.follow(api, outcome.pod, logging.signal);
          break;
        case 'reported':
          return { outcome, told };
        default:
          // The live log is all there is.
          if (reading) await Promise.race([delay(LAST_WORDS), reading]);
          told.endLive();
          return { outcome, told };
      }
      await run.changed(outcome.state === 'waiting' ? Math.min(GLANCE, waits.left() + 1) : 30_000, signal);
    }
  } finally {
    logging.abort();
    await reading?.catch(() => undefined);
  }
}

/** What the cluster has on record now: Job, pods and events, asked for one after the other, so that what ended is seen whole. */
async function recorded(api: KubeApi, name: string, uid: string, signal: AbortSignal): Promise<Outcome> {
  for (let since: number | undefined, pause = 200; ; pause = Math.min(pause * 2, 5_000)) {
    try {
      const job = await api.get('jobs', name);
      if (job?.metadata.uid !== uid) return { state: 'gone' };
      const { items: pods } = await api.list('pods', { labels: `${JOB}=${name}` });
      const first = judge(job, pods, []);
      return first.state === 'waiting' ? judge(job, pods, await eventsOf(api, [uid, ...pods.map(({ metadata }) => metadata.uid ?? '')])) : first;
    } catch (error) {
      since ??= Date.now();
      if (!isPassing(error) || Date.now() - since > OUTAGE) throw error;
      await delay(pause, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) throw cancelled(`asking about ${name}`);
    }
  }
}

async function eventsOf(api: KubeApi, uids: readonly string[]): Promise<readonly KubeEvent[]> {
  const lists = await Promise.all(uids.map((uid) => api.list('events', { fields: `involvedObject.uid=${uid}` })));
  return lists.flatMap(({ items }) => items);
}

/** What a Job waits for: told once, and for so long. */
class Waits {
  private since = 0;
  private trouble: Trouble | undefined;
  private said = '';

  constructor(
    private readonly program: string,
    private readonly patience: Patience,
    private readonly line: (text: string) => void,
  ) {}

  /** `asked`: it is what the cluster has on record, events included; on that alone it is given up. */
  see(trouble: Trouble | undefined, asked: boolean): void {
    if (trouble?.what !== this.trouble?.what) this.since = Date.now();
    this.trouble = trouble;
    if (!trouble) return;
    if (this.said === '') this.line(`crpm: the pod waits: ${(this.said = trouble.said)}`);
    if (asked && this.left() === 0) this.giveUp(trouble);
  }

  /** Milliseconds until what it waits for now has lasted too long. */
  left(): number {
    return this.trouble ? Math.max(0, this.since + this.bound(this.trouble) - Date.now()) : Infinity;
  }

  private bound({ what, said }: Trouble): number {
    // Those that others still use are free some day; the Job's own deadline runs meanwhile.
    return what === 'schedule' && /Insufficient|too many pods/i.test(said) ? Infinity : this.patience[what];
  }

  private giveUp({ what, said }: Trouble): never {
    const seconds = Math.round(this.patience[what] / 1000);
    const next: Record<Trouble['what'], string> = {
      image: nextForImage(said) ?? 'See whether the nodes reach engine.registry and may pull from it (engine.imagePullSecrets; plain http must be allowed in the nodes’ container runtime).',
      container: 'The words are the kubelet’s; correct what they name, then run again.',
      quota: 'Free some of the namespace’s quota or lower engine.resources, then run again; finished work is kept.',
      schedule: 'Correct engine.nodeSelector, engine.tolerations or arch, so that some node takes it (kubectl get nodes --show-labels).',
    };
    fail({ class: 'environment', message: `${this.program} can’t start in the cluster for ${seconds} s: ${said}`, next: next[what] });
  }
}

/** What the node's runtime says of an image that is reached, and is not what it should be. */
function nextForImage(said: string): string | undefined {
  if (/unexpected (?:commit )?(?:digest|size)|failed (?:size|digest) validation|digest mismatch|checksum/i.test(said)) return 'The registry gives other bytes than it was sent: whoever runs it must mend its storage, or name another repository in engine.registry, which begins empty; then run again.';
  if (/: not found/.test(said)) return 'Somebody removed it from the registry: run again, and it is sent anew.';
  return undefined;
}

/** A failure of the same class for what ended without a report, told by what the user can do. */
export function lossFailure(outcome: Extract<Outcome, { readonly state: 'lost' | 'deadline' | 'storage' | 'gone' }>, what: string, deadline: number): FailureError {
  if (outcome.state === 'deadline') return new FailureError({ class: 'environment', message: `${what} took longer than the deadline of ${deadline} s, and the cluster ended it`, next: 'Raise engine.deadline, or give it more cores.' });
  if (outcome.state === 'storage') return new FailureError({ class: 'environment', cause: 'disk', message: `${what} wrote more than its pod may, and the cluster ended it: ${outcome.said}`, next: 'Raise engine.resources.ephemeralStorage.' });
  if (outcome.state === 'gone') return new FailureError({ class: 'environment', message: `somebody removed the Job in which ${what} ran`, next: 'Run again.', transient: true });
  return new FailureError({ class: 'environment', message: `the cluster lost ${what} (${outcome.why}): ${outcome.said}`, next: 'Run again; if it stays so, see kubectl get events.', transient: true });
}
