/**
 * What `compile` hands to each kind of node. Params are hashed by the runner, so they carry only what reaches the node's
 * commands or its result.
 */
import { unreachable, type Arch, type Basesystem, type Config, type PackageConfig, type Release, type ServeConfig } from '@crpm/core';

import { FORETOLD_SUFFIX } from './build/release.js';

/** kind `base` */
export type BaseParams = {
  readonly arch: Arch;
  /** As the config says it: which engine that means is known once there is one. */
  readonly engine: Config['engine']['kind'];
  readonly base: Basesystem['base'];
  /** Programs that the nodes of this graph call: `rpmbuild`, `meson`. */
  readonly tools: readonly string[];
  readonly packages: readonly string[];
  readonly repos: readonly { readonly name: string; readonly baseUrl: string }[];
  readonly enable: readonly string[];
  readonly disable: readonly string[];
  readonly network: 'bridge' | 'host';
  readonly dist?: string;
  readonly checkBuildRequires?: boolean;
};

/** Where a package's spec is: `file` is relative to the dist-git folder or to the source tree; absent: the only one there. */
export type SpecPlace = { readonly in: 'dist-git' | 'tree'; readonly file?: string };

/** A tree, and where it comes from. What moves (a branch, a tag, an address) is pinned in the lock file. */
export type TreePlace =
  | { readonly kind: 'dir'; readonly dir: string }
  | { readonly kind: 'git'; readonly git: string; readonly ref: string; readonly lockFile: string }
  /** `sha256`: hex, what the user says it has. */
  | { readonly kind: 'archive'; readonly format: 'tarball' | 'srpm'; readonly file: string; readonly sha256?: string }
  | { readonly kind: 'archive-url'; readonly format: 'tarball' | 'srpm'; readonly url: string; readonly sha256?: string; readonly lockFile: string };

/** kind `source` */
export type SourceParams = {
  readonly package: string;
  readonly tree: TreePlace;
  /** The spec, or the template of one, relative to the tree; empty: whichever is there. Absent when it is in the dist-git folder. */
  readonly specInTree?: string;
  /** The dist-git folder or repository; absent when the spec is in the tree. */
  readonly distGit?: Extract<TreePlace, { kind: 'dir' | 'git' }>;
  /** Where files are that the dist-git folder only names: a folder of the user's, and the folder of the distribution's packages, either as the package says it or as its base system does. */
  readonly elsewhere?: { readonly given?: string; readonly url?: string; readonly urlOfBasesystem?: string };
};

/** What changes how rpm reads a spec: the same for every rpmspec and rpmbuild of a package, or the EVRs would differ. */
export type SpecOptions = {
  /** Of the basesystem. */
  readonly macros: Readonly<Record<string, string>>;
  /** Follows `%dist`, without the dot between: `crpm0001`. */
  readonly suffix?: string;
  /** `suffix` only holds the place of one that each build gets when it runs. */
  readonly unique?: true;
  /** Of the user, for this package. */
  readonly defines: Readonly<Record<string, string>>;
  readonly with: readonly string[];
  readonly without: readonly string[];
};

/** kind `buildroot` */
export type BuildrootParams = {
  readonly package: string;
  readonly arch: Arch;
  readonly spec: SpecPlace;
  readonly options: SpecOptions;
  readonly network: 'bridge' | 'host';
  /** A version that the user set for KubeVirt (`LIBVIRT_VERSION`): must be a prefix of what the spec gives. */
  readonly override?: { readonly variable: string; readonly version: string };
};

/** kind `dist` */
export type DistParams = {
  readonly package: string;
  readonly arch: Arch;
  /** `meson`: `meson dist`; `autotools`: `make dist`; `archive`: the tree as it is; `none`: a source RPM, which brings its archive along. */
  readonly method: 'meson' | 'autotools' | 'archive' | 'none';
  readonly spec: SpecPlace;
  readonly options: SpecOptions;
  readonly patches: 'auto' | 'keep' | 'drop' | readonly string[];
  /** Of the one step that fetches subprojects which the tree does not hold. */
  readonly network: 'bridge' | 'host';
};

/** kind `rpmbuild` */
export type RpmbuildParams = {
  readonly package: string;
  readonly arch: Arch;
  readonly options: SpecOptions;
  readonly check: boolean;
  readonly debuginfo: boolean;
  /** How payloads are compressed. `dev`: gzip level 1; `full`: what the spec and the distribution say. */
  readonly profile: 'dev' | 'full';
  /** Whether a compiler cache is used, where the image has one. */
  readonly ccache: boolean;
  readonly jobs?: number;
  /** bytes */
  readonly memory?: number;
};

/** kind `rpmbuild-in-place`: what `dist` and `rpmbuild` are told, in one. */
export type RpmbuildInPlaceParams = RpmbuildParams & Pick<DistParams, 'method' | 'spec' | 'patches' | 'network'>;

