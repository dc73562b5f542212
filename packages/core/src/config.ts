/**
 * What the user wrote, validated, defaults filled in, paths absolute. The shape of the file itself is
 * `schemas/custom-rpms.schema.json`; this is what the rest of crpm reads.
 */
export type Arch = 'x86_64' | 'aarch64' | 's390x';

export interface Config {
  /** Absolute path of the config file; absent when the environment alone made the config. */
  readonly file?: string;
  /** Absolute folder that relative paths were relative to; tasks run here. */
  readonly root: string;
  /** What RPMs are built for: each of these with each of {@link arches}. Not empty; each has a stream of its own. In the order of the file, as all lists here. */
  readonly basesystems: readonly Basesystem[];
  /** Not empty. */
  readonly arches: readonly Arch[];
  /** Of this machine; absent where KubeVirt is not built for it. */
  readonly machine?: Arch;
  /** In the order of the file. */
  readonly packages: readonly PackageConfig[];
  /** Absent with `kubevirt: false`: the graph ends with `serve`. */
  readonly kubevirt?: { readonly dir: string };
  readonly release: Release;
  readonly serve: ServeConfig;
  readonly rpmDeps: RpmDepsConfig;
  readonly engine: EngineConfig;
  readonly cache: CacheConfig;
  readonly cluster: ClusterConfig;
  readonly tasks: readonly TaskConfig[];
}

/** By {@link Basesystem.name}; read with {@link forBasesystem}. */
export type ByBasesystem<T> = Readonly<Record<string, T>>;

/** What holds for one base system. Names are the user's: `constructor` is no property of every object here. */
export function forBasesystem<T>(values: ByBasesystem<T>, { name }: Pick<Basesystem, 'name'>): T | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

/** The specs of a package, each once: mostly one is for all base systems. */
export function distinctSpecs(specs: PackageConfig['specs']): readonly SpecSource[] {
  return [...new Map(Object.values(specs).map((spec) => [JSON.stringify(spec), spec])).values()];
}

/** What RPMs are built for, and in. */
export interface Basesystem {
  readonly name: string;
  /** How the base image comes about; `host` uses this machine as it is. */
  readonly base:
    | { readonly kind: 'image'; readonly reference: string }
    | { readonly kind: 'dockerfile'; readonly file: string; readonly context: string }
    | { readonly kind: 'host' };
  /** Value of `%dist`, with its dot: `.el9`. `host`: absent, then it is found from os-release when it is needed. */
  readonly dist?: string;
  /** CentOS Stream number: the suffix `_cs<N>` of KubeVirt's trees. */
  readonly stream: number;
  /** KubeVirt's `BASESYSTEM`: the RPM that stands for the distribution, `centos-stream-release`. */
  readonly kubevirtBasesystem: string;
  /** Branch of the dist-git repositories, `c9s`; the default for `spec.branch`. */
  readonly specBranch?: string;
  /** Where the distribution keeps the sources that its dist-git only names: the folder of its packages. */
  readonly lookaside?: string;
  /** Packages installed into the base image besides the rpm tools. */
  readonly packages: readonly string[];
  /** Further yum repositories of the buildroot. */
  readonly repos: readonly { readonly name: string; readonly baseUrl: string }[];
  /** Repositories enabled (`crb`) and disabled (`epel`) in the base image, by id. */
  readonly enable: readonly string[];
  readonly disable: readonly string[];
  /** RPM macros on top of the distribution's own, without the leading `%`. */
  readonly macros: Readonly<Record<string, string>>;
  /**
   * Whether rpmbuild checks BuildRequires. Off only where the rpm database knows no package of the distribution
   * (Debian); absent for `host`: decided from os-release.
   */
  readonly checkBuildRequires?: boolean;
  /** For `host` and for the refusal to build for a foreign distribution: os-release `ID` and the major of `VERSION_ID`. */
  readonly osRelease?: { readonly id: string; readonly version: string };
}

/**
 * `rpmbuild`: the tree, packed, and a spec. `meson-dist`, `autotools-dist`: the project's own tools pack it. `rpmbuild-ta`: a tarball with its spec inside. `srpm`: a
 * source RPM, rebuilt. `prebuilt`: RPMs at hand. `published`: RPMs that somebody serves already.
 */
export type PackageKind = 'rpmbuild' | 'meson-dist' | 'autotools-dist' | 'rpmbuild-ta' | 'srpm' | 'prebuilt' | 'published';

