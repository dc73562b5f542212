import type { Job } from '@crpm/engines/kubernetes/objects';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { leftIn, publishedRpms, stateOf, tinyProject, tinySpec } from '../integration/bad-input-rig.js';
import { CliRig } from '../integration/cli-rig.js';
import { each, endedAs, runUntil, spread, temporariesIn } from '../support/kill.js';
import { startCluster } from '../support/kubernetes/cluster.js';
import { jobsIn, jobsMadeDuring, leftInCluster, nodeOf, pushBase, workspaceOf } from '../support/kubernetes/objects.js';

/*
 * As test/integration/faults-kill.test.ts does on other engines: a run is killed right after an event that it told of, at points spread from its first to its last; at every other one a moment later, when
 * the event's Job is there. The cluster goes on meanwhile.
 */

const POINTS = Number(process.env['CRPM_KILL_POINTS'] ?? '5');
const LATER = 2_000;
const RUN = ['run', 'createrepo', '--profile', 'full'];

const cluster = await startCluster();
if ('skipped' in cluster) console.warn(`SKIPPED: killing runs that build in a cluster: ${cluster.skipped}`);

describe.skipIf('skipped' in cluster)('a run in a cluster', () => {
  if ('skipped' in cluster) return;
  const env = { KUBECONFIG: cluster.kubeconfig };
  const rigs: CliRig[] = [];
  let files: Readonly<Record<string, string>>;

  beforeAll(async () => {
    files = tinyProject(tinySpec({ build: 'echo building; sleep 2' }), await pushBase(cluster));
  });
  afterAll(async () => {
    for (const rig of rigs) rig.remove();
    await cluster.stop();
  });
  const newRig = (): CliRig => {
    const rig = new CliRig();
    rigs.push(rig);
    rig.write(files);
    rig.write({ 'custom-rpms.config.yaml': `${files['custom-rpms.config.yaml'] ?? ''}engine: { kind: kubernetes, registry: "http://${cluster.registry}/crpm" }\n` });
    return rig;
  };

  test(`killed at any of ${String(POINTS)} points: the next one goes on where it was, takes up what still runs, and nothing is left over`, async () => {
    const first = newRig();
    const { events, code, err } = await runUntil(first, RUN, env);
    expect([code, err]).toEqual([0, '']);
    const whole = { nodes: endedAs(events, 'ran'), count: events.length, rpm: publishedRpms(first) };
    const taken: string[] = [];

    await each([...spread(POINTS, whole.count).entries()], 3, async ([index, point]) => {
      const rig = newRig();
      const killed = await runUntil(rig, RUN, env, point, index % 2 === 0 ? 0 : LATER);
      const finished = endedAs(killed.events, 'ran');
      const about = (what: unknown) => [`killed after event ${String(point)} of ${String(whole.count)}`, what];
      const mine = (jobs: readonly Job[]) => jobs.filter((job) => workspaceOf(job).startsWith(`${stateOf(rig).id}.`) && !finished.includes(nodeOf(job)));
      const goingOn = mine(await jobsIn(cluster)).filter(({ metadata }) => metadata.deletionTimestamp === undefined);

      const { made, result: next } = await jobsMadeDuring(cluster, () => runUntil(rig, RUN, env));
      expect(about([next.code, next.err])).toEqual(about([0, '']));
      expect(about(endedAs(next.events, 'ran', 'fresh'))).toEqual(about(whole.nodes));
      expect(about(endedAs(next.events, 'ran').filter((node) => finished.includes(node)))).toEqual(about([]));
      expect(about(publishedRpms(rig))).toEqual(about(whole.rpm));
      // A program that the cluster still ran, or had run, was not begun anew by another Job, of whatever attempt.
      const program = ({ metadata: { name } }: Job) => name.slice(0, name.lastIndexOf('-'));
      expect(about(mine(made).filter((job) => goingOn.some((one) => program(one) === program(job))).map(nodeOf))).toEqual(about([]));
      taken.push(...goingOn.map(nodeOf));
      expect(about([...leftIn(rig), ...temporariesIn(rig)])).toEqual(about([]));
    });

    console.info(`killed at ${String(POINTS)} of ${String(whole.count)} events; Jobs that were going on: ${taken.sort().join(', ')}`);
    // A Lease is believed for a minute after its last renewal.
    await expect.poll(async () => {
      for (const rig of rigs) expect((await rig.crpm(['clean', '--orphans'], { env })).code).toBe(0);
      return leftInCluster(cluster);
    }, { timeout: 120_000, interval: 5_000 }).toEqual([]);
  });
});
