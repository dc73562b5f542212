import type { Arch, Basesystem, BuildConfig, Config, PackageConfig, SpecSource } from '@crpm/core';

const BUILD: BuildConfig = { profile: 'dev', check: false, debuginfo: false, ccache: true, defines: {}, with: [], without: [] };

export interface PackageFields extends Partial<Omit<PackageConfig, 'build'>> {
  readonly name: string;
  readonly build?: Partial<BuildConfig>;
  /** One for all base systems. */
  readonly spec?: SpecSource;
}

/** A package with what every package must say; `build` is merged. */
export function packageConfig({ spec, ...fields }: PackageFields): PackageConfig {
  return { kind: 'rpmbuild', specs: spec ? everywhere(spec) : {}, patches: 'auto', rpms: [], needs: [], ...fields, build: { ...BUILD, ...fields.build } };
}

/** By the base systems of these tests. */
export function everywhere<T>(value: T): Readonly<Record<string, T>> {
  return Object.fromEntries(['centos-stream-9', 'centos-stream-10', 'host'].map((name) => [name, value]));
}

export function centosStream(stream: number): Basesystem {
  return {
    name: `centos-stream-${stream}`,
    base: { kind: 'image', reference: `quay.io/centos/centos:stream${stream}` },
    dist: `.el${stream}`,
    stream,
    kubevirtBasesystem: 'centos-stream-release',
    specBranch: `c${stream}s`,
    packages: [],
    repos: [],
    enable: ['crb'],
    disable: ['epel'],
    macros: {},
  };
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
    basesystems: [centosStream(9)],
    arches: ['x86_64'] satisfies Arch[],
    packages,
    kubevirt: { dir: '/src/kubevirt' },
    release: { mode: 'stable', suffix: 'crpm0001' },
    serve: { mode: 'process' },
    rpmDeps: { mode: 'auto', versions: {}, crossArchEmulation: false, allowOfficial: [] },
    engine: { kind: 'auto', network: 'bridge' },
    cache: { maxSize: 20 * 1024 ** 3 },
    cluster: { up: false, sync: false, verify: false, timeout: 600 },
    tasks: [],
    ...overrides,
  };
}
