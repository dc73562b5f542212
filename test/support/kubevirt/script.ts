import { PINNED, type Stream } from './distribution.js';

interface TreeText {
  readonly name: string;
  /** Words as the script has them: `qemu-img-${QEMU_VERSION}`, or names. */
  readonly asks: readonly string[];
  /** The same, on one architecture only. */
  readonly x86_64?: readonly string[];
  readonly aarch64?: readonly string[];
  readonly s390x?: readonly string[];
  /** Architectures that have no such tree. */
  readonly not?: string;
  readonly ignores?: readonly string[];
  /** Without the packages that all images have. */
  readonly bare?: true;
}

const device = (name: string) => `qemu-kvm-device-${name}-\${QEMU_VERSION}`;

/** The image trees, in the order of the script. */
export const TREES: readonly TreeText[] = [
  { name: 'testimage', asks: ['qemu-img-${QEMU_VERSION}', 'tar', 'targetcli'] },
  { name: 'libvirt-devel', asks: ['libvirt-devel-${LIBVIRT_VERSION}'] },
  { name: 'libnbd-devel', asks: ['libnbd-devel-${LIBNBD_VERSION}'] },
  { name: 'sandboxroot', asks: ['findutils', 'gcc', 'python3'] },
  {
    name: 'launcherbase',
    asks: [
      'libvirt-client-${LIBVIRT_VERSION}', 'libvirt-daemon-driver-qemu-${LIBVIRT_VERSION}', 'passt-${PASST_VERSION}', 'qemu-kvm-core-${QEMU_VERSION}', device('usb-host'), 'swtpm-tools-${SWTPM_VERSION}',
      'virtiofsd-${VIRTIOFSD_VERSION}', 'libnbd-${LIBNBD_VERSION}', 'findutils', 'nftables', 'tar',
    ],
    x86_64: ['edk2-ovmf-${EDK2_VERSION}', device('display-virtio-gpu'), device('display-virtio-vga'), device('display-virtio-gpu-pci'), device('usb-redirect'), 'seabios-${SEABIOS_VERSION}'],
    aarch64: ['edk2-aarch64-${EDK2_VERSION}', device('usb-redirect'), device('display-virtio-gpu'), device('display-virtio-gpu-pci')],
    s390x: [device('display-virtio-gpu'), device('display-virtio-gpu-ccw')],
    ignores: ['^mozjs60', 'python'],
  },
  { name: 'handlerbase', asks: ['qemu-img-${QEMU_VERSION}', 'findutils', 'iproute', 'nftables', 'tar'], ignores: ['python'] },
  { name: 'passt_tree', asks: ['passt-${PASST_VERSION}'], bare: true },
  {
    name: 'libguestfs-tools',
    not: 'aarch64',
    asks: ['libguestfs-${LIBGUESTFS_VERSION}', 'guestfs-tools-${GUESTFSTOOLS_VERSION}', 'libvirt-daemon-driver-qemu-${LIBVIRT_VERSION}', 'qemu-kvm-core-${QEMU_VERSION}'],
    x86_64: ['edk2-ovmf-${EDK2_VERSION}', 'seabios-${SEABIOS_VERSION}'],
    s390x: ['edk2-ovmf-${EDK2_VERSION}'],
    ignores: ['^(kernel-|linux-firmware)', '^dbus'],
  },
  { name: 'exportserverbase', asks: ['tar'] },
  // The one of the QEMU packages that no version is asked of.
  { name: 'pr-helper', not: 's390x', asks: ['qemu-pr-helper'] },
  { name: 'sidecar-shim', asks: ['python3'] },
];

const COMMON = ['acl', 'curl'];

export function treesOn(arch: 'x86_64' | 'aarch64' | 's390x'): readonly { readonly name: string; readonly asks: readonly string[] }[] {
  return TREES.filter(({ not }) => not !== arch).map((tree) => ({ name: tree.name, asks: [...(tree.bare ? [] : COMMON), ...tree.asks, ...(tree[arch] ?? [])] }));
}

const variableOf = (name: string, part: string) => `${name.replaceAll('-', '')}_${part}`;

/**
 * A `hack/rpm-deps.sh` that does what KubeVirt's does, in the shapes that it has: defaults by stream, lists in variables, some by architecture, one block an
 * architecture that SINGLE_ARCH leaves out, and at the end what no tree names is removed.
 */
export function rpmDepsScript(): string {
  const defaults = (stream: Stream) => PINNED.map(({ variable, evr }) => `    ${variable}=\${${variable}:-${evr[stream]}}`).join('\n');
  const list = (name: string, words: readonly string[]) => `${name}="\n${words.map((word) => `  ${word}\n`).join('')}"\n`;
  const lists = TREES.flatMap((tree) => [
    list(variableOf(tree.name, 'main'), tree.asks),
    ...(['x86_64', 'aarch64', 's390x'] as const).flatMap((arch) => (tree[arch] ? [list(variableOf(tree.name, arch), tree[arch])] : [])),
  ]);
  return `#!/usr/bin/env bash

set -ex

source hack/common.sh

KUBEVIRT_CENTOS_STREAM_VERSION=\${KUBEVIRT_CENTOS_STREAM_VERSION:-9}
TARGET_SUFFIX="_cs\${KUBEVIRT_CENTOS_STREAM_VERSION}"

if [ "\${KUBEVIRT_CENTOS_STREAM_VERSION}" = "10" ]; then
${defaults(10)}
else
${defaults(9)}
fi

SINGLE_ARCH=\${SINGLE_ARCH:-""}
BASESYSTEM=\${BASESYSTEM:-"centos-stream-release"}

bazeldnf_repos="--repofile rpm/repo-cs\${KUBEVIRT_CENTOS_STREAM_VERSION}.yaml"
if [ "\${CUSTOM_REPO}" ]; then
    bazeldnf_repos="--repofile \${CUSTOM_REPO} \${bazeldnf_repos}"
fi

# What all images have.
${list('centos_main', COMMON)}
${lists.join('\n')}
bazel run \\
    --config=\${ARCHITECTURE} \\
    //:bazeldnf -- fetch \\
    \${bazeldnf_repos}
${(['x86_64', 'aarch64', 's390x'] as const).map(block).join('')}`;
}

function block(arch: 'x86_64' | 'aarch64' | 's390x'): string {
  const calls = TREES.filter(({ not }) => not !== arch).map((tree) => {
    const words = [...(tree.bare ? [] : ['centos_main']), variableOf(tree.name, 'main'), ...(tree[arch] ? [variableOf(tree.name, arch)] : [])];
    return `
    bazel run \\
        --config=\${ARCHITECTURE} \\
        //:bazeldnf -- rpmtree \\
        --public --nobest \\
        --name ${tree.name}_${arch}\${TARGET_SUFFIX}${arch === 'x86_64' ? '' : ` --arch ${arch}`} \\
        --basesystem \${BASESYSTEM} \\
${(tree.ignores ?? []).map((pattern) => `        --force-ignore-with-dependencies '${pattern}' \\\n`).join('')}        \${bazeldnf_repos} \\
${words.map((word) => `        $${word}`).join(' \\\n')}
`;
  });
  return `
if [ -z "\${SINGLE_ARCH}" ] || [ "\${SINGLE_ARCH}" == "${arch}" ]; then
${calls.join('')}
    # remove all RPMs which are no longer named by a tree
    bazel run \\
        --config=\${ARCHITECTURE} \\
        //:bazeldnf -- prune
fi
`;
}
