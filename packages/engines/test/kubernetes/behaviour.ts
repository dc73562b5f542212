import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { extractTar, packFiles } from '@crpm/archive';
import type { Engine, EngineConfig, KubernetesConfig, PrepareOptions, Work } from '@crpm/core';
import { examineCluster } from '@crpm/engines/kubernetes/examine';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { failureOf } from '../../../../test/support/failure.js';
import type { TestCluster } from '../../../../test/support/kubernetes/cluster.js';

export interface Rig {
  readonly cluster: TestCluster;
  readonly open: (more?: KubernetesConfig, env?: NodeJS.ProcessEnv, patience?: undefined, kubevirt?: string) => Promise<Engine>;
  readonly reference: string;
}

const never = new AbortController().signal;

/** What only a cluster has. */
export function kubernetesBehaviour({ cluster, open, reference }: Rig): void {
  describe('a cluster', () => {
    const labels = { workspace: `cluster-${process.pid}`, run: 'run1', node: 'libvirt.buildroot@aarch64' };
    const prepare = (): PrepareOptions => ({ labels, arch: engine.arch, signal: never, line: () => {} });
    let engine: Engine;
    let image: string;
    const works: Work[] = [];
    const openWork = async (): Promise<Work> => {
      const work = await engine.openWork({ image, arch: engine.arch, labels, signal: never });
      works.push(work);
      return work;
    };
    const lines = async (work: Work, script: string): Promise<readonly string[]> => {
      const said: string[] = [];
      await work.run({ argv: ['sh', '-c', script], signal: never, line: (text) => said.push(text) });
      // A claim may keep a pod waiting, which crpm tells.
      return said.filter((text) => !text.startsWith('crpm: the pod waits: '));
    };

    beforeAll(async () => {
      engine = await open();
      image = (await engine.prepareImage({ kind: 'image', reference, pull: false }, prepare())).id;
    });
    afterEach(async () => {
      for (const work of works.splice(0)) await work.close();
    });
    afterAll(async () => {
      await engine.remove(await engine.list({ workspace: labels.workspace }));
      await engine.close();
    });

    it('says what it is, where, and by way of which registry', () => {
      expect(engine.description).toBe(`Kubernetes v1.34.2 at https://127.0.0.1:${cluster.layout.apiPort} (context test, namespace default), by way of ${cluster.registry}/crpm`);
    });

    it('gives the same image for the same name, and names one that is not there', async () => {
      expect((await engine.prepareImage({ kind: 'image', reference, pull: true }, prepare())).id).toBe(image);
      expect(await failureOf(engine.prepareImage({ kind: 'image', reference: `${cluster.registry}/none:1`, pull: false }, prepare()))).toMatchObject({ class: 'usage', message: `there is no image ${cluster.registry}/none:1` });
      expect(await failureOf(engine.prepareImage({ kind: 'image', reference: 'localhost/x:1', pull: false }, prepare()))).toMatchObject({ class: 'usage', next: expect.stringContaining('docker push') });
      expect(await failureOf(engine.prepareImage({ kind: 'image', reference, pull: true }, { ...prepare(), arch: 's390x' }))).toMatchObject({ class: 'usage', message: expect.stringContaining('s390x') });
      expect(await failureOf(engine.prepareImage({ kind: 'dockerfile', file: '/d', context: '/', pull: false }, prepare()))).toMatchObject({ class: 'usage' });
    });

    it('a derived image has what the step changed, removed, linked and was given, and nothing of the pod', async () => {
      const step = { env: {}, network: 'bridge', labels, arch: engine.arch, signal: never, line: () => {} } as const;
      const before = `
mkdir -p /opt/a/b /opt/was && echo 1 > /opt/a/b/one && echo 2 > /opt/a/b/two && echo 3 > /opt/was/three && ln -s a /opt/link
cp /bin/cat /opt/capable && chown 7:8 /opt/a/b/two && chmod 4750 /opt/a/b/two`;
      const first = await engine.deriveImage(image, { ...step, argv: ['sh', '-ec', before] });
      const change = 'rm -r /opt/was /opt/a/b/one; rm /opt/link; mkdir /opt/link; echo x > /opt/link/inside; echo more >> /opt/a/b/two; ln /opt/a/b/two /opt/a/hard; touch "/opt/a\\nnew line"';
      const second = await engine.deriveImage(first.id, { ...step, argv: ['sh', '-ec', change] });
      const work = await engine.openWork({ image: second.id, arch: engine.arch, labels, signal: never });
      works.push(work);
      expect(await lines(work, 'cd /opt; find . -mindepth 1 | sort; cat a/b/two; stat -c "%u %g %a %h" a/b/two; cat link/inside; ls -d /.crpm-in /crpm-secret 2>/dev/null; cat /etc/hostname')).toEqual([
        './a', './a/b', './a/b/two', './a/hard', './a\\nnew line', './capable', './link', './link/inside', '2', 'more', '7 8 4750 2', 'x', 'crpm',
      ]);
      const images = (await engine.list({ workspace: labels.workspace })).filter(({ type }) => type === 'image');
      expect(images.map(({ id }) => id).sort()).toEqual([first.id, second.id].sort());
      await engine.remove(images);
    });

    it('keeps of the work folder what is asked for, and of a failed program too', async () => {
      const work = await openWork();
      await work.run({ argv: ['sh', '-c', 'mkdir -p out/deep rest; echo a > out/deep/a; echo b > rest/b; exit 3'], keep: ['out', 'none'], signal: never, line: () => {} });
      expect(await lines(work, 'find . -type f')).toEqual(['./out/deep/a']);
    });

    it('a pod has neither token, privilege nor a mount of the node', async () => {
      const work = await openWork();
      let pods: { items: { metadata: { labels: Record<string, string> }; spec: Record<string, unknown> & { volumes: Record<string, unknown>[] } }[] } | undefined;
      const controller = new AbortController();
      const seen: Promise<void>[] = [];
      const ended = failureOf(
        work.run({
          argv: ['sh', '-c', 'ls /var/run/secrets 2>&1; grep CapEff /proc/self/status; sleep 1000'],
          signal: controller.signal,
          line: (text) => {
            if (!text.startsWith('CapEff')) return;
            expect(BigInt(`0x${text.split('\t')[1]!}`) & (1n << 21n)).toBe(0n);
            seen.push(cluster.call<NonNullable<typeof pods>>('GET', `/api/v1/namespaces/default/pods?labelSelector=${encodeURIComponent(`dev.crpm/workspace=${labels.workspace}`)}`).then((list) => { pods = list; controller.abort(); }));
          },
        }),
      );
      expect((await ended).class).toBe('cancelled');
      await Promise.all(seen);
      const [{ spec } = { spec: { volumes: [] } }] = pods?.items ?? [];
      expect(spec).toMatchObject({ automountServiceAccountToken: false, restartPolicy: 'Never', securityContext: { seccompProfile: { type: 'RuntimeDefault' } } });
      expect(spec.volumes).toEqual([{ name: 'work', emptyDir: {} }, { name: 'scratch', emptyDir: {} }]);
    });

    it('has nobody to talk to, and says so', async () => {
      const work = await openWork();
      expect(await failureOf(work.interact({ argv: ['sh'], signal: never, streams: { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr } }))).toMatchObject({ class: 'environment', next: expect.stringContaining('--engine docker') });
    });

    it('leaves foreign objects alone, even when it is told to remove them', async () => {
      const map = await cluster.call<{ metadata: { uid: string } }>('POST', '/api/v1/namespaces/default/configmaps', { metadata: { name: 'foreign', labels: { 'app.kubernetes.io/managed-by': 'helm', 'dev.crpm/role': 'work' } } });
      try {
        expect((await engine.list({})).map(({ id }) => id)).not.toContain('foreign');
        await engine.remove([{ type: 'container', id: 'foreign', labels, created: 0 }, { type: 'volume', id: 'foreign', labels, created: 0 }]);
        expect((await cluster.call<typeof map>('GET', '/api/v1/namespaces/default/configmaps/foreign')).metadata.uid).toBe(map.metadata.uid);
      } finally {
        await cluster.call('DELETE', '/api/v1/namespaces/default/configmaps/foreign');
      }
    });

    it('a run that ends takes all with it, and a Lease says that it lives until then', async () => {
      const other = await open();
      const mine = { ...labels, workspace: `${labels.workspace}-other` };
      const work = await other.openWork({ image, arch: other.arch, labels: mine, signal: never });
      await work.run({ argv: ['true'], signal: never, line: () => {} });
      const selector = encodeURIComponent(`dev.crpm/workspace=${mine.workspace}`);
      const count = async (path: string) => (await cluster.call<{ items: unknown[] }>('GET', `${path}?labelSelector=${selector}`)).items.length;
      expect([await count('/apis/batch/v1/namespaces/default/jobs'), await count('/apis/coordination.k8s.io/v1/namespaces/default/leases')]).toEqual([1, 1]);
      await other.close();
      await expect.poll(async () => [await count('/apis/batch/v1/namespaces/default/jobs'), await count('/api/v1/namespaces/default/pods'), await count('/api/v1/namespaces/default/configmaps'), await count('/apis/coordination.k8s.io/v1/namespaces/default/leases')], { timeout: 60_000 }).toEqual([0, 0, 0, 0]);
    });

    it('takes up what a dead run began: the same Job, its whole output, its own exit code', async () => {
      const mine = { ...labels, workspace: `${labels.workspace}-again` };
      const begin = async (run: string, line: (text: string) => void) => {
        const opened = await open();
        const work = await opened.openWork({ image, arch: opened.arch, labels: { ...mine, run }, signal: never });
        await work.put(packFiles([{ path: 'in', content: 'given', mtime: 0 }]));
        return { opened, ended: work.run({ argv: ['sh', '-c', 'echo begun; while [ "$(date +%s)" -lt "$1" ]; do sleep 0.2; done; cat in; exit 5', 'sh', until], signal: never, line }) };
      };
      const until = String(Math.ceil(Date.now() / 1000) + 20);
      const jobs = async () => (await cluster.call<{ items: { metadata: { uid: string } }[] }>('GET', `/apis/batch/v1/namespaces/default/jobs?labelSelector=${encodeURIComponent(`dev.crpm/workspace=${mine.workspace}`)}`)).items.map(({ metadata }) => metadata.uid);
      let started!: () => void;
      const first = new Promise<void>((resolve) => (started = resolve));
      // Taken for dead: nobody closes it.
      const dead = await begin('run1', () => started());
      dead.ended.catch(() => undefined);
      await first;
      const before = await jobs();
      const said: string[] = [];
      const { opened, ended } = await begin('run2', (text) => said.push(text));
      expect(await ended).toEqual({ code: 5, oom: false });
      expect(said).toEqual(['begun', 'given']);
      expect(await jobs()).toEqual(before);
      await opened.close();
      await dead.opened.close();
    }, 120_000);

    it('keeps build trees and a shared cache in claims where storage classes are given: listed, found again, removed', async () => {
      for (const [n, mode] of ['ReadWriteOnce', 'ReadWriteOnce', 'ReadWriteMany'].entries()) {
        const path = join(cluster.layout.dir, 'volumes', String(n));
        mkdirSync(path, { recursive: true });
        const spec = { capacity: { storage: '1Gi' }, accessModes: [mode], storageClassName: mode === 'ReadWriteMany' ? 'shared' : 'trees', persistentVolumeReclaimPolicy: 'Retain', hostPath: { path } };
        await cluster.call('POST', '/api/v1/persistentvolumes', { metadata: { name: `crpm-test-${n}` }, spec });
      }
      const storing = await open({ storageClass: 'trees', cacheStorageClass: 'shared', storageSize: '1Gi' });
      expect(storing.keepsNoTrees).toBeUndefined();
      const mine = { ...labels, workspace: `${labels.workspace}-trees` };
      const openTree = () => storing.openWork({ image, arch: storing.arch, labels: mine, tree: 'libvirt', cache: 'ccache', signal: never });
      const first = await openTree();
      await first.put(packFiles([{ path: 'src/a.c', content: 'a', mtime: 1_600_000_000.5 }]));
      expect(await lines(first, 'echo made > made; stat -c "%n %.1Y" src/a.c')).toEqual(['src/a.c 1600000000.5']);
      await lines(first, `touch ${first.cache!}/hit`);
      await first.close();
      const second = await openTree();
      // What was put once is not unpacked again over what a build made of it.
      expect(await lines(second, `cat made; echo changed > src/a.c; ls ${second.cache!}`)).toEqual(['made', 'hit']);
      expect(await lines(second, 'cat src/a.c')).toEqual(['changed']);
      await extractTar(await second.get('src'), join(cluster.layout.dir, 'taken'));
      expect(readFileSync(join(cluster.layout.dir, 'taken/src/a.c'), 'utf8')).toBe('changed\n');
      await second.close();
      const kept = (await storing.list({})).filter(({ keeps }) => keeps);
      expect(kept.map(({ type, keeps, labels: { workspace } }) => [type, keeps, workspace])).toEqual(expect.arrayContaining([['volume', { what: 'tree', name: 'libvirt' }, mine.workspace], ['volume', { what: 'cache', name: 'ccache' }, '']]));
      await storing.remove(kept);
      await expect.poll(async () => (await storing.list({})).filter(({ keeps }) => keeps), { timeout: 60_000 }).toEqual([]);
      const third = await storing.openWork({ image, arch: storing.arch, labels: mine, tree: 'libvirt', signal: never });
      expect(await lines(third, 'ls -A')).toEqual([]);
      await third.close();
      await storing.remove((await storing.list({})).filter(({ keeps }) => keeps));
      await storing.close();
    }, 180_000);

    it('takes the registry of kubevirtci from what lies in the KubeVirt tree, unless that is of another cluster', async () => {
      const tree = mkdtempSync(join(tmpdir(), 'crpm-kubevirt-'));
      // kubevirtci's has a port of loopback for this machine.
      const [host = '', port = ''] = cluster.registry.split(':');
      const here = createServer((near) => { near.pipe(connect(Number(port), host)).on('error', () => near.destroy()).pipe(near).on('error', () => {}); });
      await new Promise<void>((listening) => { here.listen(0, '127.0.0.1', listening); });
      try {
        const folder = join(tree, 'kubevirtci/_ci-configs/k8s-1.34');
        const file = join(folder, 'config-provider-k8s-1.34.sh');
        const write = (kubeconfig: string) => { writeFileSync(file, `kubeconfig=${kubeconfig}\ndocker_prefix=\${DOCKER_PREFIX:-localhost:${String((here.address() as AddressInfo).port)}/kubevirt}\nmanifest_docker_prefix=\${DOCKER_PREFIX:-${cluster.registry}/kubevirt}\n`); };
        mkdirSync(folder, { recursive: true });
        write(cluster.kubeconfig);
        const unset = { registry: undefined } as unknown as KubernetesConfig;
        const env = { ...process.env, KUBECONFIG: cluster.kubeconfig, KUBEVIRT_PROVIDER: undefined, KUBEVIRTCI_CONFIG_PATH: undefined };
        const registry = async () => (await examineCluster({ kind: 'kubernetes', network: 'bridge' }, env, never, tree)).find(({ what }) => what === 'registry');
        expect(await registry()).toMatchObject({ state: 'ok', detail: expect.stringMatching(`^${cluster.registry}/crpm, by kubevirtci’s k8s-1.34, ${file}: `) });
        const found = await open(unset, env, undefined, tree);
        const work = await found.openWork({ image, arch: found.arch, labels, signal: never });
        expect(await lines(work, 'echo by way of it')).toEqual(['by way of it']);
        await work.close();
        await found.close();
        const other = join(folder, '.kubeconfig');
        writeFileSync(other, readFileSync(cluster.kubeconfig, 'utf8').replace(/https:\/\/[^"\s]+/, 'https://127.0.0.1:1'));
        write(other);
        expect(await registry()).toMatchObject({ state: 'error', next: expect.stringContaining(`export KUBECONFIG=${other}`) });
      } finally {
        here.close();
        rmSync(tree, { recursive: true, force: true });
      }
    });

    it('doctor prints the Role that is needed, and with it all is well', async () => {
      const config: EngineConfig = { kind: 'kubernetes', network: 'bridge', kubernetes: { registry: `http://${cluster.registry}/crpm` } };
      const env = { KUBECONFIG: await cluster.somebody('developer') };
      const rights = async () => (await examineCluster(config, env, never)).find(({ what }) => what === 'rights');
      const refused = await rights();
      expect(refused).toMatchObject({ state: 'error', detail: expect.stringContaining('create jobs.batch') });
      const role = roleIn(refused!.next!);
      await cluster.call('POST', '/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles', role);
      await cluster.call('POST', '/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings', { metadata: { name: 'crpm' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'crpm' }, subjects: [{ kind: 'User', name: 'developer', apiGroup: 'rbac.authorization.k8s.io' }] });
      await expect.poll(rights).toMatchObject({ state: 'ok' });
      // And it is enough for all that a work does.
      const limited = await open({}, env);
      const work = await limited.openWork({ image, arch: limited.arch, labels, signal: never });
      expect(await work.run({ argv: ['true'], signal: never, line: () => {} })).toEqual({ code: 0, oom: false });
      await work.close();
      await limited.close();
    });
  });
}

/** The flow-style YAML of a Role, as `doctor` prints it. */
export function roleIn(text: string): unknown {
  const rules = [...text.matchAll(/apiGroups: (\[.*\])\n\s+resources: (\[.*\])\n\s+verbs: (\[.*\])/g)].map(([, apiGroups = '', resources = '', verbs = '']) => ({ apiGroups: JSON.parse(apiGroups) as unknown, resources: JSON.parse(resources) as unknown, verbs: JSON.parse(verbs) as unknown }));
  expect(rules.length).toBeGreaterThan(4);
  return { metadata: { name: 'crpm' }, rules };
}
