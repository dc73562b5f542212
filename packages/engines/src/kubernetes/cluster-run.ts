import type { Labels } from '@crpm/core';
import type { KubeApi } from './api.js';
import { Mirror } from './mirror.js';
import { selectorOf } from './names.js';
import type { Job, Pod } from './objects.js';
import { RunOwner } from './run-owner.js';

/** What an engine keeps of one run while it goes on: its owner in the cluster, and its Jobs and pods as the cluster has them. */
export class ClusterRun {
  readonly jobs: Mirror<'jobs'>;
  readonly pods: Mirror<'pods'>;
  private waiting = new Set<() => void>();

  private constructor(
    api: KubeApi,
    readonly owner: RunOwner,
    readonly labels: Labels,
    selector: string,
  ) {
    const changed = (): void => {
      const all = this.waiting;
      this.waiting = new Set();
      for (const wake of all) wake();
    };
    this.jobs = new Mirror(api, 'jobs', selector, changed);
    this.pods = new Mirror(api, 'pods', selector, changed);
  }

  static async open(api: KubeApi, labels: Labels, data: Readonly<Record<string, string>> = {}): Promise<ClusterRun> {
    const owner = await RunOwner.open(api, labels, data);
    // Of the workspace, not of the run alone: a Job that is adopted has the labels of the run that made it.
    return new ClusterRun(api, owner, labels, selectorOf('job', { workspace: labels.workspace }));
  }

  /** A Job and its pods as last heard of. */
  look(job: string, jobLabel: string): { readonly job: Job | undefined; readonly pods: readonly Pod[] } {
    return { job: this.jobs.get(job), pods: [...this.pods.values()].filter(({ metadata }) => metadata.labels?.[jobLabel] === job) };
  }

  /** Why nothing more is to be heard, if so. */
  get failure(): unknown {
    return this.jobs.failure ?? this.pods.failure;
  }

  /** Until something changed or the time is over. */
  async changed(milliseconds: number, signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        this.waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      if (signal.aborted) return done();
      signal.addEventListener('abort', done, { once: true });
      this.waiting.add(done);
    });
  }

  async close(): Promise<void> {
    await Promise.all([this.jobs.stop(), this.pods.stop()]);
    await this.owner.close();
  }
}
