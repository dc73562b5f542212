import { expect } from 'vitest';
import { execa } from 'execa';
import { roleIn } from '../behaviour.js';
import { failureSaying, fault } from './evidence.js';
import { expectGone, expectWhole, never, type Chaos } from './rig.js';

const RBAC = '/apis/rbac.authorization.k8s.io/v1/namespaces/default';

/** Who answers us is killed, or does not answer us any more. */
export function controlPlane(chaos: Chaos): void {
  const { cluster } = chaos;

  fault(chaos, 'the kubelet is killed while a program runs and ends, and comes back: no second pod', async (seen) => {
    const work = await chaos.work(await chaos.open());
    const { told, at } = await chaos.running(work);
    const { pid } = cluster.parts.kubelet;
    await cluster.parts.kubelet.kill();
    expectGone(pid);
    await expect(cluster.call('GET', `/api/v1/namespaces/default/pods/${at.pod}/log`)).rejects.toThrow(/refused/);
    await chaos.goOn(at);
    await expect.poll(() => chaos.taskOf(at), { timeout: 60_000 }).not.toMatch(/RUNNING/);
    cluster.parts.kubelet.start();
    Object.assign(seen, { killed: pid, back: cluster.parts.kubelet.pid, pod: at.uid, logs: 'refused', endedMeanwhile: await chaos.taskOf(at) });
    expect(await told.ended).toEqual({ code: 3, oom: false });
    expectWhole(told.lines);
    expect((await chaos.pods()).map(({ metadata }) => metadata.uid)).toEqual([at.uid]);
    return `exit 3, all ${told.lines.length} lines once, the same pod`;
  });

  fault(chaos, 'the rights are taken away in mid-run', async (seen) => {
    const env = { KUBECONFIG: await cluster.somebody('leaver') };
    const { examineCluster } = await import('@crpm/engines/kubernetes/examine');
    const findings = await examineCluster({ kind: 'kubernetes', network: 'bridge', kubernetes: { registry: `http://${cluster.registry}/crpm` } }, env, never);
    const role = { ...(roleIn(findings.find(({ what }) => what === 'rights')!.next!) as object), metadata: { name: 'leaver' } };
    await cluster.call('POST', `${RBAC}/roles`, role);
    await cluster.call('POST', `${RBAC}/rolebindings`, { metadata: { name: 'leaver' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'leaver' }, subjects: [{ kind: 'User', name: 'leaver', apiGroup: 'rbac.authorization.k8s.io' }] });
    const limited = await chaos.open({}, env);
    const mayList = () => limited.list({}).then(() => 'yes', (error: Error) => error.message);
    await expect.poll(mayList).toBe('yes');
    const { told, at } = await chaos.running(await chaos.work(limited));
    await cluster.call('DELETE', `${RBAC}/rolebindings/leaver`);
    await cluster.call('DELETE', `${RBAC}/roles/leaver`);
    await expect.poll(mayList).toContain('forbidden');
    Object.assign(seen, { pod: at.uid, told: await mayList() });
    await chaos.goOn(at);
    const outcome = await failureSaying(told.ended, /forbidden/, /crpm doctor --engine kubernetes/);
    // Who may not delete leaves all there; whoever may takes it away.
    await expect(chaos.close()).rejects.toThrow('forbidden');
    expect(await chaos.leftovers()).not.toEqual([]);
    const other = await chaos.open();
    await other.remove((await other.list({ workspace: chaos.labels.workspace })).filter(({ type }) => type !== 'image'));
    await chaos.healthy(other);
    return outcome;
  });

  fault(chaos, 'the API server is killed in mid-watch and mid-log, and comes back', async (seen) => {
    const work = await chaos.work(await chaos.open());
    const { told, at } = await chaos.running(work);
    const { pid } = cluster.parts.apiserver;
    // Two watches and a log, each on a connection of its own.
    const open = (await execa('ss', ['-Htnp', 'state', 'established', 'dst', `127.0.0.1:${cluster.layout.apiPort}`])).stdout.split('\n').filter((line) => line.includes(`pid=${process.pid},`));
    expect(open.length).toBeGreaterThanOrEqual(3);
    await cluster.parts.apiserver.kill();
    expectGone(pid);
    await expect(cluster.call('GET', '/version')).rejects.toThrow('ECONNREFUSED');
    const before = told.lines.length;
    await chaos.goOn(at);
    cluster.parts.apiserver.start();
    Object.assign(seen, { killed: pid, connections: open.length, back: cluster.parts.apiserver.pid, linesBefore: before, pod: at.uid });
    expect(cluster.parts.apiserver.pid).not.toBe(pid);
    expect(await told.ended).toEqual({ code: 3, oom: false });
    expectWhole(told.lines);
    expect(told.lines.length).toBeGreaterThanOrEqual(before);
    expect((await chaos.pods()).map(({ metadata }) => metadata.uid)).toEqual([at.uid]);
    return `exit 3, all ${told.lines.length} lines once, the same pod`;
  });

  fault(chaos, 'the API server is away when a work begins and when it ends, and comes back: nothing is left', async (seen) => {
    const part = cluster.parts.apiserver;
    const away = async <T>(call: () => Promise<T>): Promise<T> => {
      const { pid } = part;
      await part.kill();
      expectGone(pid);
      await expect(cluster.call('GET', '/version')).rejects.toThrow('ECONNREFUSED');
      const called = call();
      called.catch(() => undefined);
      part.start();
      seen[`killed${pid}`] = { back: part.pid };
      return called;
    };
    const engine = await chaos.open();
    const work = await away(() => chaos.work(engine));
    expect(await work.run({ argv: ['sh', '-c', 'exit 3'], signal: never, line: () => {} })).toEqual({ code: 3, oom: false });
    seen['there'] = await chaos.leftovers();
    await away(() => work.close().then(() => chaos.close()));
    return 'exit 3, and all was taken away';
  });
}
