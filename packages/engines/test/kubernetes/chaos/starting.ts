import { readFileSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { packFiles } from '@crpm/archive';
import type { Work } from '@crpm/core';
import { Registry } from '@crpm/oci';
import { expect } from 'vitest';
import { failureSaying, fault, type Seen } from './evidence.js';
import { never, SHORT, type Chaos } from './rig.js';

const QUOTAS = '/api/v1/namespaces/default/resourcequotas';
const run = (work: Work, argv: readonly string[] = ['true']) => work.run({ argv, signal: never, line: () => {} });

/** A pod that can't start: crpm has a deadline of its own for that, and the cluster's own words. */
export function starting(chaos: Chaos): void {
  const { cluster } = chaos;
  const repository = 'crpm';

  /** Runs a program whose pod finds no node until the registry has been changed: `change` gets the digest of its image. */
  const heldBack = async (seen: Seen, work: Work, change: (digest: string) => Promise<void> | void): Promise<{ readonly ended: Promise<unknown> }> => {
    await chaos.admit(cluster.node, false);
    try {
      const ended = run(work);
      ended.catch(() => undefined);
      const image = async () => ((await chaos.pods())[0]?.spec as { readonly containers?: readonly { readonly image: string }[] } | undefined)?.containers?.[0]?.image.split('@')[1];
      await expect.poll(image, { timeout: 60_000 }).toMatch(/^sha256:/);
      await change((await image())!);
      Object.assign(seen, { pod: (await chaos.pods())[0]?.metadata.uid, image: await image() });
      return { ended };
    } finally {
      await chaos.admit(cluster.node, true);
    }
  };
  /** Notes what the kubelet says of the pod's image, until the program has ended. */
  const noteWords = async (seen: Seen, words: RegExp): Promise<void> => {
    await expect.poll(async () => {
      const [pod] = await chaos.pods();
      const events = await chaos.events(pod?.metadata.uid);
      const found = events.find((text) => words.test(text));
      if (found) Object.assign(seen, { event: found, waiting: pod?.status?.containerStatuses?.[0]?.state?.waiting?.reason });
      return found !== undefined;
    }, { timeout: 60_000, interval: 100 }).toBe(true);
  };
  const withInput = async (): Promise<Work> => {
    const work = await chaos.work(await chaos.open({}, {}, SHORT));
    await work.put(packFiles([{ path: 'in', content: randomBytes(64 * 1024) }]));
    return work;
  };

  fault(chaos, 'the nodes can’t pull: the words of the event', async (seen) => {
    const nowhere = `${cluster.registry.replace(/:\d+$/, '')}:5999`;
    const work = await chaos.work(await chaos.open({ registry: `http://${nowhere}/crpm`, registryHere: `http://${cluster.registry}/crpm` }, {}, SHORT));
    const ended = run(work);
    ended.catch(() => undefined);
    await noteWords(seen, /Failed: Failed to pull .*5999/);
    return failureSaying(ended, /^true can’t start in the cluster for 2 s: .*5999/, /engine\.registry/);
  });

  fault(chaos, 'the image is gone from the registry before a node pulls it', async (seen) => {
    const registry = new Registry(cluster.registry, { insecure: true });
    const images = registry.repository(repository);
    try {
      const work = await withInput();
      const { ended } = await heldBack(seen, work, async (digest) => {
        await images.deleteManifest(digest);
        expect(await images.hasManifest(digest)).toBe(false);
      });
      await noteWords(seen, /Failed: Failed to pull .*not found/);
      const outcome = await failureSaying(ended, /^true can’t start in the cluster for 2 s: .*not found/, /run again/);
      expect(await run(work)).toEqual({ code: 0, oom: false });
      return `${outcome}; run again: exit 0`;
    } finally {
      registry.close();
    }
  });

  fault(chaos, 'a digest stands for another manifest: nothing of it runs', async (seen) => {
    const work = await withInput();
    const { ended } = await heldBack(seen, work, (digest) => {
      const mine = chaos.blobs().find(({ file }) => file.includes(digest.slice('sha256:'.length)))!;
      const other = chaos.blobsWith('"application/vnd.oci.image.manifest.v1+json"').find((file) => file !== mine.file)!;
      writeFileSync(mine.file, readFileSync(other));
      seen['nowThere'] = other.split('/').at(-2);
    });
    await noteWords(seen, /Failed: Failed to pull/);
    const outcome = await failureSaying(ended, /^true can’t start in the cluster for 2 s: /, /storage/);
    // Whoever asks for it from here is told too.
    const image = seen['image'] as string;
    return `${outcome}; asked for from here: ${await failureSaying(chaos.work(await chaos.open(), { image }), /should have sha256:/, /registry/)}`;
  });

  fault(chaos, 'a bit of what goes in is flipped in the registry: the node refuses it', async (seen) => {
    const work = await withInput();
    const { ended } = await heldBack(seen, work, () => {
      const { file } = chaos.blobs().find(({ size }) => size > 64 * 1024 && size < 80 * 1024)!;
      const bytes = readFileSync(file);
      bytes[bytes.length >> 1]! ^= 1;
      writeFileSync(file, bytes);
      seen['flipped'] = file.split('/').at(-2);
    });
    await noteWords(seen, /Failed: Failed to pull/);
    return failureSaying(ended, /^true can’t start in the cluster for 2 s: /, /storage/);
  });

  fault(chaos, 'no node fits', async (seen) => {
    const work = await chaos.work(await chaos.open({ nodeSelector: { disk: 'none' } }, {}, { ...SHORT, schedule: 2_000 }));
    const ended = run(work);
    ended.catch(() => undefined);
    await noteWords(seen, /FailedScheduling/);
    return failureSaying(ended, /node/, /engine\.nodeSelector/);
  });

  fault(chaos, 'the namespace’s quota is exceeded', async (seen) => {
    await cluster.call('POST', QUOTAS, { metadata: { name: 'none' }, spec: { hard: { pods: '0' } } });
    let outcome: string;
    try {
      await expect.poll(async () => (await cluster.call<{ status: { hard?: unknown } }>('GET', `${QUOTAS}/none`)).status.hard).toEqual({ pods: '0' });
      const ended = run(await chaos.work(await chaos.open({}, {}, SHORT)));
      ended.catch(() => undefined);
      await expect.poll(async () => {
        const [job] = await chaos.jobs();
        Object.assign(seen, { job: job?.metadata.uid, event: (await chaos.events(job?.metadata.uid)).find((text) => text.includes('exceeded quota')) });
        return seen['event'];
      }, { timeout: 60_000, interval: 100 }).toContain('exceeded quota: none');
      outcome = await failureSaying(ended, /exceeded quota: none/, /quota/);
    } finally {
      await cluster.call('DELETE', `${QUOTAS}/none`);
    }
    await chaos.healthy(await chaos.open());
    return outcome;
  });
}
