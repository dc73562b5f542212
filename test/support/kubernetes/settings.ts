import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where a cluster's parts listen, and what they call themselves. */
export interface Layout {
  readonly dir: string;
  readonly pki: string;
  readonly bridge: string;
  /** First three numbers of the pods' network; the machine itself is `.1` in it. */
  readonly prefix: string;
  readonly node: string;
  readonly cgroup: string;
  readonly apiPort: number;
  readonly etcdPort: number;
  readonly etcdPeerPort: number;
}

export const registryOf = ({ prefix }: Layout): string => `${prefix}.1:5000`;

export function writeSettings(layout: Layout): void {
  const { dir } = layout;
  for (const folder of ['cni', 'certs', 'podlogs']) mkdirSync(join(dir, folder), { recursive: true });
  writeFileSync(join(dir, 'cni', '10-test.conflist'), JSON.stringify(network(layout)));
  const registry = registryOf(layout);
  mkdirSync(join(dir, 'certs', registry), { recursive: true });
  writeFileSync(join(dir, 'certs', registry, 'hosts.toml'), `server = "http://${registry}"\n[host."http://${registry}"]\ncapabilities = ["pull", "resolve"]\n`);
  writeFileSync(join(dir, 'containerd.toml'), containerd(layout));
  writeFileSync(join(dir, 'registry.yml'), JSON.stringify({ version: '0.1', log: { level: 'warn' }, storage: { filesystem: { rootdirectory: join(dir, 'registry') }, delete: { enabled: true } }, http: { addr: registry } }));
  writeFileSync(join(dir, 'kubelet.yaml'), JSON.stringify(kubelet(layout)));
}

function network({ bridge, prefix, dir }: Layout) {
  const ipam = { type: 'host-local', dataDir: join(dir, 'addresses'), ranges: [[{ subnet: `${prefix}.0/24`, gateway: `${prefix}.1` }]], routes: [{ dst: '0.0.0.0/0' }] };
  return { cniVersion: '1.0.0', name: bridge, plugins: [{ type: 'bridge', bridge, isGateway: true, ipMasq: false, ipam }] };
}

/** Without the right to lower anybody's OOM score, and with mounts below our folder, so that they can be found. */
function containerd(layout: Layout): string {
  const { dir } = layout;
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
conf_dir = "${dir}/cni"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".registry]
config_path = "${dir}/certs"
`;
}

function kubelet({ dir, pki, prefix, cgroup }: Layout) {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: `${prefix}.1`,
    healthzPort: 0,
    containerRuntimeEndpoint: `unix://${dir}/containerd.sock`,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${cgroup}`,
    failCgroupV1: false,
    failSwapOn: false,
    enforceNodeAllocatable: [],
    authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: join(pki, 'ca.crt') } },
    authorization: { mode: 'Webhook' },
    tlsCertFile: join(pki, 'kubelet-server.crt'),
    tlsPrivateKeyFile: join(pki, 'kubelet-server.key'),
    clusterDomain: 'cluster.local',
    clusterDNS: [`${prefix}.1`],
    resolvConf: '',
    podLogsDir: join(dir, 'podlogs'),
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
  const { dir, pki, prefix, node, apiPort, etcdPort, etcdPeerPort } = layout;
  const bin = (name: string) => join(dir, 'bin', name);
  const key = (name: string) => join(pki, name);
  const [client, peer] = [etcdPort, etcdPeerPort].map((port) => `http://127.0.0.1:${port}`);
  const as = (name: string) => ['--kubeconfig', '--authentication-kubeconfig', '--authorization-kubeconfig'].map((option) => `${option}=${key(`${name}.kubeconfig`)}`);
  return {
    containerd: ['containerd', '--config', join(dir, 'containerd.toml')],
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
    kubelet: [bin('kubelet'), `--config=${join(dir, 'kubelet.yaml')}`, `--kubeconfig=${key('kubelet.kubeconfig')}`, `--hostname-override=${node}`, `--node-ip=${prefix}.1`, `--root-dir=${join(dir, 'kubelet')}`, `--cert-dir=${join(dir, 'kubelet-pki')}`],
  };
}
