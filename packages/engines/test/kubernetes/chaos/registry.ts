import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { packFiles } from '@crpm/archive';
import { SCRATCH } from '@crpm/engines/kubernetes/places';
import { Registry } from '@crpm/oci';
import { expect } from 'vitest';
import { failureSaying, fault } from './evidence.js';
import { expectGone, expectWhole, never, type Chaos } from './rig.js';

const MiB = 1024 * 1024;
/** So large that it is on its way for long enough to be caught there. */
const LARGE = 64 * MiB;
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** The registry goes away, or gives what nobody put there. */
export function registry(chaos: Chaos): void {
  const { cluster } = chaos;
  const part = cluster.parts.registry;
  const answers = () => fetch(`http://${cluster.registry}/v2/`).then(({ status }) => String(status), (error: { cause?: { code?: string } }) => error.cause?.code ?? 'error');

  /** Freezes the registry while a file below a folder is coming to be, then kills it: what was there of the file, in bytes. */
  const killInMiddle = async (folder: string): Promise<{ readonly file: string; readonly bytes: number }> => {
    const find = () => (names(folder).map((name) => ({ file: join(folder, name), bytes: sizeOf(join(folder, name, 'data')) })).find(({ bytes }) => bytes > 2 * MiB));
    let found = find();
    for (const end = Date.now() + 120_000; !found; found = find()) {
      if (Date.now() > end) throw new Error(`nothing came to be in ${folder}`);
      await delay(2);
    }
    const { pid } = part;
    process.kill(pid, 'SIGSTOP');
    // What the kernel already has of it still arrives.
    let { bytes } = found;
    await expect.poll(() => { const before = bytes; bytes = sizeOf(join(found.file, 'data')); return bytes === before; }, { interval: 200 }).toBe(true);
    expect(bytes).toBeGreaterThan(0);
    await part.kill();
    expectGone(pid);
    expect(await answers()).toBe('ECONNREFUSED');
    return { file: found.file, bytes };
  };

  fault(chaos, 'the registry is down when the pod pushes, and comes back', async (seen) => {
    const work = await chaos.work(await chaos.open());
    const { told, at } = await chaos.running(work);
    const { pid } = part;
    await part.kill();
    expectGone(pid);
    await chaos.goOn(at);
    // The program has ended, its pod goes on, and this is what that hears.
    await expect.poll(async () => {
      seen['podHears'] = await chaos.exec(at, `cat ${SCRATCH}/said`).catch(() => '');
      return seen['podHears'];
    }, { timeout: 60_000, interval: 250 }).toContain('Failed to connect');
    Object.assign(seen, { killed: pid, registry: await answers(), task: await chaos.taskOf(at), pod: at.uid });
    expect(seen).toMatchObject({ registry: 'ECONNREFUSED', task: expect.stringContaining('RUNNING') });
    part.start();
    expect(await told.ended).toEqual({ code: 3, oom: false });
    expectWhole(told.lines);
    expect((await chaos.pods()).map(({ metadata }) => metadata.uid)).toEqual([at.uid]);
    return `exit 3, all ${told.lines.length} lines once, the same pod`;
  });

  fault(chaos, 'the registry is killed in the middle of what a pod pushes, and comes back', async (seen) => {
    const work = await chaos.work(await chaos.open());
    const lines: string[] = [];
    const ended = work.run({ argv: ['sh', '-c', 'head -c "$0" /dev/urandom > large; sha256sum < large; exit 3', String(LARGE)], keep: ['large'], signal: never, line: (text) => lines.push(text) });
    ended.catch(() => undefined);
    const { pid } = part;
    const { bytes } = await killInMiddle(join(cluster.layout.dir, 'registry/docker/registry/v2/repositories/crpm/_uploads'));
    expect(bytes).toBeLessThan(LARGE);
    const at = await chaos.container();
    Object.assign(seen, { killed: pid, arrived: bytes, of: LARGE, pod: at.uid, task: await chaos.taskOf(at) });
    part.start();
    expect(await ended).toEqual({ code: 3, oom: false });
    expect([`${sha256(await chaos.take(work, 'large'))}  -`]).toEqual(lines);
    expect((await chaos.pods()).map(({ metadata }) => metadata.uid)).toEqual([at.uid]);
    return 'exit 3, and the file has the digest that the program told';
  });

  fault(chaos, 'the registry is away when what a pod pushed is to be fetched, and comes back', async (seen) => {
    const work = await chaos.work(await chaos.open());
    const { told, at } = await chaos.running(work);
    // So that nobody hears of the pod's end before the registry is gone.
    await cluster.parts.kubelet.kill();
    await chaos.goOn(at);
    await expect.poll(() => chaos.taskOf(at), { timeout: 60_000 }).not.toMatch(/RUNNING/);
    const { pid } = part;
    await part.kill();
    expectGone(pid);
    // In its place one that hangs up on whoever asks, and counts them.
    let asked = 0;
    const [host, port] = cluster.registry.split(':');
    const deaf = createServer((socket) => { asked++; socket.destroy(); });
    await new Promise<void>((resolve) => deaf.listen(Number(port), host, resolve));
    cluster.parts.kubelet.start();
    // The client by itself asks four times.
    await expect.poll(() => asked, { timeout: 120_000 }).toBeGreaterThan(8);
    await new Promise((resolve) => deaf.close(resolve));
    part.start();
    Object.assign(seen, { killed: pid, askedInVain: asked, pod: at.uid });
    expect(await told.ended).toEqual({ code: 3, oom: false });
    expectWhole(told.lines);
    expect((await chaos.pods()).map(({ metadata }) => metadata.uid)).toEqual([at.uid]);
    return `exit 3, all ${told.lines.length} lines once, the same pod`;
  });

  fault(chaos, 'the registry is killed while a node is in the middle of a layer, and comes back', async (seen) => {
    const work = await chaos.work(await chaos.open());
    const content = randomBytes(LARGE);
    await work.put(packFiles([{ path: 'large', content }]));
    const lines: string[] = [];
    const ended = work.run({ argv: ['sh', '-c', 'sha256sum < large; exit 3'], keep: [], signal: never, line: (text) => lines.push(text) });
    ended.catch(() => undefined);
    const { pid } = part;
    const { file, bytes } = await killInMiddle(join(cluster.layout.dir, 'containerd/root/io.containerd.content.v1.content/ingest'));
    const [total, ref] = ['total', 'ref'].map((name) => readFileSync(join(file, name), 'utf8'));
    expect(bytes).toBeLessThan(Number(total));
    Object.assign(seen, { killed: pid, layer: ref, arrived: bytes, of: Number(total) });
    await expect.poll(async () => {
      const [pod] = await chaos.pods();
      Object.assign(seen, { pod: pod?.metadata.uid, waiting: pod?.status?.containerStatuses?.[0]?.state?.waiting?.reason, event: (await chaos.events(pod?.metadata.uid)).find((text) => text.startsWith('Failed: Failed to pull')) });
      return seen['event'] !== undefined && seen['waiting'];
    }, { timeout: 120_000, interval: 250 }).toMatch(/ErrImagePull|ImagePullBackOff/);
    part.start();
    expect(await ended).toEqual({ code: 3, oom: false });
    expect(lines.filter((line) => !line.startsWith('crpm: '))).toEqual([`${sha256(content)}  -`]);
    expect((await chaos.pods()).map(({ metadata }) => metadata.uid)).toEqual([seen['pod']]);
    return 'exit 3, and the pod had what was sent';
  });

  fault(chaos, 'the registry is down for good: no success, and the next program is well', async (seen) => {
    const work = await chaos.work(await chaos.open());
    const { pid } = part;
    await part.kill();
    expectGone(pid);
    Object.assign(seen, { killed: pid, registry: await answers() });
    const outcome = await failureSaying(work.put(packFiles([{ path: 'a', content: 'a' }])), new RegExp(cluster.registry), /reaches/);
    part.start();
    await expect.poll(answers).toBe('200');
    await work.put(packFiles([{ path: 'a', content: 'a' }]));
    const lines: string[] = [];
    expect(await work.run({ argv: ['cat', 'a'], signal: never, line: (text) => lines.push(text) })).toEqual({ code: 0, oom: false });
    expect(lines).toEqual(['a']);
    return outcome;
  });

  fault(chaos, 'a bit of what came out is flipped in the registry: refused by its digest', async (seen) => {
    const work = await chaos.work(await chaos.open());
    const content = `crpm-flip-${randomBytes(8).toString('hex')}`;
    await work.run({ argv: ['sh', '-c', 'echo "$0" > out', content], keep: ['out'], signal: never, line: () => {} });
    const [file, ...others] = chaos.blobsWith(content).filter((name) => !readFileSync(name).includes('"config"'));
    expect(others).toEqual([]);
    const bytes = readFileSync(file!);
    bytes[bytes.indexOf(content)]! ^= 1;
    writeFileSync(file!, bytes);
    Object.assign(seen, { flipped: file!.split('/').at(-2), isNow: sha256(bytes) });
    return failureSaying(chaos.take(work, 'out'), /another digest/, /registry/);
  });

  fault(chaos, 'the tag of the base image stands for another manifest: what it was made for is made anew', async (seen) => {
    const engine = await chaos.open();
    const client = new Registry(cluster.registry, { insecure: true });
    const images = client.repository('crpm');
    try {
      const before = await chaos.prepare(engine);
      const tag = (await images.listTags()).find((name) => name.startsWith('base-'))!;
      const other = (await client.repository('pause').getManifest('1'))!;
      const { layers, config } = JSON.parse(other.bytes.toString()) as { layers: readonly { digest: string }[]; config: { digest: string } };
      for (const { digest } of [...layers, config]) await images.mountBlob(digest, 'pause');
      await images.putManifest(other, tag);
      const now = (await images.getManifest(tag))!.descriptor.digest;
      Object.assign(seen, { tag, before, now });
      expect(now).not.toBe(before);
      expect(await chaos.prepare(await chaos.open())).toBe(before);
      await chaos.healthy(engine);
      return 'the image of before';
    } finally {
      client.close();
    }
  });
}

function names(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