/** One source package. */
export interface PackageConfig {
  /** The key under `sources`: the prefix of its nodes' ids. */
  readonly name: string;
  readonly kind: PackageKind;
  /** Absolute path of the source tree; absent for `prebuilt` and `published`, and where `upstream` says where to get one. */
  readonly dir?: string;
  /** A tree that crpm gets, into the user's cache. */
  readonly upstream?: UpstreamSource;
  /** Where its spec is; empty for `prebuilt` and `published`. */
  readonly specs: ByBasesystem<SpecSource>;
  /** For a spec with downstream patches. `auto`: see the `rpmbuild` node. A list keeps exactly these files. */
  readonly patches: 'auto' | 'keep' | 'drop' | readonly string[];
  /** Absolute files and folders that hold RPMs at hand, and http(s) addresses of RPMs (`prebuilt`); of several base systems, told apart by their `%dist`. */
  readonly rpms: readonly string[];
  /** Where the config says for which base system RPMs are, in place of {@link rpms}. One that it leaves out has none of this package. */
  readonly rpmsOf?: ByBasesystem<readonly string[]>;
  /** Packages whose RPMs this one's buildroot gets as a repository. */
  readonly needs: readonly string[];
  readonly build: BuildConfig;
  /** Those of {@link Config.arches} that it is built for; absent: all. */
  readonly arches?: readonly Arch[];
  /** How KubeVirt knows it; absent for a package that KubeVirt does not pin. */
  readonly pin?: PinConfig;
  /** It is built by a preset that was never shown to work on the spec that it names. */
  readonly experimental?: true;
}

export type UpstreamSource =
  /** `ref`: a branch or tag, pinned in `custom-rpms.lock.yaml`, or a whole commit id. */
  | { readonly kind: 'git'; readonly git: string; readonly ref: string }
  /** `at`: an absolute path, or an http(s) address, whose sha256 (hex) is pinned there unless it is given. */
  | { readonly kind: 'tarball' | 'srpm'; readonly at: string; readonly sha256?: string };

export type SpecSource =
  /** A dist-git folder on this machine; `file` is the spec's name in it when there are several. */
  | ({ readonly kind: 'dir'; readonly dir: string; readonly file?: string } & KeptElsewhere)
  /** A dist-git repository, fetched and pinned in `custom-rpms.lock.yaml`. */
  | ({ readonly kind: 'git'; readonly git: string; readonly branch: string; readonly file?: string } & KeptElsewhere)
  /** A template or spec inside the source tree, relative to it: `libvirt.spec.in`. Absent: the one that is there. */
  | { readonly kind: 'tree'; readonly file?: string };

/** Where the files are that a dist-git folder only names, in `sources`. */
export interface KeptElsewhere {
  /** Absolute folder of the user's own. */
  readonly sources?: string;
  /** Overrides {@link Basesystem.lookaside}. */
  readonly lookaside?: string;
}

export interface PinConfig {
  /** `LIBVIRT_VERSION` */
  readonly variable: string;
  /** RPM names that KubeVirt's script pins with it, by arch, for a script that can't be read; absent: what the script says is all that is known. */
  readonly rpms?: Readonly<Record<Arch, readonly string[]>>;
}

export interface BuildConfig {
  readonly profile: 'dev' | 'full';
  /** `%check`; default: only in `full`. */
  readonly check: boolean;
  /** Default: only in `full`. */
  readonly debuginfo: boolean;
  /** Whether a compiler cache is used, where the image has one. */
  readonly ccache: boolean;
  /** Compile jobs of one build; absent: the shared budget decides. */
  readonly jobs?: number;
  /** Bytes of memory that one build may use; absent: no bound. */
  readonly memory?: number;
  readonly defines: Readonly<Record<string, string>>;
  readonly with: readonly string[];
  readonly without: readonly string[];
}

/** `stable`: `suffix` follows `%dist` (`1.el9.crpm0001`); `unique`: so does one that every build gets anew; `none`: the spec's own release. */
export type Release = { readonly mode: 'stable'; readonly suffix: string } | { readonly mode: 'unique' } | { readonly mode: 'none' };

export type ServeConfig =
  /** crpm's own detached server on 127.0.0.1. */
  | { readonly mode: 'process'; readonly port?: number }
  /** A web server container on the host network at 127.0.0.1. */
  | { readonly mode: 'container'; readonly port?: number; readonly image: string }
  /** Copied into the builder's volume, used by `file://`. */
  | { readonly mode: 'volume' }
  /** The user's own server serves the published generation at `baseUrl`. */
  | { readonly mode: 'none'; readonly baseUrl: string }
  /** Somebody already published a repository there: nothing is built, indexed or served. */
  | { readonly mode: 'published'; readonly baseUrl: string };

