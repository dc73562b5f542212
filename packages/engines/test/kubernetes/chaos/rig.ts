import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { extractTar } from '@crpm/archive';
import type { Engine, Exit, KubernetesConfig, Work, WorkOptions } from '@crpm/core';
import type { Patience } from '@crpm/engines/kubernetes/follow';
import type { Job, KubeEvent, KubeObject, Pod } from '@crpm/engines/kubernetes/objects';
import { execa } from 'execa';
import { beforeAll, expect } from 'vitest';
import type { TestCluster } from '../../../../../test/support/kubernetes/cluster.js';

export interface ChaosRig {
  readonly cluster: TestCluster;
  readonly open: (more?: KubernetesConfig, env?: NodeJS.ProcessEnv, patience?: Patience) => Promise<Engine>;
  readonly reference: string;
}

/** A container that runs for us. */
export interface Running {
  readonly pod: string;
  readonly uid: string;
  readonly node: string;
  readonly container: string;
}

/** A program that goes on until it is told to. */
export interface Told {
  readonly lines: string[];
  readonly started: Promise<void>;
  readonly ended: Promise<Exit>;
}

export const never = new AbortController().signal;
export const SHORT: Patience = { image: 2_000, container: 2_000, quota: 2_000, schedule: 600_000 };
const DEFAULT = '/api/v1/namespaces/default';

/** What all faults are made with: engines on the tests' cluster, a program that waits, and a look behind the cluster's back. */
export class Chaos {
  readonly labels = { workspace: `chaos-${process.pid}`, run: 'run1', node: 'qemu.rpmbuild' };
  readonly cluster: TestCluster;
  /** Sockets of the containerds of nodes. */
  readonly sockets = new Map<string, string>();
  private readonly engines: Engine[] = [];
  private image = '';
  private scratch = '';
  private count = 0;

  constructor(private readonly rig: ChaosRig) {
    this.cluster = rig.cluster;
    this.sockets.set(rig.cluster.node, join(rig.cluster.layout.dir, 'containerd.sock'));
    beforeAll(async () => {
      this.scratch = mkdtempSync(join(tmpdir(), 'crpm-chaos-'));
      const engine = await rig.open();
      this.image = await this.prepare(engine);
      await engine.close();
      return () => rmSync(this.scratch, { recursive: true, force: true });
    });
  }

  async open(...given: Parameters<ChaosRig['open']>): Promise<Engine> {
    const engine = await this.rig.open(...given);
    this.engines.push(engine);
    return engine;
  }

  /** The id of the base image. */
  async prepare(engine: Engine): Promise<string> {
    return (await engine.prepareImage({ kind: 'image', reference: this.rig.reference, pull: false }, { labels: this.labels, arch: engine.arch, signal: never, line: () => {} })).id;
  }

  async close(): Promise<void> {
    for (const engine of this.engines.splice(0)) await engine.close();
  }

  work(engine: Engine, more: Partial<Pick<WorkOptions, 'memory' | 'image'>> = {}): Promise<Work> {
    return engine.openWork({ image: this.image, arch: engine.arch, labels: this.labels, signal: never, ...more });
  }

  /** Says so when it runs; when it is told to go on it writes a file, in which each copy has something of its own, and ends with 3. */
  start(work: Work): Told {
    const lines: string[] = [];
    let started!: () => void;
    const begun = new Promise<void>((resolve) => (started = resolve));
    const script = 'cat /proc/sys/kernel/random/uuid > /tmp/id; echo begun; n=0; until [ -e /tmp/go ]; do n=$((n+1)); echo "line $n"; sleep 0.5; done; cp /tmp/id made; echo last; exit 3';
    const ended = work.run({ argv: ['sh', '-c', script], signal: never, line: (text) => {
        // A node that was away may keep a pod waiting, which crpm tells.
        if (!text.startsWith('crpm: the pod waits: ')) lines.push(text);
        if (text === 'begun') started();
      } });
    ended.catch(() => undefined);
    return { lines, started: Promise.race([begun, ended.then(() => undefined)]), ended };
  }

  /** Starts that program and waits until it runs: what it said, and the container that the cluster tells of. */
  async running(work: Work): Promise<{ readonly told: Told; readonly at: Running }> {
    const told = this.start(work);
    await told.started;
    return { told, at: await this.container() };
  }

  /** The only container that runs for us, but for those named. */
  async container(...but: readonly Running[]): Promise<Running> {
    const find = async () => (await this.pods()).filter(({ metadata, status }) => !but.some(({ uid }) => uid === metadata.uid) && status?.containerStatuses?.[0]?.state?.running);
    await expect.poll(async () => (await find()).length, { timeout: 180_000, interval: 250 }).toBe(1);
    const [pod] = await find();
    const status = pod!.status!.containerStatuses![0] as { readonly containerID?: string };
    return { pod: pod!.metadata.name, uid: pod!.metadata.uid ?? '', node: pod!.spec?.nodeName ?? '', container: status.containerID?.replace('containerd://', '') ?? '' };
  }

