import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a node of a cluster calls itself, and where its parts keep what they have. */
export interface NodeLayout {
  readonly dir: string;
  /** Of the cluster: what all its nodes share. */
  readonly common: string;
  readonly pki: string;
  /** First three numbers of the pods' network. */
  readonly prefix: string;
  /** `10.214.0.1` */
  readonly address: string;
  readonly node: string;
  readonly cgroup: string;
  /** Name of the kubelet's credentials; those that it serves with are `NAME-server`. */
  readonly identity: string;
}

/** Where a cluster's parts listen, and its first node, which is the machine itself: `.1` in the pods' network. */
export interface Layout extends NodeLayout {
  readonly bridge: string;
  readonly apiPort: number;
  readonly etcdPort: number;
  readonly etcdPeerPort: number;
}

export const registryOf = ({ prefix }: Pick<Layout, 'prefix'>): string => `${prefix}.1:5000`;
export const serverOf = ({ apiPort }: Pick<Layout, 'apiPort'>): string => `https://127.0.0.1:${apiPort}`;

export function writeSettings(layout: Layout): void {
  const { dir } = layout;
  for (const folder of ['cni', 'certs']) mkdirSync(join(dir, folder), { recursive: true });
  writeFileSync(join(dir, 'cni', '10-test.conflist'), JSON.stringify(network(layout)));
  const registry = registryOf(layout);
  mkdirSync(join(dir, 'certs', registry), { recursive: true });
  writeFileSync(join(dir, 'certs', registry, 'hosts.toml'), `server = "http://${registry}"\n[host."http://${registry}"]\ncapabilities = ["pull", "resolve"]\n`);
  writeFileSync(join(dir, 'registry.yml'), JSON.stringify({ version: '0.1', log: { level: 'warn' }, storage: { filesystem: { rootdirectory: join(dir, 'registry') }, delete: { enabled: true } }, http: { addr: registry } }));
  writeNodeSettings(layout);
}

export function writeNodeSettings(layout: NodeLayout): void {
  const { dir } = layout;
  mkdirSync(join(dir, 'podlogs'), { recursive: true });
  writeFileSync(join(dir, 'containerd.toml'), containerd(layout));
  writeFileSync(join(dir, 'kubelet.yaml'), JSON.stringify(kubelet(layout)));
}

function network({ bridge, prefix, dir }: Layout) {
  const ipam = { type: 'host-local', dataDir: join(dir, 'addresses'), ranges: [[{ subnet: `${prefix}.0/24`, gateway: `${prefix}.1`, rangeEnd: `${prefix}.249` }]], routes: [{ dst: '0.0.0.0/0' }] };
  return { cniVersion: '1.0.0', name: bridge, plugins: [{ type: 'bridge', bridge, isGateway: true, ipMasq: false, ipam }] };
}

/** Without the right to lower anybody's OOM score, and with mounts below our folder, so that they can be found. */
function containerd(layout: NodeLayout): string {
  const { dir, common } = layout;
  return `version = 2
root = "${dir}/containerd/root"
state = "${dir}/containerd/state"
[grpc]
address = "${dir}/containerd.sock"
[plugins."io.containerd.internal.v1.opt"]
path = "${dir}/containerd/opt"
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "${registryOf(layout)}/pause:1"
restrict_oom_score_adj = true
netns_mounts_under_state_dir = true
disable_apparmor = true
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/usr/lib/cni"
conf_dir = "${common}/cni"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".registry]
config_path = "${common}/certs"
`;
}