/** kind `prebuilt` */
export type PrebuiltParams = {
  readonly package: string;
  /** Absolute folder that paths are told from. */
  readonly root: string;
  readonly arches: readonly Arch[];
  /** Absolute files, folders that are searched to their ends, and http(s) addresses, whose sha256 is pinned in the lock file. */
  readonly rpms: readonly string[];
  readonly lockFile: string;
  /** Where they are of several base systems: only those of `basesystem` are meant, known by its `%dist`. */
  readonly of?: { readonly basesystem: string; readonly dist: string; readonly otherDists: readonly string[] };
};

/** One base system of a run, by its name and by KubeVirt's number. */
export type StreamParams = { readonly basesystem: string; readonly stream: number };

/** kind `createrepo` */
export type CreaterepoParams = {
  readonly streams: readonly StreamParams[];
  readonly arches: readonly Arch[];
};

/** kind `serve` */
export type ServeParams = Exclude<ServeConfig, { readonly mode: 'published' }>;

/** How KubeVirt knows a package. */
export type PinnedPackage = {
  readonly name: string;
  readonly pin?: { readonly variable: string; readonly rpms?: Readonly<Record<Arch, readonly string[]>> };
};

type KubevirtParams<Stream extends StreamParams> = {
  /** Absolute folder of the KubeVirt tree. */
  readonly kubevirt: string;
  readonly streams: readonly Stream[];
  /** Of each stream. */
  readonly arches: readonly Arch[];
  readonly packages: readonly PinnedPackage[];
  /** Base URL of a repository that somebody else published; then there is neither `createrepo` nor `serve` to read. */
  readonly published?: string;
};

/** What KubeVirt's script is told for one stream. */
export type RpmDepsStream = StreamParams & {
  /** KubeVirt's `BASESYSTEM`. */
  readonly kubevirtBasesystem: string;
  /** Of packages that are not built here. */
  readonly versions: Readonly<Record<string, string>>;
};

/** kind `rpm-deps` */
export type RpmDepsParams = KubevirtParams<RpmDepsStream> & {
  readonly mode: 'auto' | 'script' | 'make' | 'hot-swap';
  readonly crossArchEmulation: boolean;
  /** RPM names of our source packages that may stay official. */
  readonly allowOfficial: readonly string[];
};

/** kind `verify` */
export type VerifyParams = KubevirtParams<StreamParams> & { readonly allowOfficial: readonly string[] };

/** How a cluster is found. */
export type ClusterParams = {
  /** Absolute folder of the KubeVirt tree. */
  readonly kubevirt: string;
  /** `cluster.kubectl` */
  readonly kubectl?: string;
  /** KubeVirt's own scripts bring the cluster up, or KubeVirt into it. */
  readonly treesCluster: boolean;
};

/** kind `cluster-up` */
export type ClusterUpParams = ClusterParams;

/** kind `cluster-sync` */
export type ClusterSyncParams = ClusterParams & { readonly stream: number };

/** kind `verify-cluster` */
export type VerifyClusterParams = ClusterParams &
  Pick<KubevirtParams<StreamParams>, 'arches' | 'packages' | 'published'> & {
    /** The one that runs in the cluster. */
    readonly streams: readonly [StreamParams];
    /** `cluster.vmi` */
    readonly vmi?: string;
    /** seconds */
    readonly timeout: number;
  };

/** What looks ahead to KubeVirt's resolver is told of one stream and architecture. */
export type OutlookParams = {
  /** Absolute folder of the KubeVirt tree. */
  readonly kubevirt: string;
  readonly stream: RpmDepsStream;
  readonly arch: Arch;
  readonly crossArchEmulation: boolean;
  /** RPM names of our source packages that may stay official. */
  readonly allowOfficial: readonly string[];
};

/** kind `predict` */
export type PredictParams = OutlookParams & {
  readonly package: PinnedPackage;
  /** Version variables of the config's other packages. */
  readonly elsewhere: readonly string[];
};

/** kind `predict-built` */
export type PredictBuiltParams = OutlookParams & {
  readonly packages: readonly PinnedPackage[];
  /** Those that were looked at before they were built: their versions have been told. */
  readonly foretold: readonly string[];
};

/** kind `closure` */
export type ClosureParams = OutlookParams & {
  /** Architecture of the base image whose dnf is asked. */
  readonly runsOn: Arch;
  readonly network: 'bridge' | 'host';
};

/** kind `task` */
export type TaskParams = {
  /** Absolute folder it runs in. */
  readonly root: string;
  readonly run: string | readonly string[];
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly env: Readonly<Record<string, string>>;
};

/** What rpm is told about a package's spec, from the config. */
export function specOptions(config: Config, basesystem: Basesystem, pkg: PackageConfig): SpecOptions {
  return {
    macros: basesystem.macros,
    ...suffixOf(config.release),
    defines: pkg.build.defines,
    with: pkg.build.with,
    without: pkg.build.without,
  };
}

function suffixOf(release: Release): Pick<SpecOptions, 'suffix' | 'unique'> {
  switch (release.mode) {
    case 'stable':
      return { suffix: release.suffix };
    case 'unique':
      return { suffix: FORETOLD_SUFFIX, unique: true };
    case 'none':
      return {};
    default:
      return unreachable(release);
  }
}