  async ctr(node: string, ...argv: string[]): Promise<string> {
    return (await execa('ctr', ['-a', this.sockets.get(node)!, '-n', 'k8s.io', ...argv])).stdout;
  }

  /** Whoever is away: past the API server and the kubelet. */
  exec({ node, container }: Running, script: string): Promise<string> {
    return this.ctr(node, 'tasks', 'exec', '--exec-id', `e${process.pid}-${this.count++}`, container, 'sh', '-c', script);
  }

  goOn(at: Running): Promise<string> {
    return this.exec(at, 'touch /tmp/go');
  }

  /** `RUNNING 1234`: what containerd says of it. */
  async taskOf({ node, container }: Running): Promise<string> {
    const [, pid = '', state = 'GONE'] = (await this.ctr(node, 'tasks', 'ls')).split('\n').map((line) => line.split(/\s+/)).find(([id]) => id === container) ?? [];
    return `${state} ${pid}`.trim();
  }

  /** What lies in a work under a name. */
  async take(work: Work, name: string): Promise<Buffer> {
    const dir = join(this.scratch, String(this.count++));
    await extractTar(await work.get(name), dir);
    return readFileSync(join(dir, name));
  }

  pods(): Promise<readonly Pod[]> {
    return this.list<Pod>(`${DEFAULT}/pods`);
  }

  jobs(): Promise<readonly Job[]> {
    return this.list<Job>('/apis/batch/v1/namespaces/default/jobs');
  }

  /** The words of the cluster about an object. */
  async events(uid = ''): Promise<readonly string[]> {
    const { items } = await this.cluster.call<{ items: readonly KubeEvent[] }>('GET', `${DEFAULT}/events?fieldSelector=${encodeURIComponent(`involvedObject.uid=${uid}`)}`);
    return items.map(({ reason = '', message = '' }) => `${reason}: ${message.slice(0, 1000)}`);
  }

  /** All that is there of our workspace: a run that ended leaves nothing. */
  async leftovers(): Promise<readonly string[]> {
    const [jobs, pods, leases, maps, secrets] = await Promise.all([this.jobs(), this.pods(), this.list('/apis/coordination.k8s.io/v1/namespaces/default/leases'), this.list(`${DEFAULT}/configmaps`), this.list(`${DEFAULT}/secrets`)]);
    return Object.entries({ jobs, pods, leases, maps, secrets }).flatMap(([kind, items]) => items.map(({ metadata }) => `${kind}/${metadata.name}`));
  }

  /** Whether pods may go to a node. */
  async admit(node: string, pods: boolean): Promise<void> {
    await this.cluster.call('PATCH', `/api/v1/nodes/${node}`, { spec: { unschedulable: pods ? null : true } });
  }

  /** Files of the registry's blobs, those that were written last first. */
  blobs(): readonly { readonly file: string; readonly size: number }[] {
    const root = join(this.cluster.layout.dir, 'registry/docker/registry/v2/blobs/sha256');
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('/data')).map((name) => join(root, name));
    return files.map((file) => ({ file, ...pick(statSync(file)) })).sort((a, b) => b.mtimeMs - a.mtimeMs);
  }

  /** Those that hold a text, as far as they are small. */
  blobsWith(text: string): readonly string[] {
    return this.blobs().filter(({ file, size }) => size < 1024 * 1024 && readFileSync(file).includes(text)).map(({ file }) => file);
  }

  /** An engine that runs a program as if nothing had been. */
  async healthy(engine: Engine): Promise<void> {
    const work = await this.work(engine);
    expect(await work.run({ argv: ['true'], signal: never, line: () => {} })).toEqual({ code: 0, oom: false });
    await work.close();
  }

  private async list<T extends KubeObject>(path: string): Promise<readonly T[]> {
    return (await this.cluster.call<{ items: readonly T[] }>('GET', `${path}?labelSelector=${encodeURIComponent(`dev.crpm/workspace=${this.labels.workspace}`)}`)).items;
  }
}

const pick = ({ size, mtimeMs }: { readonly size: number; readonly mtimeMs: number }) => ({ size, mtimeMs });

/** Every line once and in order, as far as a program that counts tells it. */
export function expectWhole(lines: readonly string[]): void {
  expect(lines[0]).toBe('begun');
  expect(lines.at(-1)).toBe('last');
  expect(lines.slice(1, -1)).toEqual(lines.slice(1, -1).map((_, i) => `line ${i + 1}`));
  expect(lines.length).toBeGreaterThan(2);
}

/** That there is no such process any more. */
export function expectGone(pid: number): void {
  expect(existsSync(`/proc/${pid}`)).toBe(false);
}
