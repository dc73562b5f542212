import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Registry } from '@crpm/oci';
import { HttpApi } from '@crpm/engines/kubernetes/http-api';
import { findCluster } from '@crpm/engines/kubernetes/kubeconfig';
import { execa } from 'execa';
import { onPath } from '../dockerd.js';
import { kubernetes } from './build.js';
import { clearNode, isReady, makeCgroups, type NodeObject } from './node.js';
import { kubeconfig, makeAuthority, sign, type Identity } from './pki.js';
import { Program } from './program.js';
import { pushPause } from './push-image.js';
import { commands, registryOf, serverOf, writeSettings, type Layout } from './settings.js';

export type Part = keyof ReturnType<typeof commands>;

/** A Kubernetes of one node that the tests started, with a registry that its pods reach. */
export interface TestCluster {
  /** Path of a kubeconfig with all rights. */
  readonly kubeconfig: string;
  /** `10.214.0.1:5000`; it speaks plain http. */
  readonly registry: string;
  readonly node: string;
  readonly parts: Readonly<Record<Part, Program>>;
  readonly layout: Layout;
  /** The namespace `default`, with all rights. */
  api(namespace?: string): Promise<HttpApi>;
  /** Any call of its API, with all rights; the answer's body. */
  call<T = unknown>(method: string, path: string, body?: unknown): Promise<T>;
  /** A kubeconfig of somebody who has the rights that the cluster gives them: none, at first. */
  somebody(name: string): Promise<string>;
  stop(): Promise<void>;
}

const READY = 180_000;

/** Why no cluster can be started here; nothing if one can. */
export function cannotStartCluster(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'a cluster of the tests’ own needs Linux and root';
  if (existsSync('/sys/fs/cgroup/cgroup.controllers')) return 'the tests’ cluster was made for cgroup v1, and this machine has v2';
  const lacking = ['containerd', 'runc', 'docker-registry', 'ip', 'openssl', 'gcc', 'iptables'].filter((program) => !onPath(program));
  if (!existsSync('/usr/lib/cni/bridge')) lacking.push('the CNI plugins');
  return lacking.length === 0 ? undefined : `not installed: ${lacking.join(', ')} (Debian: containerd runc containernetworking-plugins docker-registry iproute2 openssl gcc iptables)`;
}

/** Starts one, or says why not. */
export async function startCluster(): Promise<TestCluster | { readonly skipped: string }> {
  const why = cannotStartCluster();
  if (why !== undefined) return { skipped: why };
  const executable = await kubernetes();
  if (executable === undefined) return { skipped: 'Kubernetes can’t be built here' };
  const id = randomBytes(3).toString('hex');
  const dir = mkdtempSync(join(tmpdir(), 'crpm-kubernetes-'));
  const [apiPort = 0, etcdPort = 0, etcdPeerPort = 0] = await freePorts(3);
  const prefix = await freeNetwork();
  const node = { dir, common: dir, pki: join(dir, 'pki'), prefix, address: `${prefix}.1`, node: `node-${id}`, cgroup: `crpm-${id}`, identity: 'kubelet' };
  const layout: Layout = { ...node, bridge: `crpmk${id}`, apiPort, etcdPort, etcdPeerPort };
  const parts = Object.fromEntries(Object.entries(commands(layout)).map(([name, argv]) => [name, new Program(name, dir, argv)])) as unknown as TestCluster['parts'];
  const stop = () => stopCluster(layout, parts);
  try {
    await bringUp(layout, parts, executable);
  } catch (error) {
    const tails = Object.values(parts).filter(({ pid, running }) => pid !== 0 && !running).map((part) => `${part.name}:\n${part.tail()}`);
    await stop();
    throw new Error(`the tests’ cluster did not come up: ${(error as Error).message}\n${tails.join('\n')}`, { cause: error });
  }
  const admin = join(layout.pki, 'admin.kubeconfig');
  return {
    kubeconfig: admin,
    registry: registryOf(layout),
    node: layout.node,
    parts,
    layout,
    api: (namespace = 'default') => open(admin, namespace),
    call: (method, path, body) => call(layout, method, path, body),
    somebody: async (name) => {
      await sign(layout.pki, { name, subject: `/CN=${name}` });
      return kubeconfig(layout.pki, name, serverOf(layout));
    },
    stop,
  };
}

async function open(file: string, namespace: string): Promise<HttpApi> {
  return new HttpApi(await findCluster({ namespace }, { KUBECONFIG: file }));
}

async function call<T>(layout: Layout, method: string, path: string, body?: unknown): Promise<T> {
  const [ca, cert, key] = ['ca.crt', 'admin.crt', 'admin.key'].map((name) => readFileSync(join(layout.pki, name)));
  const text = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const sent = request(`${serverOf(layout)}${path}`, { method, ca, cert, key, agent: false, headers: text === undefined ? {} : { 'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json', 'content-length': Buffer.byteLength(text) } }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () => {
        const said = Buffer.concat(chunks).toString();
        if ((answer.statusCode ?? 500) < 300) resolve((said.startsWith('{') ? JSON.parse(said) : said) as T);
        else reject(new Error(`${method} ${path}: ${answer.statusCode} ${said}`));
      });
    });
    sent.on('error', reject);
    sent.end(text);
  });
}

