import type { Arch, PackageKind, PinConfig } from '@crpm/core';

const ARCHES: readonly Arch[] = ['x86_64', 'aarch64', 's390x'];

/** An RPM that KubeVirt's script asks for, and the trees that it asks for it in (names without architecture and stream), each with the architectures where it does. */
export interface AskedRpm {
  readonly rpm: string;
  readonly trees: Readonly<Record<string, readonly Arch[]>>;
}

/** What crpm knows of a package by name. */
export interface Preset {
  readonly kind: Extract<PackageKind, 'rpmbuild' | 'meson-dist' | 'autotools-dist'>;
  /** Default spec: a file of the source tree, or CentOS Stream's dist-git at the base system's branch (c9s, c10s). */
  readonly spec: { readonly tree: string } | { readonly git: string };
  readonly variable: string;
  /** With the variable. */
  readonly pinned: readonly AskedRpm[];
  /** Without a version. */
  readonly unpinned?: readonly AskedRpm[];
  /** Where it is built, if not everywhere: its spec builds nowhere else, or KubeVirt takes it nowhere else. */
  readonly arches?: readonly Arch[];
  /** What was built here from the very spec named above, and on what. Absent: nothing yet, and the preset is experimental. */
  readonly built?: string;
}

const distGit = (name: string) => ({ git: `https://gitlab.com/redhat/centos-stream/rpms/${name}.git` });

const asked = (rpm: string, trees: AskedRpm['trees']): AskedRpm => ({ rpm, trees });

/** The tree of libguestfs is made for these only (249–419, 575 on). */
const GUESTFS: readonly Arch[] = ['x86_64', 's390x'];

/**
 * The packages whose versions KubeVirt pins. Line numbers are those of KubeVirt's hack/rpm-deps.sh at d923fdb815 (2026-08-22): of a variable, where each stream
 * sets it; of an RPM, where it stands in the list of each tree. This decides what is asked of KubeVirt only where the user's own script can't be read, and never
 * what is proven. How a source becomes the archive of its spec: QEMU, SeaBIOS, edk2, passt, virtiofsd and swtpm publish what git holds; libvirt,
 * libguestfs, guestfs-tools and libnbd publish what their build system packs.
 */
