import type { Arch, BuildConfig, Config, PackageConfig } from '@crpm/core';

const BUILD: BuildConfig = { profile: 'dev', check: false, debuginfo: false, ccache: true, defines: {}, with: [], without: [] };

/** A package with what every package must say; `build` is merged. */
export function packageConfig(overrides: Partial<Omit<PackageConfig, 'build'>> & { readonly name: string; readonly build?: Partial<BuildConfig> }): PackageConfig {
  return { kind: 'rpmbuild', patches: 'auto', rpms: [], needs: [], ...overrides, build: { ...BUILD, ...overrides.build } };
}

export const qemu = packageConfig({
  name: 'qemu',
  dir: '/src/qemu',
  spec: { kind: 'dir', dir: '/src/qemu-kvm' },
  pin: { variable: 'QEMU_VERSION', rpms: { x86_64: ['qemu-img'], aarch64: ['qemu-img'], s390x: [] } },
});

export const libvirt = packageConfig({
  name: 'libvirt',
  kind: 'meson-dist',
  dir: '/src/libvirt',
  spec: { kind: 'tree', file: 'libvirt.spec.in' },
  pin: { variable: 'LIBVIRT_VERSION', rpms: { x86_64: ['libvirt-client'], aarch64: ['libvirt-client'], s390x: [] } },
});

/** CentOS Stream 9 on one architecture, with these packages. */
export function makeConfig(packages: readonly PackageConfig[], overrides: Partial<Config> = {}): Config {
  return {
    file: '/src/custom-rpms.config.yaml',
    root: '/src',
    basesystem: {
      name: 'centos-stream-9',
      base: { kind: 'image', reference: 'quay.io/centos/centos:stream9' },
      dist: '.el9',
      stream: 9,
      kubevirtBasesystem: 'centos-stream-release',
      specBranch: 'c9s',
      packages: [],
      repos: [],
      enable: ['crb'],
      disable: ['epel'],
      macros: {},
    },
    arches: ['x86_64'] satisfies Arch[],
    packages,
    kubevirt: { dir: '/src/kubevirt' },
    release: { mode: 'stable', suffix: 'crpm0001' },
    serve: { mode: 'process' },
    rpmDeps: { mode: 'auto', versions: {}, crossArchEmulation: false, allowOfficial: [] },
    engine: { kind: 'auto', network: 'bridge' },
    cache: { maxSize: 20 * 1024 ** 3 },
    tasks: [],
    ...overrides,
  };
}