async function bringUp(layout: Layout, parts: TestCluster['parts'], executable: string): Promise<void> {
  const { dir, pki, prefix, node } = layout;
  for (const folder of [pki, join(dir, 'bin')]) mkdirSync(folder);
  for (const name of ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet']) await link(executable, join(dir, 'bin', name));
  await makeAuthority(pki);
  const clients: Identity[] = [
    { name: 'admin', subject: '/O=system:masters/CN=admin' },
    { name: 'controllers', subject: '/CN=system:kube-controller-manager' },
    { name: 'scheduler', subject: '/CN=system:kube-scheduler' },
    { name: 'kubelet', subject: `/O=system:nodes/CN=system:node:${node}` },
    { name: 'to-kubelet', subject: '/O=system:masters/CN=apiserver-kubelet' },
  ];
  const servers: Identity[] = [
    { name: 'apiserver', subject: '/CN=kube-apiserver', names: `DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,IP:127.0.0.1,IP:10.96.0.1,IP:${prefix}.1` },
    { name: 'kubelet-server', subject: `/CN=${node}`, names: `DNS:${node},IP:${prefix}.1` },
  ];
  for (const identity of [...clients, ...servers]) await sign(pki, identity);
  for (const { name } of clients) kubeconfig(pki, name, serverOf(layout));
  await makeNetwork(layout);
  makeCgroups(layout.cgroup);
  writeSettings(layout);
  for (const name of ['containerd', 'registry', 'etcd', 'apiserver'] as const) parts[name].start();
  const registry = new Registry(registryOf(layout), { insecure: true });
  await until('the registry', () => registry.ping());
  await pushPause(registry.repository('pause'));
  registry.close();
  // Not before it is all there: the controllers give up after ten seconds.
  await until('the API server', () => call(layout, 'GET', '/readyz'), parts.apiserver);
  for (const name of ['controllers', 'scheduler', 'kubelet'] as const) parts[name].start();
  await until('the node', async () => {
    if (!isReady(await call<NodeObject>(layout, 'GET', `/api/v1/nodes/${node}`))) throw new Error('not ready');
    await call(layout, 'GET', '/api/v1/namespaces/default/serviceaccounts/default');
  }, parts.kubelet);
}

async function until(what: string, ask: () => Promise<unknown>, part?: Program): Promise<void> {
  for (const end = Date.now() + READY; ; await delay(150)) {
    try {
      await ask();
      return;
    } catch (error) {
      if (part && !part.running) throw new Error(`${part.name} ended`, { cause: error });
      if (Date.now() > end) throw new Error(`${what} is not ready: ${(error as Error).message}`, { cause: error });
    }
  }
}

async function makeNetwork({ bridge, prefix }: Layout): Promise<void> {
  await execa('ip', ['link', 'add', bridge, 'type', 'bridge']);
  await execa('ip', ['address', 'add', `${prefix}.1/24`, 'dev', bridge]);
  await execa('ip', ['link', 'set', bridge, 'up']);
  // Where br_netfilter is on, Docker's rule would keep pods apart.
  await execa('iptables', ['-I', 'FORWARD', '-i', bridge, '-o', bridge, '-j', 'ACCEPT']);
}

async function stopCluster(layout: Layout, parts: TestCluster['parts']): Promise<void> {
  const { dir, bridge } = layout;
  for (const name of ['kubelet', 'scheduler', 'controllers', 'apiserver', 'etcd', 'registry', 'containerd'] as const) await parts[name].kill();
  await clearNode(layout);
  await execa('ip', ['link', 'delete', bridge], { reject: false });
  await execa('iptables', ['-D', 'FORWARD', '-i', bridge, '-o', bridge, '-j', 'ACCEPT'], { reject: false });
  rmSync(dir, { recursive: true, force: true });
}

async function link(from: string, to: string): Promise<void> {
  try {
    linkSync(from, to);
  } catch {
    await execa('cp', [from, to]);
  }
}

async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  const ports = servers.map((one) => (one.address() as { port: number }).port);
  await Promise.all(servers.map((one) => new Promise((resolve) => one.close(resolve))));
  return ports;
}

async function freeNetwork(): Promise<string> {
  const { stdout } = await execa('ip', ['-4', '-o', 'address']);
  for (let i = 0; i < 200; i++) {
    const prefix = `10.214.${i}`;
    if (!stdout.includes(`${prefix}.`) && (await claim(prefix))) return prefix;
  }
  throw new Error('no free network for the tests’ cluster');
}

/** Of several clusters that start at once each gets another network: a name in no file system, which one process has, and which dies with it. */
function claim(prefix: string): Promise<boolean> {
  const holder = createServer().unref();
  return new Promise((resolve) => {
    holder.once('error', () => resolve(false));
    holder.listen(`\0crpm-test-${prefix}`, () => resolve(true));
  });
}
