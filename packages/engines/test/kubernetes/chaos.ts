import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { extractTar, packFiles } from '@crpm/archive';
import type { Engine, Exit, KubernetesConfig, Work } from '@crpm/core';
import type { Patience } from '@crpm/engines/kubernetes/follow';
import { execa } from 'execa';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { failureOf } from '../../../../test/support/failure.js';
import type { TestCluster } from '../../../../test/support/kubernetes/cluster.js';
import { roleIn } from './behaviour.js';

export interface ChaosRig {
  readonly cluster: TestCluster;
  readonly open: (more?: KubernetesConfig, env?: NodeJS.ProcessEnv, patience?: Patience) => Promise<Engine>;
  readonly reference: string;
}

interface PodSeen {
  readonly metadata: { readonly name: string; readonly uid: string };
  readonly status: { readonly containerStatuses?: readonly { readonly containerID?: string }[] };
}

const never = new AbortController().signal;

/** Each fault is made for real, shown to have happened by the cluster itself, and ends in what the program did or in a failure that says what to do: never in a wrong success. */
export function chaos({ cluster, open, reference }: ChaosRig): void {
  describe('when things go wrong in the cluster', () => {
    const labels = { workspace: `chaos-${process.pid}`, run: 'run1', node: 'qemu.rpmbuild' };
    const engines: Engine[] = [];
    let image: string;
    let scratch: string;

    const openEngine = async (...given: Parameters<typeof open>): Promise<Engine> => {
      const engine = await open(...given);
      engines.push(engine);
      return engine;
    };
    const workOf = (engine: Engine): Promise<Work> => engine.openWork({ image, arch: engine.arch, labels, signal: never });
    const pods = async (): Promise<readonly PodSeen[]> => (await cluster.call<{ items: PodSeen[] }>('GET', `/api/v1/namespaces/default/pods?labelSelector=${encodeURIComponent(`dev.crpm/workspace=${labels.workspace}`)}`)).items;

    /** A program that says so when it runs, goes on when it is told to, then writes a file and ends with 3. */
    interface Told { readonly lines: string[]; readonly started: Promise<void>; readonly ended: Promise<Exit>; goOn(): Promise<void> }
    const runTold = (work: Work, keep?: readonly string[]): Told => {
      const lines: string[] = [];
      let started!: () => void;
      const begun = new Promise<void>((resolve) => (started = resolve));
      const argv = ['sh', '-c', 'echo begun; n=0; until [ -e /tmp/go ]; do n=$((n+1)); echo "line $n"; sleep 0.5; done; echo made > made; echo last; exit 3'];
      const ended = work.run({ argv, ...(keep ? { keep } : {}), signal: never, line: (text) => { lines.push(text); if (text === 'begun') started(); } });
      ended.catch(() => undefined);
      return { lines, started: Promise.race([begun, ended.then(() => undefined)]), ended, goOn: async () => { await inPod('touch /tmp/go'); } };
    };
    const container = async (): Promise<string> => {
      const [pod] = await pods();
      return pod?.status.containerStatuses?.[0]?.containerID?.replace('containerd://', '') ?? expect.fail('no container');
    };
    const ctr = async (...argv: string[]) => (await execa('ctr', ['-a', join(cluster.layout.dir, 'containerd.sock'), '-n', 'k8s.io', ...argv])).stdout;
    const inPod = async (script: string): Promise<void> => { await ctr('tasks', 'exec', '--exec-id', `e${Date.now()}`, await container(), 'sh', '-c', script); };
    /** Every line once and in order, as far as a program that counts tells it. */
    const wholeOutput = (lines: readonly string[]) => {
      expect(lines[0]).toBe('begun');
      expect(lines.at(-1)).toBe('last');
      expect(lines.slice(1, -1)).toEqual(lines.slice(1, -1).map((_, i) => `line ${i + 1}`));
      expect(lines.length).toBeGreaterThan(2);
    };
    const healthy = async (engine: Engine) => {
      const work = await workOf(engine);
      expect(await work.run({ argv: ['true'], signal: never, line: () => {} })).toEqual({ code: 0, oom: false });
      await work.close();
    };

    beforeAll(async () => {
      scratch = mkdtempSync(join(tmpdir(), 'crpm-chaos-'));
      const engine = await open();
      image = (await engine.prepareImage({ kind: 'image', reference, pull: false }, { labels, arch: engine.arch, signal: never, line: () => {} })).id;
      await engine.close();
      return () => rmSync(scratch, { recursive: true, force: true });
    });
    // What a test before left goes in its own time.
    beforeEach(() => expect.poll(pods, { timeout: 120_000, interval: 500 }).toEqual([]));
    afterEach(async () => {
      for (const engine of engines.splice(0)) await engine.close();
    });

    it('the API server is killed in mid-watch and mid-log, and comes back', async () => {
      const told = runTold(await workOf(await openEngine()));
      await told.started;
      const { pid } = cluster.parts.apiserver;
      await cluster.parts.apiserver.kill();
      expect(existsSync(`/proc/${pid}`)).toBe(false);
      await expect(cluster.call('GET', '/version')).rejects.toThrow('ECONNREFUSED');
      const [before] = [told.lines.length];
      await inContainer(cluster, 'touch /tmp/go');
      cluster.parts.apiserver.start();
      expect(cluster.parts.apiserver.pid).not.toBe(pid);
      expect(await told.ended).toEqual({ code: 3, oom: false });
      wholeOutput(told.lines);
      expect(told.lines.length).toBeGreaterThanOrEqual(before);
    });

    it('the kubelet is killed while a program runs and ends, and comes back: no second pod', async () => {
      const engine = await openEngine();
      const work = await workOf(engine);
      const told = runTold(work);
      await told.started;
      const [pod] = await pods();
      await cluster.parts.kubelet.kill();
      await expect(cluster.call('GET', `/api/v1/namespaces/default/pods/${pod!.metadata.name}/log`)).rejects.toThrow(/refused/);
      await inContainer(cluster, 'touch /tmp/go');
      cluster.parts.kubelet.start();
      expect(await told.ended).toEqual({ code: 3, oom: false });
      wholeOutput(told.lines);
      expect((await pods()).map(({ metadata }) => metadata.uid)).toEqual([pod!.metadata.uid]);
    });

    it.each([
      ['deleted', async (pod: PodSeen) => { await cluster.call('DELETE', `/api/v1/namespaces/default/pods/${pod.metadata.name}`); }, /deleted|killed/],
      ['evicted', async (pod: PodSeen) => { await cluster.call('POST', `/api/v1/namespaces/default/pods/${pod.metadata.name}/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: pod.metadata.name } }); }, /evicted|deleted/],
      ['killed', async () => { await ctr('tasks', 'kill', '--signal', 'SIGKILL', await container()); }, /killed/],
    ])('the pod is %s: the program runs once more, and its end is that of the second', async (_what, fault, why) => {
      const work = await workOf(await openEngine());
      const told = runTold(work);
      await told.started;
      const [pod] = await pods();
      await fault(pod!);
      await expect.poll(async () => (await pods()).filter(({ metadata, status }) => metadata.uid !== pod!.metadata.uid && status.containerStatuses?.[0]?.containerID).length, { timeout: 60_000 }).toBe(1);
      expect(told.lines.find((line) => line.startsWith('crpm: '))).toMatch(why);
      await expect.poll(async () => {
        const second = (await pods()).find(({ metadata }) => metadata.uid !== pod!.metadata.uid);
        await ctr('tasks', 'exec', '--exec-id', `g${Date.now()}`, second!.status.containerStatuses![0]!.containerID!.replace('containerd://', ''), 'sh', '-c', 'touch /tmp/go');
        return true;
      }, { timeout: 30_000 }).toBe(true);
      expect(await told.ended).toEqual({ code: 3, oom: false });
      expect(told.lines.filter((line) => line === 'begun').length).toBe(2);
      await extractTar(await work.get('made'), join(scratch, `made-${_what}`));
    });

    it('the deadline passes', async () => {
      const work = await workOf(await openEngine({ deadline: 8 }));
      const failure = await failureOf(work.run({ argv: ['sleep', '1000'], signal: never, line: () => {} }));
      expect(failure).toMatchObject({ class: 'environment', message: 'sleep 1000 took longer than the deadline of 8 s, and the cluster ended it', next: expect.stringContaining('engine.deadline') });
    });

    it('the nodes can’t pull: a deadline of our own, with the words of the event', async () => {
      const nowhere = `${cluster.registry.replace(/:\d+$/, '')}:5999`;
      const engine = await openEngine({ registry: `http://${nowhere}/crpm`, registryHere: `http://${cluster.registry}/crpm` }, {}, { image: 5_000, container: 5_000, quota: 5_000, schedule: 5_000 });
      const failure = await failureOf((await workOf(engine)).run({ argv: ['true'], signal: never, line: () => {} }));
      expect(failure).toMatchObject({ class: 'environment', message: expect.stringMatching(/^true can’t start in the cluster for 5 s: .*5999/), next: expect.stringContaining('engine.registry') });
    });

    it('no node fits', async () => {
      const engine = await openEngine({ nodeSelector: { disk: 'none' } }, {}, { image: 5_000, container: 5_000, quota: 5_000, schedule: 5_000 });
      const failure = await failureOf((await workOf(engine)).run({ argv: ['true'], signal: never, line: () => {} }));
      expect(failure).toMatchObject({ class: 'environment', message: expect.stringContaining('node'), next: expect.stringContaining('engine.nodeSelector') });
    });

    it('the namespace’s quota is exceeded', async () => {
      await cluster.call('POST', '/api/v1/namespaces/default/resourcequotas', { metadata: { name: 'none' }, spec: { hard: { pods: '0' } } });
      try {
        await expect.poll(async () => (await cluster.call<{ status: { hard?: unknown } }>('GET', '/api/v1/namespaces/default/resourcequotas/none')).status.hard).toEqual({ pods: '0' });
        const engine = await openEngine({}, {}, { image: 5_000, container: 5_000, quota: 5_000, schedule: 5_000 });
        const failure = await failureOf((await workOf(engine)).run({ argv: ['true'], signal: never, line: () => {} }));
        expect(failure).toMatchObject({ class: 'environment', message: expect.stringContaining('exceeded quota: none'), next: expect.stringContaining('quota') });
      } finally {
        await cluster.call('DELETE', '/api/v1/namespaces/default/resourcequotas/none');
      }
      await healthy(await openEngine());
    });

    it('the rights are taken away in mid-run', async () => {
      const admin = await openEngine();
      const env = { KUBECONFIG: await cluster.somebody('leaver') };
      const { examineCluster } = await import('@crpm/engines/kubernetes/examine');
      const findings = await examineCluster({ kind: 'kubernetes', network: 'bridge', kubernetes: { registry: `http://${cluster.registry}/crpm` } }, env, never);
      const role = { ...(roleIn(findings.find(({ what }) => what === 'rights')!.next!) as object), metadata: { name: 'leaver' } };
      await cluster.call('POST', '/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles', role);
      await cluster.call('POST', '/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings', { metadata: { name: 'leaver' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'leaver' }, subjects: [{ kind: 'User', name: 'leaver', apiGroup: 'rbac.authorization.k8s.io' }] });
      const limited = await open({}, env);
      await expect.poll(async () => limited.list({}).then(() => true, () => false)).toBe(true);
      const told = runTold(await workOf(limited));
      await told.started;
      await cluster.call('DELETE', '/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings/leaver');
      await expect.poll(async () => limited.list({}).then(() => true, () => false)).toBe(false);
      await inContainer(cluster, 'touch /tmp/go');
      expect((await told.ended.catch((error: { failure: unknown }) => error.failure))).toMatchObject({ class: 'environment', message: expect.stringContaining('forbidden'), next: expect.stringContaining('crpm doctor --engine kubernetes') });
      await limited.close().catch(() => undefined);
      await admin.remove((await admin.list({ workspace: labels.workspace })).filter(({ type }) => type !== 'image'));
      await healthy(admin);
    });

    it('the registry is down while the pod pushes, and comes back', async () => {
      const work = await workOf(await openEngine());
      const told = runTold(work);
      await told.started;
      const { pid } = cluster.parts.registry;
      await cluster.parts.registry.kill();
      expect(existsSync(`/proc/${pid}`)).toBe(false);
      await inContainer(cluster, 'touch /tmp/go');
      await expect.poll(() => execa('ctr', ['-a', join(cluster.layout.dir, 'containerd.sock'), '-n', 'k8s.io', 'tasks', 'ls']).then(({ stdout }) => stdout.includes('RUNNING'))).toBe(true);
      cluster.parts.registry.start();
      expect(await told.ended).toEqual({ code: 3, oom: false });
      wholeOutput(told.lines);
    });

    it('the registry is down for good: no success, and the next run is well', async () => {
      const engine = await openEngine();
      const work = await workOf(engine);
      await cluster.parts.registry.kill();
      const failure = await failureOf(work.put(packFiles([{ path: 'a', content: 'a' }])));
      expect(failure).toMatchObject({ class: 'environment', message: expect.stringContaining(cluster.registry) });
      cluster.parts.registry.start();
      await expect.poll(async () => work.put(packFiles([{ path: 'a', content: 'a' }])).then(() => true, () => false)).toBe(true);
      const lines: string[] = [];
      expect(await work.run({ argv: ['cat', 'a'], signal: never, line: (text) => lines.push(text) })).toEqual({ code: 0, oom: false });
      expect(lines).toEqual(['a']);
    });

    it('a bit of what came out is flipped in the registry: refused by its digest', async () => {
      const work = await workOf(await openEngine());
      const content = `crpm-flip-${process.pid}-${Date.now()}`;
      await work.run({ argv: ['sh', '-c', 'echo "$0" > out', content], keep: ['out'], signal: never, line: () => {} });
      const blobs = join(cluster.layout.dir, 'registry/docker/registry/v2/blobs/sha256');
      const flipped = readdirSync(blobs, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('/data')).map((name) => join(blobs, name)).filter((file) => readFileSync(file).includes(content));
      expect(flipped.length).toBe(1);
      const bytes = readFileSync(flipped[0]!);
      bytes[bytes.indexOf(content)]! ^= 1;
      writeFileSync(flipped[0]!, bytes);
      await expect(work.get('out').then(async (stream) => extractTar(stream, join(scratch, 'flipped')))).rejects.toMatchObject({ failure: { class: 'environment', message: expect.stringContaining('another digest') } });
      expect(existsSync(join(scratch, 'flipped'))).toBe(false);
    });
  });
}

/** In the only container that runs for us, whoever is away. */
async function inContainer({ layout }: TestCluster, script: string): Promise<void> {
  const ctr = ['-a', join(layout.dir, 'containerd.sock'), '-n', 'k8s.io'];
  const { stdout } = await execa('ctr', [...ctr, 'containers', 'ls']);
  const tasks = (await execa('ctr', [...ctr, 'tasks', 'ls'])).stdout;
  const ids = stdout.split('\n').filter((line) => line.includes('/crpm@')).map((line) => line.split(/\s+/)[0]!).filter((id) => new RegExp(`^${id}\\s+\\d+\\s+RUNNING`, 'm').test(tasks));
  for (const id of ids) await execa('ctr', [...ctr, 'tasks', 'exec', '--exec-id', `x${Date.now()}`, id, 'sh', '-c', script]);
  expect(ids.length).toBeGreaterThan(0);
}