function kubelet({ dir, pki, prefix, address, cgroup, identity }: NodeLayout) {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address,
    healthzPort: 0,
    containerRuntimeEndpoint: `unix://${dir}/containerd.sock`,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${cgroup}`,
    failCgroupV1: false,
    failSwapOn: false,
    enforceNodeAllocatable: [],
    authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: join(pki, 'ca.crt') } },
    authorization: { mode: 'Webhook' },
    tlsCertFile: join(pki, `${identity}-server.crt`),
    tlsPrivateKeyFile: join(pki, `${identity}-server.key`),
    clusterDomain: 'cluster.local',
    clusterDNS: [`${prefix}.1`],
    resolvConf: '',
    podLogsDir: join(dir, 'podlogs'),
    // By default a pod that fills its disk is noticed a minute later.
    volumeStatsAggPeriod: '5s',
    volumePluginDir: join(dir, 'volume-plugins'),
    makeIPTablesUtilChains: false,
    // The disk of a test machine may be fuller than a node's should be.
    evictionHard: { 'memory.available': '50Mi', 'nodefs.available': '0%', 'imagefs.available': '0%', 'nodefs.inodesFree': '0%', 'imagefs.inodesFree': '0%' },
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
  };
}

/** Command lines of the parts, by the names under which the executable is linked in `bin`. */
export function commands(layout: Layout): Readonly<Record<'containerd' | 'registry' | 'etcd' | 'apiserver' | 'controllers' | 'scheduler' | 'kubelet', readonly string[]>> {
  const { dir, pki, prefix, apiPort, etcdPort, etcdPeerPort } = layout;
  const bin = (name: string) => join(dir, 'bin', name);
  const key = (name: string) => join(pki, name);
  const [client, peer] = [etcdPort, etcdPeerPort].map((port) => `http://127.0.0.1:${port}`);
  const as = (name: string) => ['--kubeconfig', '--authentication-kubeconfig', '--authorization-kubeconfig'].map((option) => `${option}=${key(`${name}.kubeconfig`)}`);
  return {
    ...nodeCommands(layout),
    registry: ['docker-registry', 'serve', join(dir, 'registry.yml')],
    etcd: [bin('etcd'), '--name=test', `--data-dir=${join(dir, 'etcd')}`, '--unsafe-no-fsync', '--log-level=warn', `--listen-client-urls=${client}`, `--advertise-client-urls=${client}`, `--listen-peer-urls=${peer}`, `--initial-advertise-peer-urls=${peer}`, `--initial-cluster=test=${peer}`],
    apiserver: [
      bin('kube-apiserver'),
      ...[`--etcd-servers=${client}`, '--bind-address=0.0.0.0', `--secure-port=${apiPort}`, `--advertise-address=${prefix}.1`],
      ...[`--tls-cert-file=${key('apiserver.crt')}`, `--tls-private-key-file=${key('apiserver.key')}`, `--client-ca-file=${key('ca.crt')}`],
      ...['--service-account-issuer=https://kubernetes.default.svc', `--service-account-key-file=${key('accounts.pub')}`, `--service-account-signing-key-file=${key('accounts.key')}`],
      ...['--service-cluster-ip-range=10.96.0.0/16', '--authorization-mode=Node,RBAC', '--enable-admission-plugins=NodeRestriction', '--enable-priority-and-fairness=false'],
      ...[`--kubelet-client-certificate=${key('to-kubelet.crt')}`, `--kubelet-client-key=${key('to-kubelet.key')}`, `--kubelet-certificate-authority=${key('ca.crt')}`, '--kubelet-preferred-address-types=InternalIP'],
    ],
    controllers: [bin('kube-controller-manager'), ...as('controllers'), '--secure-port=0', '--leader-elect=false', '--use-service-account-credentials', '--kube-api-qps=1000', '--kube-api-burst=1000', `--root-ca-file=${key('ca.crt')}`, `--service-account-private-key-file=${key('accounts.key')}`, `--flex-volume-plugin-dir=${join(dir, 'flex')}`],
    scheduler: [bin('kube-scheduler'), ...as('scheduler'), '--secure-port=0', '--leader-elect=false', '--kube-api-qps=1000', '--kube-api-burst=1000'],
  };
}

export function nodeCommands({ dir, common, pki, address, node, identity }: NodeLayout): Readonly<Record<'containerd' | 'kubelet', readonly string[]>> {
  const settings = [`--config=${join(dir, 'kubelet.yaml')}`, `--kubeconfig=${join(pki, `${identity}.kubeconfig`)}`, `--hostname-override=${node}`, `--node-ip=${address}`, `--root-dir=${join(dir, 'kubelet')}`, `--cert-dir=${join(dir, 'kubelet-pki')}`];
  return { containerd: ['containerd', '--config', join(dir, 'containerd.toml')], kubelet: [join(common, 'bin', 'kubelet'), ...settings] };
}
