import { mkdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import type { Event } from '@crpm/core';
import { bytesBlob, Registry } from '@crpm/oci';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { outcomes, tinyProject, tinySpec } from '../integration/bad-input-rig.js';
import { CliRig, CRPM } from '../integration/cli-rig.js';
import { endedAs } from '../support/kill.js';
import { startCluster } from '../support/kubernetes/cluster.js';
import { pushImage } from '../support/kubernetes/push-image.js';
import { jobsMadeDuring, leftInCluster, nodeOf, pushBase, workspaceOf } from '../support/kubernetes/objects.js';

const cluster = await startCluster();
if ('skipped' in cluster) console.warn(`SKIPPED: several runs in one cluster: ${cluster.skipped}`);

const RUN = ['run', 'createrepo', '--profile', 'full'];

describe.skipIf('skipped' in cluster)('of several runs in one cluster', () => {
  if ('skipped' in cluster) return;
  const env = { KUBECONFIG: cluster.kubeconfig };
  let image = '';
  let rig: CliRig;

  beforeAll(async () => {
    image = await pushBase(cluster);
    rig = new CliRig();
  });
  afterAll(async () => {
    rig.remove();
    await cluster.stop();
  });
  /** A workspace in a folder of the rig. */
  const project = (folder: string, build: string): string => {
    const files = tinyProject(tinySpec({ build }), image);
    const config = `${files['custom-rpms.config.yaml'] ?? ''}engine: { kind: kubernetes, registry: "http://${cluster.registry}/crpm" }\n`;
    rig.write(Object.fromEntries(Object.entries({ ...files, 'custom-rpms.config.yaml': config }).map(([path, text]) => [`${folder}/${path}`, text])));
    return join(rig.work, folder);
  };

  test('two of one workspace: the second ends with 4, or waits, and nothing is built twice', async () => {
    const cwd = project('same', 'echo crpm-builds; sleep 8');
    const { made, result } = await jobsMadeDuring(cluster, async () => {
      const first = rig.start([...RUN, '--json'], { env, cwd });
      let others: Promise<readonly [Awaited<ReturnType<CliRig['crpm']>>, Awaited<ReturnType<CliRig['crpm']>>]> | undefined;
      for await (const line of createInterface({ input: first.stdout })) if (line.includes('crpm-builds"')) others ??= Promise.all([rig.crpm(RUN, { env, cwd }), rig.crpm([...RUN, '--wait'], { env, cwd })]);
      const { exitCode, stderr } = await first;
      expect([exitCode, stderr]).toEqual([0, '']);
      return { pid: first.pid, others: await others };
    });
    const [refused, waited] = result.others!; // the first has built
    expect(refused.code).toBe(4);
    expect(refused.err).toContain(`this workspace is in use by pid ${String(result.pid)} on `);
    expect([waited.code, Object.values(outcomes(waited.out)).filter((outcome) => outcome !== 'fresh')]).toEqual([0, []]);
    expect(made.filter((job) => nodeOf(job) === 'tiny.rpmbuild').length).toBe(1);
    await expect.poll(() => leftInCluster(cluster), { timeout: 60_000 }).toEqual([]);
  });

  test('two of two workspaces with the same sources: both are green, each by Jobs of its own', async () => {
    const folders = ['one', 'two'].map((name) => project(name, 'true'));
    // With a cache of its own each, for else the second may be done with what the first built.
    const { made, result: ended } = await jobsMadeDuring(cluster, () => Promise.all(folders.map((cwd) => rig.crpm([...RUN, '--json'], { env: { ...env, XDG_CACHE_HOME: join(cwd, '../cache', basename(cwd)) }, cwd }))));
    for (const { code, err } of ended) expect([code, err]).toEqual([0, '']);
    for (const { out } of ended) expect(endedAs(eventsOf(out), 'ran')).toContain('tiny.rpmbuild');
    const builds = made.filter((job) => nodeOf(job) === 'tiny.rpmbuild');
    expect([builds.length, new Set(builds.map(workspaceOf)).size]).toEqual([2, 2]);
    await expect.poll(() => leftInCluster(cluster), { timeout: 60_000 }).toEqual([]);
  });

  test('two of one folder’s path on two machines, as CI has them: both are green, and neither touches what is the other’s', async () => {
    const place = join(rig.root, 'builds');
    mkdirSync(place);
    const folders = ['machine-1', 'machine-2'].map((name) => project(name, 'true'));
    const start = (folder: string, argv: readonly string[]) => {
      const own = { XDG_STATE_HOME: join(folder, '../state', basename(folder)), XDG_CACHE_HOME: join(folder, '../cache', basename(folder)) };
      return execa('unshare', ['--mount', 'sh', '-ec', 'mount --bind "$1" "$2"; cd "$2"; shift 2; exec "$@"', 'sh', folder, place, process.execPath, CRPM, ...argv], { env: { ...rig.env, ...env, ...own }, extendEnv: false, reject: false, stdin: 'ignore' });
    };
    const { made, result: ended } = await jobsMadeDuring(cluster, () => Promise.all(folders.map((folder) => start(folder, [...RUN, '--json']))));
    for (const { exitCode, stdout, stderr } of ended) expect([exitCode, stderr, endedAs(eventsOf(stdout), 'ran').includes('tiny.rpmbuild')]).toEqual([0, '', true]);
    expect(made.filter((job) => nodeOf(job) === 'tiny.rpmbuild').length).toBe(2);

    // The second builds for as long as the first has not cleaned.
    project('machine-2', `echo crpm-waits; until curl --silent --fail http://${cluster.registry}/v2/go/tags/list > /dev/null; do sleep 0.2; done`);
    const [one = '', two = ''] = folders;
    const cleanAndGoOn = async (): Promise<number | undefined> => {
      const { exitCode } = await start(one, ['clean', '--orphans']);
      const registry = new Registry(cluster.registry, { insecure: true });
      await pushImage(registry.repository('go'), 'on', bytesBlob(Buffer.alloc(1024)));
      registry.close();
      return exitCode;
    };
    const { made: after, result } = await jobsMadeDuring(cluster, async () => {
      const builds = start(two, [...RUN, '--json']);
      let cleaned: Promise<number | undefined> | undefined;
      for await (const line of createInterface({ input: builds.stdout })) if (line.includes('crpm-waits"')) cleaned ??= cleanAndGoOn();
      const { exitCode, stderr } = await builds;
      return [await cleaned, exitCode, stderr];
    });
    expect(result).toEqual([0, 0, '']);
    // A Job that was taken away would have been made again.
    expect(after.filter((job) => nodeOf(job) === 'tiny.rpmbuild').length).toBe(1);
    await expect.poll(() => leftInCluster(cluster), { timeout: 60_000 }).toEqual([]);
  });
});

function eventsOf(ndjson: string): readonly Event[] {
  return ndjson.split('\n').filter(Boolean).map((line) => JSON.parse(line) as Event);
}
