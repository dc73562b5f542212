import { cpSync, mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { GraphNode, Json, NodeContext, NodeOutput, WorkspacePaths } from '@crpm/core';
import type { PublishedRepo } from '../../../src/facts.js';
import type { RpmDepsFact, VerifyFact } from '../../../src/kubevirt/facts.js';
import { rpmDepsKind } from '../../../src/kubevirt/rpm-deps-kind.js';
import { verifyKind } from '../../../src/kubevirt/verify-kind.js';
import type { RpmDepsParams } from '../../../src/params.js';
import { startServer, stopServer } from '../../../src/serve/control.js';
import { bundleServer } from '../../serve/support/server-entry.js';
import { publishFolders, publishRpms, type RepoFolder } from './rpms.js';
import { temporaryFolder } from '../../serve/support/temporary.js';

const EXAMPLE = fileURLToPath(new URL('../../../../../examples/quickstart/kubevirt', import.meta.url));
let serverEntry: Promise<string> | undefined;

/** A workspace with its server, a KubeVirt tree, and the last three nodes of the graph, run without the runner. */
export class Rig {
  readonly root = temporaryFolder('kubevirt');
  readonly tree = join(this.root, 'kubevirt');
  readonly workspace: WorkspacePaths;
  readonly lines: string[] = [];
  readonly statuses: string[] = [];
  readonly warnings: string[] = [];
  private repos: readonly PublishedRepo[] = [];
  private rpmDepsFact: RpmDepsFact | undefined;
  baseUrl = '';

  constructor(
    readonly params: Omit<RpmDepsParams, 'kubevirt'>,
    readonly env: NodeJS.ProcessEnv,
    source = EXAMPLE,
  ) {
    const id = `kv-${this.root.slice(-6)}`;
    this.workspace = { id, state: join(this.root, 'state', id), cache: join(this.root, 'cache') };
    for (const dir of [this.workspace.state, this.workspace.cache]) mkdirSync(dir, { recursive: true });
    cpSync(source, this.tree, { recursive: true, verbatimSymlinks: true });
  }

  get kubevirtParams(): RpmDepsParams {
    return { ...this.params, kubevirt: this.tree };
  }

  async serve(rpms: Parameters<typeof publishRpms>[1]): Promise<void> {
    this.repos = await publishRpms(this.workspace, rpms);
    await this.startServer();
  }

  async serveFolders(folders: readonly RepoFolder[]): Promise<void> {
    this.repos = await publishFolders(this.workspace, folders);
    await this.startServer();
  }

  /** `port`: from now on at this one. */
  async startServer(port?: number): Promise<void> {
    const server = await startServer({ workspace: this.workspace, serverEntry: await (serverEntry ??= bundleServer()), ...(port === undefined ? {} : { port }) });
    this.baseUrl = server.baseUrl;
  }

  async rpmDeps(signal?: AbortSignal): Promise<RpmDepsFact> {
    const context = this.context('rpm-deps', signal);
    return (this.rpmDepsFact = (await rpmDepsKind({ env: this.env }).run(this.kubevirtParams, context)) as RpmDepsFact);
  }

  async verify(): Promise<VerifyFact> {
    return (await verifyKind({ env: this.env }).run(this.kubevirtParams, this.context('verify'))) as unknown as VerifyFact;
  }

  stale(fact: RpmDepsFact): Promise<string | undefined> {
    return rpmDepsKind({ env: this.env }).stale!(this.kubevirtParams, output(fact), this.context('rpm-deps')); // it has one
  }

  async close(): Promise<void> {
    await stopServer({ workspace: this.workspace });
  }

  private context(node: string, signal = new AbortController().signal): NodeContext {
    const out = mkdtempSync(join(this.root, 'out-'));
    return {
      node: { id: node, kind: node, title: node, needs: [], params: {} } satisfies GraphNode,
      needs: new Map<string, NodeOutput>([
        ['createrepo', output({ generation: 'g', repos: this.repos })],
        ['serve', output({ mode: 'process' })],
        ...(this.rpmDepsFact ? [['rpm-deps', output(this.rpmDepsFact)] as const] : []),
      ]),
      workspace: this.workspace,
      signal,
      out,
      engine: () => Promise.reject(new Error('no engine here')),
      report: { line: (text) => this.lines.push(text), status: (text) => this.statuses.push(text), warn: (text) => this.warnings.push(text) },
      budget: { jobs: 1 },
      runId: 'run',
    };
  }
}

function output(data: Json): NodeOutput {
  return { dir: '/nonexistent', files: [], data, digest: 'sha256:0' };
}

/** Params for the quickstart's tree. */
export const EXAMPLE_PARAMS: Omit<RpmDepsParams, 'kubevirt'> = {
  streams: [{ basesystem: 'centos-stream-9', stream: 9, kubevirtBasesystem: 'centos-stream-release', versions: {} }],
  arches: ['x86_64'],
  mode: 'script',
  crossArchEmulation: false,
  allowOfficial: [],
  packages: [
    { name: 'libvirt', pin: { variable: 'LIBVIRT_VERSION', rpms: { x86_64: ['libvirt-devel', 'libvirt-client', 'libvirt-daemon-driver-qemu'], aarch64: [], s390x: [] } } },
    {
      name: 'qemu',
      pin: {
        variable: 'QEMU_VERSION',
        rpms: {
          x86_64: ['qemu-img', 'qemu-kvm-core', 'qemu-kvm-device-usb-host', 'qemu-kvm-device-display-virtio-gpu', 'qemu-kvm-device-display-virtio-vga', 'qemu-kvm-device-display-virtio-gpu-pci', 'qemu-kvm-device-usb-redirect'],
          aarch64: [],
          s390x: [],
        },
      },
    },
  ],
};
