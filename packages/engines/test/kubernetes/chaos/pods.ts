import type { Pod } from '@crpm/engines/kubernetes/objects';
import { expect } from 'vitest';
import { failureSaying, fault } from './evidence.js';
import { never, type Chaos, type Running } from './rig.js';

const PODS = '/api/v1/namespaces/default/pods';
const MiB = 1024 * 1024;

/** A pod comes to its end before its program does. */
export function pods(chaos: Chaos): void {
  const { cluster } = chaos;
  const terminatedOf = (pod: Pod | undefined) => pod?.status?.containerStatuses?.[0]?.state?.terminated;

  const ends: Readonly<Record<string, { readonly make: (at: Running) => Promise<unknown>; readonly said: RegExp; readonly shown: RegExp }>> = {
    deleted: { make: ({ pod }) => cluster.call('DELETE', `${PODS}/${pod}`), said: /deleted|killed/, shown: /Killing/ },
    evicted: { make: ({ pod }) => cluster.call('POST', `${PODS}/${pod}/eviction`, { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: pod } }), said: /evicted|deleted/, shown: /Killing/ },
    killed: { make: ({ node, container }) => chaos.ctr(node, 'tasks', 'kill', '--signal', 'SIGKILL', container), said: /killed/, shown: /Started/ },
  };
  for (const [what, { make, said, shown }] of Object.entries(ends)) {
    fault(chaos, `the pod is ${what}: the program runs once more, and its end is that of the second`, async (seen) => {
      const work = await chaos.work(await chaos.open());
      const { told, at } = await chaos.running(work);
      const id = await chaos.exec(at, 'cat /tmp/id');
      await make(at);
      const second = await chaos.container(at);
      const line = told.lines.find((text) => text.startsWith('crpm: the cluster lost'));
      expect(line).toMatch(said);
      const events = await chaos.events(at.uid);
      expect(events.join('\n')).toMatch(shown);
      Object.assign(seen, { first: at.uid, task: await chaos.taskOf(at), second: second.uid, told: line, events });
      expect(seen['task']).not.toMatch(/RUNNING/);
      const idOfSecond = await chaos.exec(second, 'cat /tmp/id');
      await chaos.goOn(second);
      expect(await told.ended).toEqual({ code: 3, oom: false });
      expect(told.lines.filter((text) => text === 'begun').length).toBe(2);
      expect((await chaos.take(work, 'made')).toString().trim()).toBe(idOfSecond);
      expect(idOfSecond).not.toBe(id);
      return 'exit 3 and the file of the second';
    });
  }

  // Where the kernel ends the program alone, the wrapper tells; where it ends the whole container, Kubernetes does.
  const eat = (bytes: number) => `perl -e 'my $x = "x" x ${bytes}; print length $x; sleep 1000'`;
  const eaters: Readonly<Record<string, string>> = {
    program: `${eat(300 * MiB)}; exit 9`,
    // Many small ones that the kernel spares, and a first process that it does not.
    container: `echo 1000 > /proc/1/oom_score_adj; echo 0 > /proc/self/oom_score_adj; for i in 1 2 3 4 5 6 7 8; do ${eat(10 * MiB)} & done; wait; exit 9`,
  };
  for (const [what, script] of Object.entries(eaters)) {
    fault(chaos, `memory runs out, and the kernel ends the ${what}: told as that, and not run again`, async (seen) => {
      const work = await chaos.work(await chaos.open(), { memory: 64 * MiB });
      const end = await work.run({ argv: ['sh', '-c', script], signal: never, line: () => {} });
      const [pod, ...others] = await chaos.pods();
      const terminated = terminatedOf(pod);
      Object.assign(seen, { pod: pod?.metadata.uid, phase: pod?.status?.phase, reason: terminated?.reason, exit: terminated?.exitCode, others: others.length });
      expect(seen).toMatchObject({ reason: 'OOMKilled', exit: what === 'program' ? 0 : 137, others: 0 });
      expect(end).toEqual({ code: what === 'program' ? 9 : 137, oom: true });
      return `exit ${end.code}, for lack of memory`;
    });
  }

  fault(chaos, 'a program writes more than its pod may: told as that, and not run again', async (seen) => {
    const work = await chaos.work(await chaos.open({ resources: { ephemeralStorage: '32Mi' } }));
    let pod: Pod | undefined;
    const ended = work.run({ argv: ['sh', '-c', 'head -c 100M /dev/zero > full; echo written; sleep 1000'], signal: never, line: () => {} });
    ended.catch(() => undefined);
    await expect.poll(async () => { pod = (await chaos.pods())[0] ?? pod; return pod?.status?.reason; }, { timeout: 180_000, interval: 100 }).toBe('Evicted');
    Object.assign(seen, { pod: pod?.metadata.uid, reason: pod?.status?.reason, message: pod?.status?.message });
    return failureSaying(ended, /ephemeral|emptyDir/i, /engine\.resources\.ephemeralStorage/);
  });

  fault(chaos, 'the deadline passes', async (seen) => {
    const work = await chaos.work(await chaos.open({ deadline: 8 }));
    const ended = work.run({ argv: ['sleep', '1000'], signal: never, line: () => {} });
    ended.catch(() => undefined);
    await expect.poll(async () => {
      const [job] = await chaos.jobs();
      const found = job?.status?.conditions?.find(({ type, status }) => type.startsWith('Fail') && status === 'True');
      if (found) Object.assign(seen, { job: job?.metadata.uid, reason: found.reason, message: found.message });
      return seen['reason'];
    }, { timeout: 60_000, interval: 20 }).toBe('DeadlineExceeded');
    return failureSaying(ended, /^sleep 1000 took longer than the deadline of 8 s, and the cluster ended it$/, /engine\.deadline/);
  });
}
