import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { tinySpec } from '../test/integration/bad-input-rig.js';
import { startCluster, type TestCluster } from '../test/support/kubernetes/cluster.js';
import { jobsMadeDuring, nodeOf, pushBase } from '../test/support/kubernetes/objects.js';
import type { Bench, Row } from './support/bench.js';
import { countCalls } from './support/counted-cluster.js';
import { CRPM, ownEnvironment } from './support/crpm.js';
import { PeakMemory } from './support/peak-memory.js';

/** Six Jobs each, one for the base image and one for the repodata: 200. */
const PACKAGES = 33;
const AT_ONCE = 20;

/** A run of the command line with about 200 Jobs, on a cluster of one node that the bench starts: what crpm's own process takes, and what it asks of the cluster. */
export const clusterLoad: Bench = {
  name: 'cluster-load',
  title: `a run of ${String(PACKAGES)} packages in a cluster of one node, ${String(AT_ONCE)} at a time: memory of crpm, calls to the API`,
  slow: true,
  async run() {
    const cluster = await startCluster();
    if ('skipped' in cluster) throw new Error(`this bench needs a cluster: ${cluster.skipped}`);
    const folder = mkdtempSync(join(tmpdir(), 'crpm-bench-load-'));
    try {
      return await measure(cluster, folder);
    } finally {
      rmSync(folder, { recursive: true, force: true });
      await cluster.stop();
    }
  },
};

async function measure(cluster: TestCluster, folder: string): Promise<readonly Row[]> {
  const image = await pushBase(cluster);
  const work = join(folder, 'work');
  writeWorkspace(work, image, cluster);
  const counted = await countCalls(cluster);
  const peak = new PeakMemory(folder);
  try {
    const begun = performance.now();
    const env = { ...ownEnvironment(folder), ...peak.env, KUBECONFIG: counted.kubeconfig };
    const { made } = await jobsMadeDuring(cluster, () => execa(process.execPath, [CRPM, 'run', 'createrepo', '--profile', 'full', '--jobs', String(AT_ONCE), '--reporter', 'plain'], { cwd: work, env, extendEnv: false, stdin: 'ignore' }));
    const seconds = (performance.now() - begun) / 1000;
    const all = [...counted.calls.values()].reduce((sum, count) => sum + count, 0);
    const verbs = listed(counted.calls);
    const what = `${String(made.length)} Jobs, ${String(AT_ONCE)} at a time`;
    return [
      { what: `most memory of crpm, ${what}`, value: peak.megabytes, unit: 'MB', detail: `VmHWM of one run; Jobs: ${listed(countBy(made.map((job) => nodeOf(job).split('.').at(-1) ?? '')))}` },
      { what: `a run, ${what}`, value: seconds, unit: 's', detail: `${(all / made.length).toFixed(1)} calls to the API a Job, ${String(all)} in all: ${verbs}` },
    ];
  } finally {
    counted.close();
  }
}

function countBy(words: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

function listed(counts: ReadonlyMap<string, number>): string {
  return [...counts].sort(([, a], [, b]) => b - a).map(([what, count]) => `${what} ${String(count)}`).join(', ');
}

function writeWorkspace(work: string, image: string, cluster: TestCluster): void {
  const names = Array.from({ length: PACKAGES }, (_, index) => `tiny${String(index)}`);
  for (const name of names) {
    for (const part of ['tree', 'dist-git']) mkdirSync(join(work, name, part), { recursive: true });
    writeFileSync(join(work, name, 'tree/text'), `a text of ${name}\n`);
    writeFileSync(join(work, name, `dist-git/${name}.spec`), tinySpec({ name }).replaceAll('/usr/share/tiny', `/usr/share/${name}`));
  }
  writeFileSync(
    join(work, 'custom-rpms.config.json'),
    JSON.stringify({
      basesystem: 'mine',
      basesystems: { mine: { image, dist: '.el9', stream: 9 } },
      kubevirt: false,
      engine: { kind: 'kubernetes', registry: `http://${cluster.registry}/crpm` },
      sources: Object.fromEntries(names.map((name) => [name, { dir: `${name}/tree`, spec: { dir: `${name}/dist-git` } }])),
    }),
  );
}
