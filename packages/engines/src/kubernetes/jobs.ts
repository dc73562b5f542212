import { fail } from '@crpm/core';
import { cancelled } from '../cancelled.js';
import type { KubeApi } from './api.js';
import type { ClusterRun } from './cluster-run.js';
import { follow, JOB, lossFailure, type Followed, type Patience } from './follow.js';
import { jobManifest, SPEC_HASH, specHash, type JobDefaults, type JobPlan } from './job.js';
import { isPassing, isStatus } from './kube-error.js';
import { jobName, ownerOf, shortHash } from './names.js';
import type { Job } from './objects.js';
import type { PodReport } from './report.js';
import { setTimeout as delay } from 'node:timers/promises';
import type { ToldLines } from './told-lines.js';

/** How often in all something is run that the cluster, not the program, ended. */
const ATTEMPTS = 3;
/** Names that are taken by what is being removed, or by another's: so many are passed over. */
const NAMES = 50;

export interface JobsOptions {
  readonly api: KubeApi;
  readonly defaults: JobDefaults;
  readonly patience?: Patience | undefined;
}

export interface JobRequest {
  readonly run: ClusterRun;
  /** Without name and attempt. */
  readonly plan: Omit<JobPlan, 'name'>;
  /** What, besides the plan, makes this Job another than the next: whose it is, and which in its row. */
  readonly place: readonly string[];
  /** For messages. */
  readonly what: string;
  readonly signal: AbortSignal;
  readonly line: (text: string) => void;
}

/** How a program ended in the cluster. */
export interface JobEnd {
  readonly job: string;
  readonly report: Extract<PodReport, { readonly kind: 'ran' }> | { readonly kind: 'oom' };
  readonly told: ToldLines;
}

/**
 * Runs one program as a Job, and again where the cluster lost it. The Job stays until its owner or {@link Jobs.remove} removes it.
 * @throws FailureError `environment`, `cancelled`.
 */
export class Jobs {
  constructor(private readonly options: JobsOptions) {}

  async run(request: JobRequest): Promise<JobEnd> {
    const { what } = request;
    let number = 0;
    for (let attempt = 1; ; attempt++) {
      const { followed, job, next } = await this.once(request, number);
      number = next;
      const { outcome, told } = followed;
      switch (outcome.state) {
        case 'oom':
          return { job, report: { kind: 'oom' }, told };
        case 'reported':
          if (outcome.report.kind === 'ran') return { job, report: outcome.report, told };
          if (outcome.report.kind === 'absent') absent(request);
          if (attempt >= ATTEMPTS || !/^push/.test(outcome.report.what)) trouble(outcome.report, what);
          request.line(`crpm: ${outcome.report.what} failed in the pod (${outcome.report.said}); once more`);
          break;
        case 'lost':
          if (attempt >= ATTEMPTS) throw lossFailure(outcome, what, this.options.defaults.deadline);
          request.line(`crpm: the cluster lost the pod (${outcome.why}: ${outcome.said}); once more`);
          break;
        case 'deadline':
        case 'storage':
        case 'gone':
          throw lossFailure(outcome, what, this.options.defaults.deadline);
      }
      await this.remove(job);
    }
  }

  /** A Job with its pods; gone already is fine. */
  async remove(name: string): Promise<void> {
    await this.options.api.delete('jobs', name);
  }

  private async once(request: JobRequest, from: number): Promise<{ readonly followed: Followed; readonly job: string; readonly next: number }> {
    const { api, patience } = this.options;
    const { run, what, signal, line } = request;
    const { job, number } = await this.start(request, from);
    const { name, uid = '' } = job.metadata;
    try {
      const followed = await follow({ api, run, job: name, uid, what, signal, line, ...(patience ? { patience } : {}) });
      return { followed, job: name, next: number + 1 };
    } catch (error) {
      // The program may still run, and must not when this has failed. The caller's owner is the last word.
      await this.remove(name).catch(() => undefined);
      throw error;
    }
  }

  /** Creates the Job; one that is there already and does the very same is taken for it, whoever made it. */
  private async start({ plan, place, what, signal }: JobRequest, from: number): Promise<{ readonly job: Job; readonly number: number }> {
    const { api, defaults } = this.options;
    const hash = specHash(plan);
    const fingerprint = shortHash(JSON.stringify([...place, hash]), 24);
    const since = Date.now();
    for (let number = from; number < from + NAMES; ) {
      if (signal.aborted) throw cancelled(what);
      const name = jobName(fingerprint, number);
      const manifest = jobManifest({ ...plan, name, labels: { ...plan.labels, [JOB]: name }, annotations: { ...plan.annotations, [SPEC_HASH]: hash } }, defaults);
      try {
        return { job: await api.create('jobs', manifest), number };
      } catch (error) {
        if (isPassing(error) && Date.now() - since < 60_000) {
          // It may have been created all the same; then it answers with 409.
          await delay(1_000, undefined, { signal }).catch(() => undefined);
          continue;
        }
        if (!isStatus(error, 409)) throw error;
      }
      const known = await api.get('jobs', name);
      if (known && isSame(known, hash)) return { job: known, number };
      number++;
    }
    fail({ class: 'environment', message: `the namespace ${api.namespace} has other Jobs under all the names of the one that ${what} needs`, next: 'See whose they are (kubectl get jobs), and remove them.' });
  }
}

function isSame({ metadata, status }: Job, hash: string): boolean {
  const failed = status?.conditions?.some(({ type, status: is }) => (type === 'Failed' || type === 'FailureTarget') && is === 'True') ?? false;
  return metadata.deletionTimestamp === undefined && !failed && ownerOf(metadata) !== undefined && metadata.annotations?.[SPEC_HASH] === hash;
}

function absent({ what, plan }: JobRequest): never {
  fail({ class: 'environment', message: `${what.split(' ')[0]} can’t be started in the image ${plan.image}: it is not there`, next: 'Add the package that has it to the basesystem’s packages.' });
}

function trouble({ what: step, said }: Extract<PodReport, { readonly kind: 'trouble' }>, what: string): never {
  const next = step.startsWith('push') ? 'See whether pods reach the registry, and may push to it: crpm doctor --engine kubernetes.' : step.startsWith('the image has no') ? 'The image must have tar, sha256sum, curl, find and gzip: add them to it.' : 'Run again; if it stays so, look at the disk of the cluster’s nodes.';
  fail({ class: 'environment', message: `around ${what} in the cluster this failed: ${step}${said === '' ? '' : ` (${said.trim()})`}`, next });
}
