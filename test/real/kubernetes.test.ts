import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Event } from '@crpm/core';
import type { Job } from '@crpm/engines/kubernetes/objects';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { endedAs } from '../support/kill.js';
import { startCluster } from '../support/kubernetes/cluster.js';
import { jobsIn, leftInCluster, nodeOf, pushBase } from '../support/kubernetes/objects.js';
import { CliRig } from '../integration/cli-rig.js';

const REPOSITORY = join(import.meta.dirname, '..', '..');
const cluster = await startCluster();
if ('skipped' in cluster) console.warn(`SKIPPED: the command line with a cluster: ${cluster.skipped}`);

describe.skipIf('skipped' in cluster)('the quickstart in a cluster', () => {
  if ('skipped' in cluster) return;
  let rig: CliRig;
  const crpm = (argv: readonly string[], env: NodeJS.ProcessEnv = {}) => rig.crpm(argv, { env: { KUBECONFIG: cluster.kubeconfig, ...env } });
  const config = (engine: string) => `basesystem: mine
basesystems: { mine: { image: "${cluster.registry}/base:test", dist: .el9, stream: 9 } }
kubevirt: { dir: examples/quickstart/kubevirt }
${engine}
sources:
  qemu: { dir: examples/quickstart/qemu, spec: { dir: examples/quickstart/qemu-kvm } }
  libvirt: { dir: examples/quickstart/libvirt }
`;
  const WORKING = `engine: { kind: kubernetes, registry: "http://${cluster.registry}/crpm" }`;

  beforeAll(async () => {
    await pushBase(cluster);
    rig = new CliRig();
    cpSync(join(REPOSITORY, 'examples'), join(rig.work, 'examples'), { recursive: true, filter: (path) => !path.endsWith('/.crpm') });
    rig.write({ 'custom-rpms.config.yaml': config(WORKING) });
  });
  afterAll(async () => {
    await rig.crpm(['serve', '--stop']);
    rig.remove();
    await cluster.stop();
  });

  test('goes from trees to proof by Jobs; dev builds are clean ones, and say so; the next run asks nobody', async () => {
    const first = await crpm(['run']);
    expect([first.code, first.err]).toEqual([0, '']);
    expect(first.out).toMatch(/^verify +ran/m);
    expect(first.out).toContain('the engine keeps no build trees: engine.storageClass is not set');
    // All of the run goes with it.
    await expect.poll(() => leftInCluster(cluster), { timeout: 60_000 }).toEqual([]);
    const second = await crpm(['run'], { KUBECONFIG: '/nonexistent' });
    expect([second.code, second.err]).toEqual([0, '']);
    expect(second.out).toMatch(/^\d+ nodes: \d+ fresh/m);
    expect((await crpm(['logs', 'qemu.rpmbuild'])).out).toContain('rpmbuild');
  });

  test('doctor looks at cluster, rights, registry and storage', async () => {
    const well = await crpm(['doctor', '--json']);
    const { findings } = JSON.parse(well.out) as { findings: { what: string; state: string; detail: string }[] };
    expect(Object.fromEntries(findings.map(({ what, state }) => [what, state]))).toMatchObject({ cluster: 'ok', rights: 'ok', registry: 'ok', storage: 'warning', network: 'warning' });
    const nobody = await crpm(['doctor'], { KUBECONFIG: await cluster.somebody('nobody') });
    expect(nobody.code).toBe(3);
    expect(nobody.out).toContain('kind: Role');
  });

  test.each([
    ['no kubeconfig', WORKING, '/nonexistent/kubeconfig', /there is no kubeconfig: \/nonexistent\/kubeconfig/],
    ['a kubeconfig that is none', WORKING, 'broken', /can’t be read|has no current context/],
    ['an unknown context', WORKING.replace('kind:', 'context: other, kind:'), undefined, /has no context other[^]*Set engine\.context to one of: test/],
    ['a token that nobody takes', WORKING, 'expired', /does not accept these credentials[^]*Log in again/],
    ['an API server that is down', WORKING, 'down', /can’t be reached: nothing listens there/],
    ['no registry', 'engine: kubernetes', undefined, /has no registry[^]*Set engine\.registry/],
    ['a registry that is down', `engine: { kind: kubernetes, registry: "http://127.0.0.1:1/crpm" }`, undefined, /127\.0\.0\.1:1[^]*refused/],
  ])('ends with 3 and what to do: %s', async (_what, engine, kubeconfig, said) => {
    const file = join(rig.root, 'kubeconfig');
    const whole = JSON.parse(readFileSync(cluster.kubeconfig, 'utf8')) as { users: { user: unknown }[]; clusters: { cluster: { server: string } }[] };
    if (kubeconfig === 'expired') whole.users[0]!.user = { token: 'expired' };
    if (kubeconfig === 'down') whole.clusters[0]!.cluster.server = 'https://127.0.0.1:1';
    writeFileSync(file, kubeconfig === 'broken' ? '{ clusters: [' : JSON.stringify(whole));
    rig.write({ 'custom-rpms.config.yaml': config(engine) });
    try {
      const run = await crpm(['run', '--force', 'base'], { KUBECONFIG: kubeconfig?.startsWith('/') ? kubeconfig : file });
      expect(run.code).toBe(3);
      expect(`${run.out}\n${run.err}`).toMatch(said);
    } finally {
      rig.write({ 'custom-rpms.config.yaml': config(WORKING) });
    }
  });

  test('is killed in a build, and the next run takes the Job up', async () => {
    // Long enough for a kill and a new start, in a build that the spec itself describes.
    const spec = join(rig.work, 'examples/quickstart/qemu-kvm/qemu-kvm.spec');
    writeFileSync(spec, readFileSync(spec, 'utf8').replace('%build\n', '%build\necho crpm-slow; sleep 25\n'));
    const argv = ['run', 'qemu.rpmbuild', '--profile', 'full', '--jobs', '1'];
    const child = rig.start([...argv, '--json'], { env: { KUBECONFIG: cluster.kubeconfig } });
    for await (const line of createInterface({ input: child.stdout })) if (line.includes('crpm-slow"')) child.kill('SIGKILL');
    await child;
    const build = (await jobsIn(cluster)).filter((job) => nodeOf(job) === 'qemu.rpmbuild');
    expect(build.length).toBe(1);
    const events: Event[] = [];
    const again = rig.start([...argv, '--json'], { env: { KUBECONFIG: cluster.kubeconfig } });
    let during: readonly Job[] = [];
    for await (const line of createInterface({ input: again.stdout })) {
      events.push(JSON.parse(line) as Event);
      if (line.includes('crpm-slow"')) during = await jobsIn(cluster);
    }
    expect((await again).exitCode).toBe(0);
    expect(during.filter((job) => nodeOf(job) === 'qemu.rpmbuild').map(({ metadata }) => metadata.uid)).toEqual(build.map(({ metadata }) => metadata.uid));
    expect(endedAs(events, 'ran')).toEqual(['qemu.rpmbuild']);
    expect((await crpm(['clean', '--orphans'])).code).toBe(0);
    expect((await jobsIn(cluster)).length).toBe(0);
  });
});