export interface RpmDepsConfig {
  /**
   * `script`: `hack/rpm-deps.sh`, through `hack/dockerized` where the tree has it. `make`: the tree's `rpm-deps` target. `hot-swap`: where only bytes changed, new
   * digests in `WORKSPACE`, and nothing else. `auto`: that, else `script`.
   */
  readonly mode: 'auto' | 'script' | 'make' | 'hot-swap';
  /** `LIBVIRT_VERSION` → version, as the user set them; whitelisted. Every base system has an entry. */
  readonly versions: ByBasesystem<Readonly<Record<string, string>>>;
  /** Overrides `kubevirtBasesystem` of every base system. */
  readonly basesystem?: string;
  readonly crossArchEmulation: boolean;
  /** RPM names of our source packages that may stay official. */
  readonly allowOfficial: readonly string[];
}

export interface EngineConfig {
  readonly kind: 'auto' | 'docker' | 'host' | 'kubernetes';
  /** `unix:///…` or `tcp://…`; overrides `DOCKER_HOST`. */
  readonly host?: string;
  /** Network of image and buildroot preparation; builds themselves have none. */
  readonly network: 'bridge' | 'host';
  /** Of `kubernetes` alone; absent where the config says nothing about it. */
  readonly kubernetes?: KubernetesConfig;
}

/** Which cluster, and how Jobs run there. */
export interface KubernetesConfig {
  /** Of the kubeconfig; absent: its current one. */
  readonly context?: string;
  /** Absent: that of the context. */
  readonly namespace?: string;
  /** `[http://]host[:port]/path`, as nodes and pods reach it. */
  readonly registry?: string;
  /** The same repository as this machine reaches it; absent: likewise. */
  readonly registryHere?: string;
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly tolerations?: readonly {
    readonly key?: string;
    readonly operator?: 'Exists' | 'Equal';
    readonly value?: string;
    readonly effect?: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
    readonly tolerationSeconds?: number;
  }[];
  readonly imagePullSecrets?: readonly string[];
  /** Quantities as Kubernetes writes them: `2`, `500m`, `8Gi`. */
  readonly resources?: { readonly cpu?: string; readonly memory?: string; readonly ephemeralStorage?: string };
  /** Seconds that one Job may take. */
  readonly deadline?: number;
  /** Of the claims for build trees; absent: no tree is kept. */
  readonly storageClass?: string;
  /** Of claims that pods of several nodes write to at once, for compiler caches; absent: none is kept. */
  readonly cacheStorageClass?: string;
  /** Of each claim, `20Gi`. */
  readonly storageSize?: string;
}

/** What crpm keeps between runs. */
export interface CacheConfig {
  /** Bytes that all of it together may take, of every workspace of the user; the least recently used goes first. */
  readonly maxSize: number;
  /** Absent: results are shared with nobody else. */
  readonly remote?: RemoteConfig;
}

/** A registry in which a team shares results of full builds. */
export interface RemoteConfig {
  /** `oci://registry/path` */
  readonly url: string;
  /** Nothing is ever pushed from here. */
  readonly readOnly: boolean;
  /** Whether runs push what they built. */
  readonly push: boolean;
  /** Plain http, elsewhere than on this machine. */
  readonly insecure: boolean;
}

/** Beyond KubeVirt's tree: a cluster that runs what was built. The three nodes are off unless the user asks for them. */
export interface ClusterConfig {
  /** KubeVirt's `make cluster-up`, where no cluster answers. */
  readonly up: boolean;
  /** KubeVirt's `make cluster-sync`: its images, and KubeVirt in the cluster. */
  readonly sync: boolean;
  /** The proof from a running virt-launcher. */
  readonly verify: boolean;
  /** Name of the one of {@link Config.basesystems} whose images run there; absent: the first. */
  readonly basesystem?: string;
  /** Absolute path of a manifest with one VirtualMachineInstance; absent: KubeVirt's `examples/vmi-alpine-efi.yaml`. */
  readonly vmi?: string;
  /** A program: a name on PATH or an absolute path. Absent: found from the tree and the environment. */
  readonly kubectl?: string;
  /** Seconds to wait until virt-launcher runs and answers. */
  readonly timeout: number;
}

/** A node of the user's own; runs on this machine in {@link Config.root}. */
export interface TaskConfig {
  readonly id: string;
  readonly needs: readonly string[];
  /** A list is an argv; a string is the one place where a shell reads the config. */
  readonly run: string | readonly string[];
  /** Globs relative to the config's folder. Without any, the task runs every time. */
  readonly inputs: readonly string[];
  /** Files or folders relative to the config's folder. */
  readonly outputs: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}
