import { criticalPaths } from '@crpm/runner/critical-path';
import { schedule, type Queue, type Step } from '@crpm/runner';
import { VirtualClock } from './clock.js';
import { Cluster, type ClusterOptions } from './cluster.js';
import { graphOf, PACKAGES, type Task } from './team.js';

export interface Scenario {
  /** Runs, at so many an hour, as independent people start them. */
  readonly runs: number;
  readonly runsPerHour: number;
  readonly packages: readonly string[];
  readonly streams: readonly string[];
  readonly arches: readonly string[];
  /** Whether what others have built is taken from a shared store. */
  readonly shared: boolean;
  /** Of the packages of a run, how many it changes; the others are as on the main branch. */
  readonly changed: number;
  /** Changes of the main branch an hour, each of one package. */
  readonly mergesPerHour: number;
  readonly cluster: Omit<ClusterOptions, 'random'>;
  /** `--jobs`: nodes of one run at the same time. */
  readonly jobs: number;
}

/** How long a step takes, milliseconds, on one core where it can use more. */
export type Durations = (step: Task['step'], name: string) => number;

export interface Outcome {
  /** Milliseconds from start to end, of each run. */
  readonly times: readonly number[];
  readonly jobs: number;
  readonly builds: number;
  readonly restored: number;
  /** Jobs that went with their node. */
  readonly lost: number;
  readonly failedRuns: number;
  /** Milliseconds that a Job waited for room, on average. */
  readonly queued: number;
  readonly apiCalls: number;
  readonly registryBytes: number;
  /** Of all this, milliseconds of simulated time. */
  readonly span: number;
}

/** What a registry gives one client, bytes a millisecond. */
const RATE = 50_000;
const MB = 1e6;
/** Cores that a Job asks for. */
const CORES: Readonly<Record<Task['step'], number>> = { base: 1, source: 0, buildroot: 1, dist: 2, rpmbuild: 8, createrepo: 0, 'rpm-deps': 0 };
/** Container commands of a step, each a Job: a build root is looked at, made, and looked at again. */
const JOBS: Readonly<Record<Task['step'], number>> = { base: 1, source: 0, buildroot: 3, dist: 1, rpmbuild: 1, createrepo: 0, 'rpm-deps': 0 };
/** Of a run: ConfigMap, Lease, preflight, lists to start the watches with, the deletion. */
const CALLS_OF_RUN = 14;
/** Of a Job that need not wait: created, deleted, read with its pods, its log twice; of what owns it: made, looked at, removed. */
const CALLS_OF_JOB = 8;
/** While a run lasts: the Lease each 15 s, two lists each 30 s; a minute. */
const CALLS_A_MINUTE = 8;
/** A lost node is no fault of the build: it runs again, twice at most. */
const TRIES = 3;

/** Lets runs go through the real scheduler over Jobs in a cluster that is none. The same seed gives the same. */
export async function simulate(scenario: Scenario, durations: Durations, seed = 1): Promise<Outcome> {
  const random = randomFrom(seed);
  const clock = new VirtualClock();
  const cluster = new Cluster(clock, scenario.arches, { ...scenario.cluster, random });
  const store = new Set<string>();
  const heads = new Map(scenario.packages.map((name) => [name, 0]));
  const totals = { builds: 0, restored: 0, failedRuns: 0, apiCalls: 0, registryBytes: 0 };
  const times: number[] = [];
  const { graph, tasks } = graphOf(scenario.packages, scenario.streams, scenario.arches);
  const paths = criticalPaths(graph, (id) => durations(tasks.get(id)!.step, tasks.get(id)!.package ?? '')); // every node has its task

  const oneRun = async (run: number, version: (name: string) => string) => {
    const begun = clock.now;
    const visit = async (task: Task): Promise<Step> => {
      const { step, package: name = '', place = '' } = task;
      const key = `${step} ${name} ${place} ${version(name)} ${(PACKAGES[name]?.needs ?? []).map(version).join(' ')}`;
      const bytes = (PACKAGES[name]?.mb ?? 0) * MB;
      if ((step === 'dist' || step === 'rpmbuild') && scenario.shared && store.has(key)) {
        totals.restored++;
        totals.registryBytes += bytes;
        await clock.sleep(200 + bytes / RATE);
        return 'done';
      }
      for (let job = 0; job < JOBS[step]; job++) {
        for (let tries = 1; !(await cluster.run(task.arch ?? '', CORES[step], durations(step, name) / Math.max(1, CORES[step]))); tries++) if (tries === TRIES) return 'failed';
      }
      if (JOBS[step] === 0) await clock.sleep(durations(step, name));
      if (step === 'rpmbuild' || step === 'dist') {
        totals.builds += step === 'rpmbuild' ? 1 : 0;
        // The sources up, the result up and down again.
        totals.registryBytes += 3 * bytes;
        await clock.sleep(bytes / RATE);
        store.add(key);
      }
      return 'done';
    };
    const states = await schedule({ graph, concurrency: scenario.jobs, queue: boundedQueue(scenario.jobs), keepGoing: false, signal: new AbortController().signal, priority: ({ id }) => paths.get(id) ?? 0, visit: ({ id }) => visit(tasks.get(id)!) }); // every node has its task
    if ([...states.values()].some((state) => state !== 'done')) totals.failedRuns++;
    times[run] = clock.now - begun;
    totals.apiCalls += CALLS_OF_RUN + (CALLS_A_MINUTE * (clock.now - begun)) / 60_000;
  };

  const ends: Promise<void>[] = [];
  const team = async () => {
    let merged = 0;
    for (let run = 0; run < scenario.runs; run++) {
      await clock.sleep((-Math.log(1 - random()) * 3_600_000) / scenario.runsPerHour);
      for (; merged < (clock.now / 3_600_000) * scenario.mergesPerHour; merged++) {
        const name = scenario.packages[Math.floor(random() * scenario.packages.length)]!; // there are some
        heads.set(name, (heads.get(name) ?? 0) + 1);
      }
      const mine = new Set(Array.from({ length: scenario.changed }, () => scenario.packages[Math.floor(random() * scenario.packages.length)]));
      const seen = new Map(heads);
      ends.push(oneRun(run, (name) => (mine.has(name) ? `of run ${run}` : `main ${seen.get(name) ?? 0}`)));
    }
    await Promise.all(ends);
  };
  await clock.drive(team());
  return { times, jobs: cluster.jobs, lost: cluster.lost, queued: cluster.queued / Math.max(1, cluster.jobs), ...totals, apiCalls: Math.round(totals.apiCalls + CALLS_OF_JOB * cluster.jobs), span: clock.now };
}

/** As p-queue does it, which is loaded when somebody needs it: that takes real time. */
function boundedQueue(concurrency: number): Queue {
  const waiting: { readonly task: () => Promise<void>; readonly priority: number }[] = [];
  let active = 0;
  const next = () => {
    for (; active < concurrency; active++) {
      const best = waiting.reduce((found, { priority }, index) => (found < 0 || priority > waiting[found]!.priority ? index : found), -1); // an index of it
      const [one] = best < 0 ? [] : waiting.splice(best, 1);
      if (!one) return;
      void one.task().then(() => {
        active--;
        next();
      });
    }
  };
  return {
    add: (task, { priority }) => {
      waiting.push({ task, priority });
      next();
    },
  };
}

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