export const PRESETS: ReadonlyMap<string, Preset> = new Map<string, Preset>([
  [
    'libvirt',
    {
      kind: 'meson-dist',
      spec: { tree: 'libvirt.spec.in' },
      variable: 'LIBVIRT_VERSION', // 21, 37
      pinned: [
        asked('libvirt-devel', { 'libvirt-devel': ARCHES /* 127 */ }),
        asked('libvirt-client', { launcherbase: ARCHES /* 153 */ }),
        asked('libvirt-daemon-driver-qemu', { launcherbase: ARCHES /* 154 */, 'libguestfs-tools': GUESTFS /* 215 */ }),
      ],
      built: 'libvirt 9.0.0 from its own spec, on Debian 12',
    },
  ],
  [
    'qemu',
    {
      kind: 'rpmbuild',
      spec: distGit('qemu-kvm'),
      variable: 'QEMU_VERSION', // 22, 38
      pinned: [
        asked('qemu-img', { testimage: ARCHES /* 103 */, handlerbase: ARCHES /* 198 */ }),
        asked('qemu-kvm-core', { launcherbase: ARCHES /* 156 */, 'libguestfs-tools': GUESTFS /* 216 */ }),
        asked('qemu-kvm-device-usb-host', { launcherbase: ARCHES /* 157 */ }),
        asked('qemu-kvm-device-display-virtio-gpu', { launcherbase: ARCHES /* 162, 177, 181 */ }),
        asked('qemu-kvm-device-display-virtio-vga', { launcherbase: ['x86_64'] /* 163 */ }),
        asked('qemu-kvm-device-display-virtio-gpu-pci', { launcherbase: ['x86_64', 'aarch64'] /* 164, 178 */ }),
        asked('qemu-kvm-device-display-virtio-gpu-ccw', { launcherbase: ['s390x'] /* 182 */ }),
        asked('qemu-kvm-device-usb-redirect', { launcherbase: ['x86_64', 'aarch64'] /* 165, 176 */ }),
      ],
      unpinned: [asked('qemu-pr-helper', { 'pr-helper': ['x86_64', 'aarch64'] /* 236; 382, 537 */ })],
    },
  ],
  [
    'seabios',
    {
      kind: 'rpmbuild',
      spec: distGit('seabios'),
      variable: 'SEABIOS_VERSION', // 27, 39
      arches: ['x86_64'],
      pinned: [asked('seabios', { launcherbase: ['x86_64'] /* 166 */, 'libguestfs-tools': ['x86_64'] /* 220 */ })],
    },
  ],
  [
    'edk2',
    {
      kind: 'rpmbuild',
      spec: distGit('edk2'),
      variable: 'EDK2_VERSION', // 28, 40
      // edk2-ovmf, which s390x takes too, is a noarch RPM of the build for x86_64.
      arches: ['x86_64', 'aarch64'],
      pinned: [
        asked('edk2-ovmf', { launcherbase: ['x86_64'] /* 161 */, 'libguestfs-tools': GUESTFS /* 219, 224 */ }),
        asked('edk2-aarch64', { launcherbase: ['aarch64'] /* 175 */ }),
      ],
    },
  ],
  [
    'libguestfs',
    {
      kind: 'autotools-dist',
      spec: distGit('libguestfs'),
      variable: 'LIBGUESTFS_VERSION', // 29, 41
      arches: GUESTFS,
      pinned: [asked('libguestfs', { 'libguestfs-tools': GUESTFS /* 213 */ })],
    },
  ],
  [
    'guestfs-tools',
    {
      kind: 'autotools-dist',
      spec: distGit('guestfs-tools'),
      variable: 'GUESTFSTOOLS_VERSION', // 30, 42
      arches: GUESTFS,
      pinned: [asked('guestfs-tools', { 'libguestfs-tools': GUESTFS /* 214 */ })],
    },
  ],
  [
    'passt',
    {
      kind: 'rpmbuild',
      spec: distGit('passt'),
      variable: 'PASST_VERSION', // 31, 43
      pinned: [asked('passt', { launcherbase: ARCHES /* 155 */, passt_tree: ARCHES /* 347 and the same of the others */ })],
    },
  ],
  [
    'virtiofsd',
    {
      kind: 'rpmbuild',
      spec: distGit('virtiofsd'),
      variable: 'VIRTIOFSD_VERSION', // 32, 44
      pinned: [asked('virtiofsd', { launcherbase: ARCHES /* 192 */ })],
    },
  ],
  [
    'swtpm',
    {
      kind: 'rpmbuild',
      spec: distGit('swtpm'),
      variable: 'SWTPM_VERSION', // 33, 45
      pinned: [asked('swtpm-tools', { launcherbase: ARCHES /* 158 */ })],
    },
  ],
  [
    'libnbd',
    {
      kind: 'autotools-dist',
      spec: distGit('libnbd'),
      variable: 'LIBNBD_VERSION', // 34, 46
      pinned: [asked('libnbd-devel', { 'libnbd-devel': ARCHES /* 138 */ }), asked('libnbd', { launcherbase: ARCHES /* 194 */ })],
    },
  ],
]);

/** The packages that crpm knows by name. */
export function packageNames(): readonly string[] {
  return [...PRESETS.keys()];
}

/** The version variables that KubeVirt's script reads (21–46). */
export const VERSION_VARIABLES: readonly string[] = [...PRESETS.values()].map(({ variable }) => variable);

/** What KubeVirt is asked for a package, as far as the preset knows. */
export function presetPin({ variable, pinned }: Preset): PinConfig {
  const namesOn = (arch: Arch) => pinned.filter(({ trees }) => Object.values(trees).some((arches) => arches.includes(arch))).map(({ rpm }) => rpm);
  return { variable, rpms: { x86_64: namesOn('x86_64'), aarch64: namesOn('aarch64'), s390x: namesOn('s390x') } };
}

/** Trees that ask for RPMs of the package by name, without architecture and stream. */
export function presetTrees({ pinned, unpinned = [] }: Preset, arch?: Arch): readonly string[] {
  const trees = [...pinned, ...unpinned].flatMap((each) => Object.entries(each.trees).flatMap(([tree, arches]) => (arch === undefined || arches.includes(arch) ? [tree] : [])));
  return [...new Set(trees)];
}

/** Name of the preset that a source follows, if any: the one it names, else its own name (`qemu-kvm` is what dist-git calls QEMU). */
export function presetName(name: string, preset: string | undefined): string | undefined {
  if (preset === 'none') return undefined;
  const wanted = preset ?? (name === 'qemu-kvm' ? 'qemu' : name);
  return PRESETS.has(wanted) ? wanted : undefined;
}
