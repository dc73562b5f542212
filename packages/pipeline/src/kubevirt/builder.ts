import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fail, type NodeReporter, type WorkspacePaths } from '@crpm/core';
import { acquireLock } from '@crpm/state';
import { findCri, type Cri, type Env } from '../serve/cri.js';
import { builderVolume } from './environment.js';
import { endLeftovers } from './leftovers.js';

/** The builder, held by this process. */
export interface Builder {
  /** Gives it back. After a cancelled script, `cancelled` ends what of it still runs in there. */
  release(cancelled?: 'cancelled'): Promise<void>;
}

export interface LockOptions {
  readonly report?: Pick<NodeReporter, 'status' | 'warn'>;
  /** How long to wait for an rsync daemon to end: that of a run of ours that was killed does so by itself, after its next line of output. */
  readonly patienceMs?: number;
}

/** How long ending what was cancelled may take. */
const END_MS = 20_000;
const POLL_MS = 500;

/**
 * Locks the volume of KubeVirt's builder, which all checkouts on an engine share: two `hack/dockerized` at once would mix their trees.
 * KubeVirt itself takes no lock, so a `make` of the user is recognized by its rsync daemon. Fails with class `locked` in both cases.
 */
export async function lockBuilder(workspace: WorkspacePaths, env: Env, signal: AbortSignal, { report, patienceMs = 10_000 }: LockOptions = {}): Promise<Builder> {
  const volume = builderVolume(env);
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(volume)) fail({ class: 'usage', message: `JOB_NAME and EXECUTOR_NUMBER make ${JSON.stringify(volume)}, which is no volume name`, next: 'Unset them, or use letters, digits and . _ - only.' });
  const engine = [env['KUBEVIRT_CRI'], env['DOCKER_HOST'], env['DOCKER_CONTEXT'], env['CONTAINER_HOST']].join('\n');
  const file = join(dirname(workspace.state), 'volumes', `${volume}-${createHash('sha256').update(engine).digest('hex').slice(0, 12)}`);
  const lock = await acquireLock(file, { command: `rpm-deps of ${workspace.id}`, what: `the builder volume ${volume}` });
  try {
    // Best effort: without a container tool there is no daemon either, and `hack/dockerized` says so itself.
    const cri = await findCri(env, signal);
    let other = cri && (await findRsyncDaemon(cri, volume));
    for (const until = performance.now() + patienceMs; cri && other && performance.now() < until; other = await findRsyncDaemon(cri, volume)) {
      report?.status(`waiting for ${other.name} in the builder volume ${volume}`);
      await setTimeout(POLL_MS, undefined, { signal });
    }
    if (other) {
      fail({
        class: 'locked',
        message: `the builder volume ${volume} is in use by the container ${other.name} (${other.id.slice(0, 12)}), an rsync daemon: a make in some KubeVirt tree is running, or one was killed`,
        next: `Wait until it ends. If nothing runs any more: ${other.cri} rm -f ${other.id.slice(0, 12)}. Or set JOB_NAME to use another volume.`,
      });
    }
    const left = cri ? await endLeftovers(cri, volume) : 0;
    if (left > 0) report?.warn(`a killed run's rpm-deps was still going on in ${volume}-bazel-server: ${left} ${left === 1 ? 'process' : 'processes'} ended`);
    return {
      async release(cancelled) {
        try {
          if (cri && cancelled) await endCancelled(env, volume);
        } finally {
          lock.release();
        }
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** The run's own signal is spent by then. */
async function endCancelled(env: Env, volume: string): Promise<void> {
  try {
    const cri = await findCri(env, AbortSignal.timeout(END_MS));
    if (cri) await endLeftovers(cri, volume);
  } catch {
    // The next run does it.
  }
}

async function findRsyncDaemon(cri: Cri, volume: string): Promise<{ cri: string; id: string; name: string } | undefined> {
  const containers = await cri.run(['ps', '--no-trunc', '--filter', `volume=${volume}`, '--format', '{{.ID}}\t{{.Names}}\t{{.Command}}']);
  const line = containers.split('\n').find((text) => /\brsync\b.*--daemon/.test(text));
  const [id, name] = line?.split('\t') ?? [];
  return id === undefined || name === undefined ? undefined : { cri: cri.name, id, name };
}
