import type { Arch } from '@crpm/core';

/** The CentOS Streams that KubeVirt's trees are made for. */
export const STREAMS = [9, 10] as const;
export type Stream = (typeof STREAMS)[number];
export const ARCHES: readonly Arch[] = ['x86_64', 'aarch64', 's390x'];

/** One RPM of the distribution, the same on each architecture that has it. */
export interface DistributionRpm {
  readonly name: string;
  /** Names of any version. */
  readonly requires?: readonly string[];
  /** RPMs of the same source that it wants in its own version. */
  readonly exact?: readonly string[];
  /** Absent: all. */
  readonly arches?: readonly Arch[];
  readonly noarch?: boolean;
}

/** A source package whose version KubeVirt pins by a variable. */
export interface PinnedSource {
  /** As crpm's config names it. */
  readonly package: string;
  /** Name of the source RPM. */
  readonly source: string;
  readonly variable: string;
  /** The version that the script asks for where nothing else is said, which is what the distribution has. */
  readonly evr: Readonly<Record<Stream, string>>;
  readonly rpms: readonly DistributionRpm[];
}

const device = (name: string, arches?: readonly Arch[]): DistributionRpm => ({ name: `qemu-kvm-device-${name}`, exact: ['qemu-kvm-common'], ...(arches ? { arches } : {}) });

/** The virtualization stack: the RPMs that KubeVirt's trees hold of it, and what binds them to each other. */
export const PINNED: readonly PinnedSource[] = [
  {
    package: 'libvirt', source: 'libvirt', variable: 'LIBVIRT_VERSION', evr: { 9: '0:11.10.0-12.el9', 10: '0:12.5.0-1.el10' },
    rpms: [
      { name: 'libvirt-libs' },
      { name: 'libvirt-client', exact: ['libvirt-libs'] },
      { name: 'libvirt-devel', exact: ['libvirt-libs'] },
      { name: 'libvirt-daemon-common', exact: ['libvirt-libs'] },
      { name: 'libvirt-daemon-log', exact: ['libvirt-libs'] },
      { name: 'libvirt-daemon-driver-qemu', exact: ['libvirt-libs', 'libvirt-daemon-common', 'libvirt-daemon-log'], requires: ['qemu-img'] },
    ],
  },
  {
    package: 'qemu', source: 'qemu-kvm', variable: 'QEMU_VERSION', evr: { 9: '17:10.1.0-20.el9', 10: '18:10.1.0-25.el10' },
    rpms: [
      { name: 'qemu-img' },
      { name: 'qemu-kvm-common' },
      { name: 'qemu-kvm-core', exact: ['qemu-kvm-common', 'qemu-img'] },
      { name: 'qemu-pr-helper', arches: ['x86_64', 'aarch64'] },
      device('usb-host'),
      device('usb-redirect', ['x86_64', 'aarch64']),
      device('display-virtio-gpu'),
      device('display-virtio-gpu-pci', ['x86_64', 'aarch64']),
      device('display-virtio-gpu-ccw', ['s390x']),
      device('display-virtio-vga', ['x86_64']),
    ],
  },
  {
    package: 'seabios', source: 'seabios', variable: 'SEABIOS_VERSION', evr: { 9: '0:1.16.3-4.el9', 10: '0:1.16.3-5.el10' },
    rpms: [
      { name: 'seabios', exact: ['seabios-bin', 'seavgabios-bin'], arches: ['x86_64'] },
      { name: 'seabios-bin', noarch: true, arches: ['x86_64'] },
      { name: 'seavgabios-bin', noarch: true, arches: ['x86_64'] },
    ],
  },
  {
    package: 'edk2', source: 'edk2', variable: 'EDK2_VERSION', evr: { 9: '0:20241117-8.el9', 10: '0:20260221-6.el10' },
    rpms: [
      { name: 'edk2-ovmf', noarch: true, arches: ['x86_64', 's390x'] },
      { name: 'edk2-aarch64', noarch: true, arches: ['aarch64'] },
    ],
  },
  {
    package: 'libguestfs', source: 'libguestfs', variable: 'LIBGUESTFS_VERSION', evr: { 9: '1:1.54.0-9.el9', 10: '1:1.60.1-1.el10' },
    rpms: [{ name: 'libguestfs', requires: ['qemu-img', 'libvirt-daemon-driver-qemu'], arches: ['x86_64', 's390x'] }],
  },
  {
    package: 'guestfs-tools', source: 'guestfs-tools', variable: 'GUESTFSTOOLS_VERSION', evr: { 9: '0:1.52.2-5.el9', 10: '0:1.56.0-1.el10' },
    rpms: [{ name: 'guestfs-tools', requires: ['libguestfs'], arches: ['x86_64', 's390x'] }],
  },
  {
    package: 'passt', source: 'passt', variable: 'PASST_VERSION', evr: { 9: '0:0^20260611.ga9c61ff-1.el9', 10: '0:0^20260728.gf8df3f1-1.el10' },
    rpms: [{ name: 'passt' }],
  },
  {
    package: 'virtiofsd', source: 'virtiofsd', variable: 'VIRTIOFSD_VERSION', evr: { 9: '0:1.13.0-1.el9', 10: '0:1.13.3-2.el10' },
    rpms: [{ name: 'virtiofsd' }],
  },
  {
    package: 'swtpm', source: 'swtpm', variable: 'SWTPM_VERSION', evr: { 9: '0:0.8.0-2.el9', 10: '0:0.9.0-6.el10' },
    rpms: [{ name: 'swtpm-libs' }, { name: 'swtpm', exact: ['swtpm-libs'] }, { name: 'swtpm-tools', exact: ['swtpm'] }],
  },
  {
    package: 'libnbd', source: 'libnbd', variable: 'LIBNBD_VERSION', evr: { 9: '0:1.20.3-4.el9', 10: '0:1.25.7-1.el10' },
    rpms: [{ name: 'libnbd' }, { name: 'libnbd-devel', exact: ['libnbd'] }],
  },
];

/** What else the trees ask for by name. */
export const PLAIN: readonly DistributionRpm[] = [
  { name: 'centos-stream-release', noarch: true },
  { name: 'glibc' },
  { name: 'bash', requires: ['glibc'] },
  ...['acl', 'curl', 'tar', 'iproute', 'python3', 'gcc', 'findutils', 'targetcli', 'nftables'].map((name) => ({ name, requires: ['bash'] })),
];

/** EVR of everything that no variable pins. */
export const PLAIN_EVR: Readonly<Record<Stream, string>> = { 9: '0:1.0-1.el9', 10: '0:2.0-1.el10' };

export function isOn(rpm: DistributionRpm, arch: Arch): boolean {
  return rpm.arches?.includes(arch) ?? true;
}
