import type { Arch, PackageKind, PinConfig } from '@crpm/core';

/** What crpm knows of a package by name. */
export interface Preset {
  readonly kind: Extract<PackageKind, 'rpmbuild' | 'meson-dist'>;
  /** Default spec: a file of the source tree, or CentOS Stream's dist-git at the base system's branch. */
  readonly spec: { readonly tree: string } | { readonly git: string };
  readonly pin: PinConfig;
}

const distGit = (name: string) => ({ git: `https://gitlab.com/redhat/centos-stream/rpms/${name}.git` });

/** The same names on each arch, then those that only some have. */
const byArch = (everywhere: readonly string[], extra: Partial<Record<Arch, readonly string[]>> = {}): PinConfig['rpms'] => ({
  x86_64: [...everywhere, ...(extra.x86_64 ?? [])],
  aarch64: [...everywhere, ...(extra.aarch64 ?? [])],
  s390x: [...everywhere, ...(extra.s390x ?? [])],
});

/**
 * The packages whose versions KubeVirt pins. Line numbers are those of KubeVirt's hack/rpm-deps.sh at d923fdb815 (2026-08-22):
 * first the variable, then each list that names RPMs with it. The list decides what is asked of KubeVirt, never what is proven:
 * that comes from the user's own tree.
 */
export const PRESETS: ReadonlyMap<string, Preset> = new Map<string, Preset>([
  [
    'libvirt',
    {
      kind: 'meson-dist',
      spec: { tree: 'libvirt.spec.in' },
      pin: {
        variable: 'LIBVIRT_VERSION', // 21, 37
        rpms: byArch([
          'libvirt-devel', // 127
          'libvirt-client', // 153
          'libvirt-daemon-driver-qemu', // 154, 215
        ]),
      },
    },
  ],
  [
    'qemu',
    {
      kind: 'rpmbuild',
      spec: distGit('qemu-kvm'),
      pin: {
        variable: 'QEMU_VERSION', // 22, 38
        rpms: byArch(
          [
            'qemu-img', // 103, 198
            'qemu-kvm-core', // 156, 216
            'qemu-kvm-device-usb-host', // 157
          ],
          {
            x86_64: [
              'qemu-kvm-device-display-virtio-gpu', // 162
              'qemu-kvm-device-display-virtio-vga', // 163
              'qemu-kvm-device-display-virtio-gpu-pci', // 164
              'qemu-kvm-device-usb-redirect', // 165
            ],
            aarch64: [
              'qemu-kvm-device-usb-redirect', // 176
              'qemu-kvm-device-display-virtio-gpu', // 177
              'qemu-kvm-device-display-virtio-gpu-pci', // 178
            ],
            s390x: [
              'qemu-kvm-device-display-virtio-gpu', // 181
              'qemu-kvm-device-display-virtio-gpu-ccw', // 182
            ],
          },
        ),
      },
    },
  ],
  ['seabios', { kind: 'rpmbuild', spec: distGit('seabios'), pin: { variable: 'SEABIOS_VERSION' /* 27, 39 */, rpms: byArch([], { x86_64: ['seabios'] /* 166, 220 */ }) } }],
  [
    'edk2',
    {
      kind: 'rpmbuild',
      spec: distGit('edk2'),
      pin: {
        variable: 'EDK2_VERSION', // 28, 40
        rpms: byArch([], {
          x86_64: ['edk2-ovmf'], // 161, 219
          aarch64: ['edk2-aarch64'], // 175
          s390x: ['edk2-ovmf'], // 224
        }),
      },
    },
  ],
  // The trees of libguestfs are made for x86_64 (349) and s390x (672) only.
  ['libguestfs', { kind: 'rpmbuild', spec: distGit('libguestfs'), pin: { variable: 'LIBGUESTFS_VERSION' /* 29, 41 */, rpms: byArch([], { x86_64: ['libguestfs'], s390x: ['libguestfs'] } /* 213 */) } }],
  ['guestfs-tools', { kind: 'rpmbuild', spec: distGit('guestfs-tools'), pin: { variable: 'GUESTFSTOOLS_VERSION' /* 30, 42 */, rpms: byArch([], { x86_64: ['guestfs-tools'], s390x: ['guestfs-tools'] } /* 214 */) } }],
  ['passt', { kind: 'rpmbuild', spec: distGit('passt'), pin: { variable: 'PASST_VERSION' /* 31, 43 */, rpms: byArch(['passt'] /* 155, 347 */) } }],
  ['virtiofsd', { kind: 'rpmbuild', spec: distGit('virtiofsd'), pin: { variable: 'VIRTIOFSD_VERSION' /* 32, 44 */, rpms: byArch(['virtiofsd'] /* 192 */) } }],
  ['swtpm', { kind: 'rpmbuild', spec: distGit('swtpm'), pin: { variable: 'SWTPM_VERSION' /* 33, 45 */, rpms: byArch(['swtpm-tools'] /* 158 */) } }],
  ['libnbd', { kind: 'rpmbuild', spec: distGit('libnbd'), pin: { variable: 'LIBNBD_VERSION' /* 34, 46 */, rpms: byArch(['libnbd-devel' /* 138 */, 'libnbd' /* 194 */]) } }],
]);

/** The packages that crpm knows by name. */
export function packageNames(): readonly string[] {
  return [...PRESETS.keys()];
}

/** The version variables that KubeVirt's script reads (21–46). */
export const VERSION_VARIABLES: readonly string[] = [...PRESETS.values()].map(({ pin }) => pin.variable);

/** Name of the preset that a source follows, if any: the one it names, else its own name (`qemu-kvm` is what dist-git calls QEMU). */
export function presetName(name: string, preset: string | undefined): string | undefined {
  if (preset === 'none') return undefined;
  const wanted = preset ?? (name === 'qemu-kvm' ? 'qemu' : name);
  return PRESETS.has(wanted) ? wanted : undefined;
}
